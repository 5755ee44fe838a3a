/** What a program gets of a candidate's answer beside its text: the artifact of the tool message. */
import { z } from 'zod';
import type { Episode, RouteResult, XrouterError } from '../../../src/index.ts';

const amount = z.number().nonnegative();

const candidateAnswer = z.object({
  kind: z.literal('xrouter.candidate_answer'),
  /** Candidate that was asked. */
  model: z.string(),
  /** The real name that the response told, where it told. */
  servedModel: z.string().optional(),
  /** Whether it answered. */
  answered: z.boolean(),
  /** Code of the error where it did not. */
  error: z.string().optional(),
  finishReason: z.string().optional(),
  /** What the request cost in USD; left out where it is unknown. */
  costUsd: amount.optional(),
  /** Sum of what is known, in USD. */
  knownUsd: amount,
  /** False where the cost of some part is unknown. */
  costComplete: z.boolean(),
  /** Calls that were made: none where a budget refused. */
  calls: z.int().nonnegative(),
  inputTokens: amount,
  outputTokens: amount,
  latencyMs: amount,
  /** Id of the record in the ledger; feedback may name it. */
  episodeId: z.string(),
});

/** JSON, with unknown values left out. */
export type CandidateAnswer = z.infer<typeof candidateAnswer>;

/**
 * The artifact of a tool message with its type; `undefined` where no candidate's tool made it.
 *
 * @example
 * ```ts
 * for (const message of messages) {
 *   const answer = ToolMessage.isInstance(message) ? candidateAnswerOf(message.artifact) : undefined;
 *   if (answer) console.log(answer.model, answer.costUsd);
 * }
 * ```
 */
export function candidateAnswerOf(artifact: unknown): CandidateAnswer | undefined {
  return candidateAnswer.safeParse(artifact).data;
}

export function answeredArtifact(model: string, result: RouteResult): CandidateAnswer {
  const { servedModel, finishReason, episode } = result;
  return { ...ofEpisode(model, episode), answered: true, ...(servedModel && { servedModel }), finishReason };
}

export function failedArtifact(model: string, episode: Episode, { code }: XrouterError): CandidateAnswer {
  return { ...ofEpisode(model, episode), answered: false, error: code };
}

function ofEpisode(model: string, episode: Episode): CandidateAnswer {
  const { id, steps, cost, knownUsd, costComplete, usage, latencyMs } = episode;
  return {
    kind: 'xrouter.candidate_answer',
    model,
    answered: false,
    ...(cost.usd !== undefined && { costUsd: cost.usd }),
    knownUsd,
    costComplete,
    calls: steps.reduce((sum, { calls }) => sum + calls.length, 0),
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    latencyMs,
    episodeId: id,
  };
}
