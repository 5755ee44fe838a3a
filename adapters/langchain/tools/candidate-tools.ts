/** Candidates as tools that a model may call: the model routes, the router calls and accounts. */
import type { CallbackManagerForToolRun } from '@langchain/core/callbacks/manager';
import { HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import type { RunnableConfig } from '@langchain/core/runnables';
import { StructuredTool } from '@langchain/core/tools';
import { z } from 'zod';
import {
  type Candidate,
  type Episode,
  fixedPolicy,
  isXrouterError,
  type RouteResult,
  Router,
  type XrouterError,
} from '../../../src/index.ts';
import { ask } from '../ask.ts';
import { HELD_TAGS } from '../held.ts';
import { runIdsOf } from '../run-ids.ts';
import { collect } from '../running.ts';
import { defaultCandidates, type Setup, setUp } from '../setup.ts';
import type { ChatXRouterFields } from '../types.ts';
import { answeredArtifact, type CandidateAnswer, failedArtifact } from './answer.ts';
import { describe } from './describe.ts';
import { toldToModel } from './errors.ts';
import { toolNames } from './names.ts';

/** A longer prompt is a mistake of the model that wrote it; the largest context windows hold about as much. */
const MOST_CHARS = 8_000_000;

const text = z.string().max(MOST_CHARS);

const inputSchema = z.object({
  prompt: text.min(1).describe('All that the model shall know: it sees nothing of this conversation'),
  optimized_system_prompt: text.optional().describe('System prompt for this model and task'),
  temperature: z.number().min(0).max(2).optional().describe('Sampling temperature'),
  max_output_tokens: z
    .int()
    .min(1)
    .optional()
    .describe('Most tokens of the answer, thoughts included; leave it out unless it must be short'),
});

export type CandidateToolInput = z.infer<typeof inputSchema>;

/**
 * One candidate as a tool; `candidateTools` makes them. Its message has the answer as content, and a
 * `CandidateAnswer` as artifact.
 *
 * @example
 * ```ts
 * const [tool] = candidateTools({ candidates: ['openai/gpt-5-nano'] });
 * console.log(await tool.invoke({ prompt: 'What is 12 * 12? Give only the number.' }));
 * ```
 */
export class CandidateTool extends StructuredTool<typeof inputSchema> {
  override name: string;
  override description: string;
  override schema = inputSchema;
  override responseFormat = 'content_and_artifact' as const;
  override lc_serializable = false;
  readonly #setup: Setup;
  readonly #router: Router;
  readonly #candidate: Candidate;

  constructor(
    setup: Setup,
    candidate: Candidate,
    { name, description }: { name: string; description: string },
  ) {
    super();
    this.#setup = { ...setup, router: withoutChoice(setup.router, candidate) };
    this.#router = setup.router;
    this.#candidate = candidate;
    this.name = name;
    this.description = description;
  }

  static override lc_name(): string {
    return 'CandidateTool';
  }

  /**
   * Candidate id.
   *
   * @example
   * ```ts
   * const cheap = tools.find(({ model }) => model === 'openai/gpt-5-nano');
   * ```
   */
  get model(): string {
    return this.#candidate.id;
  }

  /**
   * The router that calls: its catalog, its ledger, `close`. The tools of one pool have the same.
   *
   * @example
   * ```ts
   * await tools[0]?.router.close();
   * ```
   */
  get router(): Router {
    return this.#router;
  }

  protected override async _call(
    input: CandidateToolInput,
    run?: CallbackManagerForToolRun,
    config?: RunnableConfig & { toolCall?: { id?: string } },
  ): Promise<[string | ToolMessage, CandidateAnswer]> {
    let episode: Episode | undefined;
    const setup = { ...this.#setup, ended: (ended: Episode) => (episode = ended) };
    try {
      const { result } = await collect(this.#ask(setup, input, run, config));
      return [wordsOf(result), answeredArtifact(this.model, result)];
    } catch (thrown) {
      const error = routerErrorOf(thrown);
      const told = error && toldToModel(error);
      const id = config?.toolCall?.id;
      // A program that calls the tool by itself has its own way with errors.
      if (!episode || told === undefined || id === undefined) throw thrown;
      const artifact = failedArtifact(this.model, episode, error!);
      const message = {
        content: told,
        artifact,
        status: 'error' as const,
        tool_call_id: id,
        name: this.name,
      };
      return [new ToolMessage(message), artifact];
    }
  }

  #ask(
    setup: Setup,
    {
      prompt,
      optimized_system_prompt: system,
      temperature,
      max_output_tokens: maxTokens,
    }: CandidateToolInput,
    run: CallbackManagerForToolRun | undefined,
    config: RunnableConfig | undefined,
  ) {
    const messages = [...(system ? [new SystemMessage(system)] : []), new HumanMessage(prompt)];
    const callbacks = run?.getChild();
    // Its tokens are not the agent's answer.
    callbacks?.addTags(HELD_TAGS);
    const { configurable, signal } = config ?? {};
    return ask(
      setup,
      messages,
      { pool: [this.model], temperature, maxTokens },
      { callbacks, runIds: runIdsOf(run, config), stream: setup.streaming, config: { configurable }, signal },
    );
  }
}

/** The choice has been made: a policy or a verifier that is a model itself would be paid for nothing. */
function withoutChoice({ parts }: Router, { id }: Candidate): Router {
  const policy = fixedPolicy(id);
  return new Router({
    ...parts,
    policy,
    plainPolicy: policy,
    fallbackPolicy: undefined,
    verifier: undefined,
  });
}

/** The answer for the model that asked, which does not see why it ended. */
function wordsOf({ text, message, finishReason }: RouteResult): string {
  const words = text || (message.refusal ?? '');
  if (finishReason !== 'length') return words;
  if (words !== '') return `${words}\n[cut at its token limit]`;
  return 'No answer: it thought until its token limit. Allow more output tokens, or ask another model.';
}

/** LangChain's own error for a prompt that is too long has the router's as its cause. */
function routerErrorOf(thrown: unknown): XrouterError | undefined {
  if (isXrouterError(thrown)) return thrown;
  const { cause } = (thrown ?? {}) as { cause?: unknown };
  return isXrouterError(cause) ? cause : undefined;
}

/**
 * Tools for a model that routes by itself: one for each candidate, with a description by which it can choose.
 * Every call goes through the router's ledger and budgets. What a candidate could not answer comes back as a
 * tool message with status `error`, which says what the model can do.
 *
 * @param fields what `ChatXRouter` takes: `candidates` or `pool` say which; or a `router` of your own
 * @returns one tool for each candidate, in the order of the pool
 * @throws XrouterError `invalid_config` that names the field, `unknown_model`
 *
 * @example
 * ```ts
 * const tools = candidateTools({ candidates: ['openai/gpt-5-nano', 'openai/gpt-5'], budgets: { dayUsd: 5 } });
 * const agent = createAgent({ model: 'openai:gpt-5-mini', tools });
 * ```
 */
export function candidateTools(fields: ChatXRouterFields = {}): CandidateTool[] {
  const setup = setUp(fields);
  const candidates = defaultCandidates(setup);
  const names = toolNames(candidates);
  return candidates.map(
    (candidate, index) =>
      new CandidateTool(setup, candidate, {
        name: names[index]!,
        description: describe(candidate, candidates),
      }),
  );
}
