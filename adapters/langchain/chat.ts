/** The router as a LangChain chat model. */
import type { CallbackManagerForChainRun } from '@langchain/core/callbacks/manager';
import type {
  BaseLanguageModelInput,
  StructuredOutputMethodOptions,
} from '@langchain/core/language_models/base';
import {
  BaseChatModel,
  type BindToolsInput,
  type LangSmithParams,
} from '@langchain/core/language_models/chat_models';
import type { ModelProfile } from '@langchain/core/language_models/profile';
import { ChatModelStream } from '@langchain/core/language_models/stream';
import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages';
import type { Runnable, RunnableConfig } from '@langchain/core/runnables';
import type { StreamEvent } from '@langchain/core/tracers/log_stream';
import type { IterableReadableStream } from '@langchain/core/utils/stream';
import type { Router } from '../../src/index.ts';
import { ask, type Way } from './ask.ts';
import { wantsEvents, wantsTokens } from './candidate-runs.ts';
import { asStandardContent, toMessage } from './converters/answer.ts';
import { giveFeedback, type RunFeedback } from './feedback.ts';
import { cacheOptions, identifyingParams, langSmithParams } from './identity.ts';
import { LlmRunModel } from './llm-run.ts';
import { commonProfile } from './profile.ts';
import { runIdsOf } from './run-ids.ts';
import {
  chunksOf,
  collect,
  drain,
  endingAtOnce,
  forwardAbort,
  inheritingConfig,
  once,
  tracedEvents,
} from './running.ts';
import { baseFields, defaultCandidates, type Setup, setUp } from './setup.ts';
import { type OutputSchema, structuredOutput } from './structured-output.ts';
import type { ChatXRouterCallOptions, ChatXRouterFields } from './types.ts';

type Options = ChatXRouterCallOptions;
type EventsVersion = { version: 'v1' | 'v2' };
/** Which runs and kinds of runs `streamEvents` with a version tells of. */
type EventFilter = Partial<Record<`${'include' | 'exclude'}${'Names' | 'Types' | 'Tags'}`, string[]>>;

/**
 * A chat model that is answered, for every request, by the candidate that the router chooses. In a trace it
 * is a chain run with one LLM run for each call of a candidate, under that candidate's real name.
 *
 * @example
 * ```ts
 * import { ChatXRouter, routingInfo } from 'xrouter/langchain';
 *
 * const model = new ChatXRouter({ candidates: ['openai/gpt-5-nano', 'openai/gpt-5'], lambda: 0.3 });
 * const reply = await model.invoke('What is 12 * 12? Give only the number.');
 * console.log(reply.text, routingInfo(reply)?.costUsd);
 * ```
 */
export class ChatXRouter extends LlmRunModel {
  override lc_serializable = false;
  readonly #setup: Setup;
  #profile: ModelProfile | undefined;

  static override lc_name(): string {
    return 'ChatXRouter';
  }

  /**
   * @param setup what the fields say, where this package has read them before
   * @throws XrouterError `invalid_config` that names the field, `unknown_model`
   */
  constructor(fields: ChatXRouterFields = {}, setup: Setup = setUp(fields)) {
    super(baseFields(fields));
    this.#setup = setup;
  }

  /** The router itself: its catalog, its ledger, `decide`. */
  get router(): Router {
    return this.#setup.router;
  }

  /**
   * Says how good an answer turned out to be; `xrouter train` learns from it. It may come days later and from
   * another process, as long as the ledger is the same file.
   *
   * A run stands for all the answers given in it: whoever scores an agent's run scores what all its calls led
   * to, and an agent chooses its model once for them all. To score one call, give its own run or message.
   *
   * @param on id of a run: the model's own, one of its calls', or one that it ran in; or a message it answered
   * @returns ids of the episodes that the feedback joined
   * @throws XrouterError `invalid_request` for a score that is none, `unknown_episode` where nothing is kept
   *   under that id, `invalid_config` where `ledger` is no file and so no episodes are kept
   *
   * @example
   * ```ts
   * const reply = await model.invoke('What is 17 * 23?', { runId });
   * await model.feedback(reply, { score: 1 });
   * await model.feedback(runId, { key: 'reviewer', score: 0.5 });
   * ```
   */
  feedback(on: string | { response_metadata: object }, feedback: RunFeedback): Promise<string[]> {
    return giveFeedback(this.router, on, feedback);
  }

  /** What every candidate can do, since any of them may answer. */
  override get profile(): ModelProfile {
    this.#profile ??= commonProfile(defaultCandidates(this.#setup));
    return this.#profile;
  }

  override _llmType(): string {
    return 'xrouter';
  }

  override _identifyingParams(): Record<string, unknown> {
    return identifyingParams(this.#setup);
  }

  override getLsParams(options: this['ParsedCallOptions']): LangSmithParams {
    return langSmithParams(this.#setup, options);
  }

  override invocationParams(options?: this['ParsedCallOptions']): Record<string, unknown> {
    const { signal, ...params } = options ?? {};
    return params;
  }

  override _getSerializedCacheKeyParametersForCall(options: Options): string {
    return super._getSerializedCacheKeyParametersForCall(cacheOptions(options));
  }

  /**
   * @example
   * ```ts
   * const reply = await model.bindTools([weather]).invoke('What is the weather in Bern?');
   * console.log(reply.tool_calls);
   * ```
   */
  override bindTools(
    tools: BindToolsInput[],
    kwargs?: Partial<Options>,
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, Options> {
    return this.withConfig({ ...kwargs, tools } as Partial<Options>);
  }

  /**
   * @param outputSchema zod, Standard Schema or JSON schema
   * @param config `method`: `functionCalling` (default), `jsonSchema` or `jsonMode`
   *
   * @example
   * ```ts
   * const city = model.withStructuredOutput(z.object({ name: z.string(), country: z.string() }));
   * console.log(await city.invoke('Which city has the Eiffel Tower?'));
   * ```
   */
  override withStructuredOutput<Output extends object = Record<string, unknown>>(
    outputSchema: OutputSchema<Output>,
    config?: StructuredOutputMethodOptions<false>,
  ): Runnable<BaseLanguageModelInput, Output>;
  override withStructuredOutput<Output extends object = Record<string, unknown>>(
    outputSchema: OutputSchema<Output>,
    config?: StructuredOutputMethodOptions<true>,
  ): Runnable<BaseLanguageModelInput, { raw: BaseMessage; parsed: Output }>;
  override withStructuredOutput(
    outputSchema: OutputSchema<object>,
    config?: StructuredOutputMethodOptions<boolean>,
  ): Runnable<BaseLanguageModelInput, never> {
    const bind = (options: Partial<Options>) => this.withConfig(options) as never;
    return structuredOutput(bind, outputSchema as Record<string, unknown>, config) as never;
  }

  override async invoke(input: BaseLanguageModelInput, options?: Partial<Options>): Promise<AIMessageChunk> {
    if (this.cache) return super.invoke(input, options);
    const messages = BaseChatModel._convertInputToPromptValue(input).toChatMessages();
    const [config, callOptions] = this._separateRunnableConfigFromCallOptionsCompat(options);
    return this._callWithConfig(
      async (_messages, runConfig, run) => {
        const tellTokens = wantsTokens(run);
        const way = {
          callbacks: run?.getChild(),
          runIds: runIdsOf(run ?? config, runConfig),
          stream: tellTokens || this.streams,
          tellTokens,
          tellEvents: wantsEvents(run),
          config: runConfig,
          signal: runConfig?.signal,
        };
        const message = toMessage(await collect(this.answer(messages, callOptions, way)));
        return (this.#isStandard(callOptions) ? asStandardContent(message) : message) as AIMessageChunk;
      },
      messages,
      this.#ownConfig(config),
    );
  }

  override _streamIterator(
    input: BaseLanguageModelInput,
    options?: Partial<Options>,
  ): AsyncGenerator<AIMessageChunk> {
    const leaving = new AbortController();
    return endingAtOnce(this.#stream(input, options, leaving), leaving);
  }

  async *#stream(
    input: BaseLanguageModelInput,
    options: Partial<Options> | undefined,
    leaving: AbortController,
  ): AsyncGenerator<AIMessageChunk> {
    if (this.disableStreaming) {
      yield await this.invoke(input, options);
      return;
    }
    const messages = BaseChatModel._convertInputToPromptValue(input).toChatMessages();
    const [config, callOptions] = this._separateRunnableConfigFromCallOptionsCompat(options);
    const way = { stream: true, tellTokens: true, signal: leaving.signal };
    const parts = (run: CallbackManagerForChainRun | undefined, runConfig: RunnableConfig | undefined) => {
      const runIds = runIdsOf(run ?? config, runConfig);
      return this.answer(messages, callOptions, {
        ...way,
        callbacks: run?.getChild(),
        runIds,
        config: runConfig,
      });
    };
    const standard = this.#isStandard(callOptions);
    const stop = forwardAbort(config.signal, leaving);
    try {
      yield* this._transformStreamWithConfig(
        once(messages),
        async function* (source, run, runConfig) {
          await drain(source);
          for await (const chunk of chunksOf(parts(run, runConfig))) {
            yield standard ? asStandardContent(chunk) : chunk;
          }
        },
        this.#ownConfig(config),
      );
    } finally {
      stop();
    }
  }

  override streamEvents(
    input: BaseLanguageModelInput,
    options: Partial<Options> & EventsVersion & { encoding: 'text/event-stream' },
    streamOptions?: EventFilter,
  ): IterableReadableStream<Uint8Array>;
  override streamEvents(
    input: BaseLanguageModelInput,
    options: Partial<Options> & EventsVersion,
    streamOptions?: EventFilter,
  ): IterableReadableStream<StreamEvent>;
  override streamEvents(input: BaseLanguageModelInput, options?: Partial<Options>): ChatModelStream;
  /** Without a version: content-block events as they come; awaited, the whole message. */
  override streamEvents(
    input: BaseLanguageModelInput,
    options?: Partial<Options> & Partial<EventsVersion>,
    streamOptions?: EventFilter,
  ): never {
    if (options?.version) return super.streamEvents(input, options as EventsVersion, streamOptions) as never;
    const messages = BaseChatModel._convertInputToPromptValue(input).toChatMessages();
    const [config, callOptions] = this._separateRunnableConfigFromCallOptionsCompat(options);
    const events = tracedEvents(this, messages, this.#ownConfig(config), (way) =>
      this.answer(messages, callOptions, { ...way, config, signal: config.signal }),
    );
    return new ChatModelStream(events) as never;
  }

  protected override get streams(): boolean {
    return this.#setup.streaming;
  }

  protected override answer(messages: BaseMessage[], options: Partial<Options>, way: Way) {
    return ask(this.#setup, messages, options, way);
  }

  #ownConfig(config: RunnableConfig): RunnableConfig {
    return inheritingConfig(this, config);
  }

  #isStandard(options: this['ParsedCallOptions']): boolean {
    return (options.outputVersion ?? this.outputVersion) === 'v1';
  }
}
