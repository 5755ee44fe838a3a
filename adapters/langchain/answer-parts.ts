/** One request through the router: its event stream as the parts of a message, and at the end the whole. */
import type { CallRecord, Delta, RouteRequest, Router } from '../../src/index.ts';
import { XrouterError } from '../../src/index.ts';
import type { CandidateRuns } from './candidate-runs.ts';
import type { Answer } from './converters/answer.ts';
import { toLangChainError } from './errors.ts';
import type { NativeRequest } from './native.ts';

export interface AnswerPart {
  delta: Delta;
  /** Id of the message the fragment belongs to. */
  id: string;
}

/**
 * Yields fragments of the answer that is released, never of one that is not, and returns the answer.
 * @param runs the trace; left out where nobody listens
 * @throws what `toLangChainError` makes of the router's error
 */
export async function* answerParts(
  router: Router,
  request: RouteRequest & { native: NativeRequest },
  runs?: CandidateRuns,
): AsyncGenerator<AnswerPart, Answer, undefined> {
  const ids = new Map<string, string>();
  const idOf = (callId: string) => ids.get(callId) ?? `run-${callId}`;
  let reasoning = '';
  try {
    for await (const event of router.stream(request)) {
      if (event.type === 'delta') {
        const { callId, delta } = event;
        if (delta.reasoning !== undefined) reasoning += delta.reasoning;
        const id = idOf(callId);
        if (runs) await runs.delta(callId, delta, id);
        yield { delta, id };
      } else if (event.type === 'call_start') {
        request.native.held = !event.direct;
        if (!runs) continue;
        const candidate = router.catalog.get(event.model);
        if (candidate.via) continue;
        const runId = await runs.start(event.callId, candidate, !event.direct);
        if (runId !== undefined) ids.set(event.callId, `run-${runId}`);
      } else if (event.type === 'call_end') {
        await runs?.end(event.call);
      } else if (event.type === 'end') {
        if (event.status !== 'completed') {
          throw toLangChainError(event.error, event.episode.refusals, request.signal);
        }
        const { result } = event;
        const call = answeringCall(result.episode.steps, result.episode.answerCallId);
        return {
          result,
          call,
          reasoning,
          id: idOf(result.episode.answerCallId ?? result.id),
          wireModel: call && router.catalog.find(call.model)?.model,
        };
      }
    }
  } finally {
    await runs?.abandon(new XrouterError('aborted', 'The consumer left before the answer ended.'));
  }
  throw new XrouterError('internal', 'The event stream ended without an end event.');
}

function answeringCall(
  steps: readonly { calls: CallRecord[] }[],
  callId: string | undefined,
): CallRecord | undefined {
  for (const { calls } of steps) for (const call of calls) if (call.callId === callId) return call;
  return undefined;
}
