/**
 * The trace of a request: one LLM run for each call of a candidate over HTTP, below the router's own chain
 * run. Candidates that are chat models open theirs themselves. Opened only where somebody listens.
 */
import {
  type BaseCallbackHandler,
  callbackHandlerPrefersChatModelStreamEvents,
  callbackHandlerPrefersStreaming,
} from '@langchain/core/callbacks/base';
import { CallbackManager, type CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import { ChatGenerationChunk, type LLMResult } from '@langchain/core/outputs';
import type { CallRecord, Candidate, Delta } from '../../src/index.ts';
import { XrouterError } from '../../src/index.ts';
import { toChunk } from './converters/answer.ts';
import { fromToolCalls } from './converters/answer-tools.ts';
import { toTokenUsage, toUsageMetadata } from './converters/usage.ts';
import { HELD_TAGS } from './held.ts';
import { StreamEvents } from './stream-events.ts';
import type { ChatXRouterCallOptions } from './types.ts';

interface OpenRun {
  run: CallbackManagerForLLMRun;
  candidate: Candidate;
  /** Present where a handler wants content-block events instead of tokens. */
  events?: StreamEvents;
}

export interface RunContext {
  /** Child manager of the router's own run. */
  parent: CallbackManager;
  messages: BaseMessage[];
  options: ChatXRouterCallOptions;
  /** What is sent to every candidate alike: sampling and the like. */
  sampling: { temperature?: number; maxTokens?: number; stop?: string[] };
  /** Tokens are told as they come. */
  tellTokens: boolean;
}

type Listeners = { handlers: BaseCallbackHandler[] } | undefined;

/** Whether somebody wants content-block events while a call runs. */
export function wantsEvents(manager: Listeners): boolean {
  return manager?.handlers.some((handler) => callbackHandlerPrefersChatModelStreamEvents(handler)) ?? false;
}

/** Whether somebody wants to hear of an answer while it comes, as tokens or as events. */
export function wantsTokens(manager: Listeners): boolean {
  if (wantsEvents(manager)) return true;
  return manager?.handlers.some((handler) => callbackHandlerPrefersStreaming(handler)) ?? false;
}

export class CandidateRuns {
  readonly #context: RunContext;
  readonly #open = new Map<string, OpenRun>();

  constructor(context: RunContext) {
    this.#context = context;
  }

  /** @returns id of the run; `undefined` where nobody listens */
  async start(callId: string, candidate: Candidate, held: boolean): Promise<string | undefined> {
    const { parent, messages, options, sampling } = this.#context;
    const manager = CallbackManager.configure(
      parent,
      undefined,
      held ? HELD_TAGS : undefined,
      undefined,
      { ...lsParams(candidate, sampling), ls_integration: 'langchain_chat_model' },
      undefined,
    );
    if (!manager) return undefined;
    const { tools, tool_choice, response_format } = options;
    const invocation = {
      model: candidate.model,
      temperature: sampling.temperature,
      max_tokens: sampling.maxTokens,
      stop: sampling.stop,
    };
    const extra = {
      options,
      invocation_params: { ...invocation, tools, tool_choice, response_format },
      batch_size: 1,
    };
    const serialized = {
      lc: 1 as const,
      type: 'not_implemented' as const,
      id: ['xrouter', candidate.provider, candidate.model],
    };
    const [run] = await manager.handleChatModelStart(
      serialized,
      [messages],
      undefined,
      undefined,
      extra,
      undefined,
      undefined,
      candidate.id,
    );
    const events = wantsEvents(manager) ? new StreamEvents() : undefined;
    this.#open.set(callId, { run: run!, candidate, events });
    for (const event of events?.start(`run-${run!.runId}`) ?? [])
      await run!.handleChatModelStreamEvent(event);
    return run!.runId;
  }

  async delta(callId: string, delta: Delta, messageId: string): Promise<void> {
    const open = this.#open.get(callId);
    if (!open || !this.#context.tellTokens) return;
    if (open.events) {
      for (const event of open.events.delta(delta)) await open.run.handleChatModelStreamEvent(event);
      return;
    }
    const text = delta.content ?? '';
    const chunk = new ChatGenerationChunk({ text, message: toChunk(delta, messageId) });
    const place = { prompt: 0, completion: 0 };
    await open.run.handleLLMNewToken(text, place, undefined, undefined, undefined, { chunk });
  }

  async end(record: CallRecord): Promise<void> {
    const open = this.#open.get(record.callId);
    if (!open) return;
    this.#open.delete(record.callId);
    if (record.status !== 'completed') {
      const { code = 'internal', message = 'The call failed.' } = record.error ?? {};
      await open.run.handleLLMError(new XrouterError(code, message));
      return;
    }
    for (const event of open.events?.finish({ finishReason: record.finishReason!, usage: record.usage }) ??
      []) {
      await open.run.handleChatModelStreamEvent(event);
    }
    await open.run.handleLLMEnd(llmResult(record, open.candidate, `run-${open.run.runId}`));
  }

  /** Closes what is still open, where the caller left in the middle. */
  async abandon(error: Error): Promise<void> {
    const runs = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(runs.map(({ run }) => run.handleLLMError(error)));
  }
}

function llmResult(record: CallRecord, candidate: Candidate, id: string): LLMResult {
  const { usage, message } = record;
  const metadata = {
    model_name: record.servedModel ?? candidate.model,
    model_provider: candidate.provider,
    finish_reason: record.finishReason,
  };
  const text = typeof message?.content === 'string' ? message.content : '';
  const usage_metadata = usage && toUsageMetadata(usage);
  const reply = new AIMessage({
    id,
    content: text,
    ...fromToolCalls(message?.tool_calls ?? []),
    usage_metadata,
    response_metadata: metadata,
  });
  return {
    generations: [[{ text, message: reply, generationInfo: metadata } as never]],
    llmOutput: usage_metadata && { tokenUsage: toTokenUsage(usage_metadata) },
  };
}

/** LangSmith prices a run by these. */
function lsParams(candidate: Candidate, { temperature, maxTokens, stop }: RunContext['sampling']) {
  return {
    ls_provider: candidate.provider,
    ls_model_name: candidate.model,
    ls_model_type: 'chat',
    ls_temperature: temperature,
    ls_max_tokens: maxTokens,
    ls_stop: stop,
  };
}
