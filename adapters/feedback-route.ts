/**
 * Feedback over HTTP: `POST /v1/feedback`, for any of our servers. The server checks who asks and reads the
 * body, and writes the answer in its own shape; what the body means is here.
 */
import { z } from 'zod';
import { type Router, toXrouterError, XrouterError } from '../src/index.ts';

export const FEEDBACK_PATH = '/v1/feedback';

export type FeedbackAnswer =
  | { status: 200; body: FeedbackKept }
  | { status: 400 | 404 | 500 | 501 | 503; error: XrouterError };

export interface FeedbackKept {
  /** The episodes that the feedback joined. */
  episode_ids: string[];
  score: number;
  source: string;
}

/** Longer than any id or name that we or LangChain make. */
const MOST_CHARS = 200;

const name = z.string().min(1).max(MOST_CHARS);
const bodySchema = z
  .strictObject({
    episode_id: name.optional(),
    run_id: name.optional(),
    score: z.number().min(0).max(1),
    source: name.default('http'),
  })
  .refine(({ episode_id, run_id }) => (episode_id === undefined) !== (run_id === undefined), {
    error: 'give either episode_id or run_id',
  });

const HINT =
  'Send {"episode_id" or "run_id": text, "score": 0 to 1, "source"?: text}; the same source replaces its score.';

/** @param body as parsed from JSON */
export async function answerFeedback(router: Router, body: unknown): Promise<FeedbackAnswer> {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues as [z.core.$ZodIssue];
    const where = path.length > 0 ? `${path.join('.')}: ` : '';
    return { status: 400, error: new XrouterError('invalid_request', `${where}${message}`, { hint: HINT }) };
  }
  const { episode_id, run_id, score, source } = parsed.data;
  try {
    const target = episode_id ?? { runId: run_id! };
    const episode_ids = await router.feedback(target, score, source);
    return { status: 200, body: { episode_ids, score, source } };
  } catch (thrown) {
    const error = toXrouterError(thrown);
    return { status: statusOf(error), error };
  }
}

function statusOf({ code }: XrouterError) {
  if (code === 'unknown_episode') return 404;
  // The router has no ledger file; the client can do nothing about it.
  if (code === 'invalid_config') return 501;
  if (code === 'ledger_unavailable') return 503;
  return code === 'invalid_request' ? 400 : 500;
}
