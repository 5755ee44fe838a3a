/** `POST /v1/chat/completions`: one request through the router, its answer in OpenAI's shape. */
import type { RouteEnd } from '../../src/index.ts';
import { completionText } from './answer-shape.ts';
import { ApiError, apiErrorOf, isConcealed } from './errors.ts';
import { type Exchange, readJson, sendError, sendJson } from './exchange.ts';
import { type AskedChat, readChat } from './route-request.ts';
import type { Service } from './service.ts';
import { StreamedAnswer } from './streamed-answer.ts';

const SESSION_HEADER = 'x-xrouter-session';

/** @throws ApiError for a request that is refused before it costs anything */
export async function answerChat(service: Service, exchange: Exchange): Promise<void> {
  const json = await readJson(exchange, service.settings.maxBodyBytes);
  const { [SESSION_HEADER]: session } = exchange.request.headers;
  const asker = { key: exchange.key, session: typeof session === 'string' ? session : undefined };
  const asked = readChat(service.router, json, asker);
  const left = new AbortController();
  exchange.response.once('close', () => left.abort());
  service.running.add(left);
  try {
    const chat = { ...asked, request: { ...asked.request, signal: left.signal } };
    const end = await (asked.request.stream
      ? stream(service, exchange, chat)
      : whole(service, exchange, chat));
    service.ended(exchange, end);
  } finally {
    service.running.delete(left);
  }
}

async function whole(service: Service, exchange: Exchange, { request }: AskedChat): Promise<RouteEnd> {
  let reasoning = '';
  for await (const event of service.router.stream(request)) {
    if (event.type === 'delta') reasoning += event.delta.reasoning ?? '';
    if (event.type !== 'end') continue;
    if (event.status === 'completed') {
      const { result } = event;
      const { usd } = result.cost;
      sendJson(exchange, 200, completionText(result, Math.floor(exchange.startedAtMs / 1_000), reasoning), {
        'x-request-id': result.id,
        'x-xrouter-episode-id': result.id,
        'x-xrouter-model': result.model,
        ...(usd !== undefined && { 'x-xrouter-cost-usd': String(usd) }),
      });
    } else {
      sendError(exchange, told(service, event));
    }
    return event;
  }
  throw new Error('The event stream ended without an end event.');
}

async function stream(
  service: Service,
  exchange: Exchange,
  { request, includeUsage }: AskedChat,
): Promise<RouteEnd> {
  const { response } = exchange;
  const answer = new StreamedAnswer(response, includeUsage, service.settings.stalledMs);
  service.clock.add(answer);
  try {
    for await (const event of service.router.stream(request)) {
      if (event.type === 'delta') {
        const waiting = answer.delta(event.model, event.delta);
        if (waiting) await waiting;
      } else if (event.type === 'decision') {
        answer.episodeId = event.episodeId;
      } else if (event.type === 'end') {
        if (event.status === 'completed') answer.end(event.result);
        else if (response.headersSent) answer.fail(told(service, event));
        else sendError(exchange, told(service, event));
        return event;
      }
    }
  } finally {
    service.clock.delete(answer);
  }
  throw new Error('The event stream ended without an end event.');
}

/** What the client is told of it; what he may not know, the operator is told. */
function told(
  service: Service,
  { error, episode }: Extract<RouteEnd, { status: 'failed' | 'aborted' }>,
): ApiError {
  if (isConcealed(error)) service.settings.onFailure(error);
  const answer =
    error.code === 'aborted' && service.ending
      ? new ApiError({
          status: 503,
          code: 'server_ending',
          message: 'The server ended before the answer did. Send the request again.',
          retryAfterSeconds: 1,
        })
      : apiErrorOf(error, episode);
  const ids = { 'x-request-id': episode.id, 'x-xrouter-episode-id': episode.id };
  return new ApiError({ ...answer.details, headers: { ...answer.details.headers, ...ids } });
}
