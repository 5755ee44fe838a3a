/** One request through the router: its event stream as the parts of a message, and at the end the whole. */
import { type BaseMessage, isBaseMessage } from '@langchain/core/messages';
import {
  type AssistantMessage,
  answeringCall,
  type Delta,
  type Episode,
  type RouteRequest,
  type Router,
  textOf,
  XrouterError,
} from '../../src/index.ts';
import type { CandidateRuns } from './candidate-runs.ts';
import type { Answer } from './converters/answer.ts';
import { asOneChunk } from './converters/native-answer.ts';
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
  ended?: (episode: Episode) => void,
): AsyncGenerator<AnswerPart, Answer, undefined> {
  const runIds = new Map<string, string>();
  const idOf = (callId: string) => `run-${runIds.get(callId) ?? callId}`;
  const held = new Map<string, BaseMessage>();
  let reasoning = '';
  let shown = false;
  try {
    for await (const event of router.stream(request)) {
      if (event.type === 'delta') {
        const { callId } = event;
        const whole = held.get(callId);
        const delta = whole ? { ...event.delta, native: asOneChunk(whole) } : event.delta;
        if (delta.reasoning !== undefined) reasoning += delta.reasoning;
        const id = idOf(callId);
        if (runs) await runs.delta(callId, delta, id);
        yield { delta, id };
        shown = true;
      } else if (event.type === 'call_start') {
        request.native.held = !event.direct;
        if (!runs) continue;
        const candidate = router.catalog.get(event.model);
        if (candidate.via) continue;
        const runId = await runs.start(event.callId, candidate, !event.direct);
        if (runId !== undefined) runIds.set(event.callId, runId);
      } else if (event.type === 'call_end') {
        const { callId, native } = event.call;
        // Kept with the call, so that feedback may name it.
        if (runIds.has(callId)) event.call.runId = runIds.get(callId);
        if (request.native.held && isBaseMessage(native)) held.set(callId, native);
        await runs?.end(event.call);
      } else if (event.type === 'end') {
        ended?.(event.status === 'completed' ? event.result.episode : event.episode);
        if (event.status !== 'completed') {
          throw toLangChainError(event.error, event.episode.refusals, request.signal);
        }
        const { result } = event;
        // A policy that answers by itself has nothing to stream.
        if (!shown) yield { delta: wholeDelta(result.message), id: idOf(result.id) };
        const call = answeringCall(result.episode);
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

function wholeDelta({ content, refusal, tool_calls: calls }: AssistantMessage): Delta {
  const text = textOf(content);
  return {
    ...(text !== '' && { content: text }),
    ...(refusal && { refusal }),
    ...(calls && { toolCalls: calls.map(({ id, function: called }, index) => ({ index, id, ...called })) }),
  };
}
