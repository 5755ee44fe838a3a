/** Feedback as LangChain's users have it: on a run, or on a message. */
import { isXrouterError, type Router, XrouterError } from '../../src/index.ts';
import { type RoutingInfo, routingInfo } from './routing.ts';

export interface RunFeedback {
  /** How good the answer turned out to be, 0..1; `true` is 1 and `false` 0. */
  score: number | boolean;
  /** Who or what scores; a second score under the same key replaces the first. Default `user`. */
  key?: string;
}

/**
 * @param on id of a run, or a message
 * @returns ids of the episodes it joined
 */
export async function giveFeedback(
  router: Router,
  on: string | { response_metadata: object },
  { score, key = 'user', ...others }: RunFeedback,
): Promise<string[]> {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new XrouterError('invalid_request', `Feedback has no \`${unknown}\`.`, {
      hint: 'Give `score` and `key`; the ledger keeps no more of it. Comments belong to LangSmith.',
    });
  }
  const target = typeof on === 'string' ? { runId: on } : episodeOf(on);
  try {
    return await router.feedback(target, typeof score === 'boolean' ? Number(score) : score, key);
  } catch (error) {
    if (typeof on !== 'string' || !isXrouterError(error) || error.code !== 'unknown_episode') throw error;
    const hint = `${error.hint} A run above the model's own is known where a tracer listens, or where \`metadata\` has the id as \`run_id\`.`;
    throw new XrouterError(error.code, error.message, { hint, cause: error });
  }
}

function episodeOf(message: { response_metadata: object }): string {
  const routing: RoutingInfo | undefined = message?.response_metadata && routingInfo(message);
  if (routing?.episodeId !== undefined) return routing.episodeId;
  throw new XrouterError('invalid_request', 'The message does not say which request it answered.', {
    hint: 'Give a message as ChatXRouter returned it, with its response_metadata, or the id of a run.',
  });
}
