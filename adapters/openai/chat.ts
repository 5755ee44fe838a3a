/** `POST /v1/chat/completions`: one request through the router, its answer in OpenAI's shape. */
import type { RouteEnd, RouteRequest, Router } from '../../src/index.ts';
import { completionText } from './answer-shape.ts';
import { ApiError, apiErrorOf, isConcealed } from './errors.ts';
import { type Exchange, headerText, readJson, sendError, sendJson } from './exchange.ts';
import { type AskedChat, readChat } from './route-request.ts';
import type { Service } from './service.ts';
import { StreamedAnswer } from './streamed-answer.ts';

const SESSION_HEADER = 'x-xrouter-session';

/** One for all: the request makes an error of its own from it. */
const LEFT = new Error('The client left.');

/** A request whose end is known when the client leaves or the server ends. */
type Chat = AskedChat & { request: RouteRequest & { signal: AbortSignal } };

/** @throws ApiError for a request that is refused before it costs anything */
export async function answerChat(service: Service, exchange: Exchange): Promise<void> {
  const json = await readJson(exchange, service.settings.maxBodyBytes);
  const { [SESSION_HEADER]: session } = exchange.request.headers;
  const asker = { key: exchange.key, session: typeof session === 'string' ? session : undefined };
  const asked = readChat(service.router, json, asker);
  if (exchange.response.destroyed) return;
  // What begins now could not be booked any more.
  if (service.ending) throw ENDING;
  const left = new AbortController();
  const { response } = exchange;
  response.once('close', () => {
    if (!response.writableFinished) left.abort(LEFT);
  });
  service.running.add(left);
  try {
    const chat: Chat = { ...asked, request: { ...asked.request, signal: left.signal } };
    const end = await (asked.request.stream
      ? stream(service, exchange, chat)
      : whole(service, exchange, chat));
    service.ended(exchange, end);
  } finally {
    service.running.delete(left);
  }
}

async function whole(service: Service, exchange: Exchange, { request }: Chat): Promise<RouteEnd> {
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
        'x-xrouter-model': headerText(result.model),
        ...(usd !== undefined && { 'x-xrouter-cost-usd': String(usd) }),
      });
    } else {
      sendError(exchange, await told(service, event, request));
    }
    return event;
  }
  throw new Error('The event stream ended without an end event.');
}

async function stream(
  service: Service,
  exchange: Exchange,
  { request, includeUsage }: Chat,
): Promise<RouteEnd> {
  const { response } = exchange;
  const { signal } = request;
  const answer = new StreamedAnswer(response, includeUsage, service.settings.stalledMs, signal);
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
        else {
          const error = await told(service, event, request);
          if (response.headersSent) answer.fail(error);
          else sendError(exchange, error);
        }
        return event;
      }
    }
  } finally {
    service.clock.delete(answer);
  }
  throw new Error('The event stream ended without an end event.');
}

type Failed = Extract<RouteEnd, { status: 'failed' | 'aborted' }>;

/** What the client is told of it; what he may not know, the operator is told. */
async function told(
  { router, settings, ending }: Service,
  { error, episode }: Failed,
  request: RouteRequest,
): Promise<ApiError> {
  if (isConcealed(error)) settings.onFailure(error);
  const { details } = error.code === 'aborted' && ending ? ENDING : apiErrorOf(error, episode);
  const later = details.status === 402 && (await isHeldByOthers(router, request, episode.id));
  const ids = { 'x-request-id': episode.id, 'x-xrouter-episode-id': episode.id };
  return new ApiError({
    ...details,
    ...(later && { status: 429, retryAfterSeconds: 1 }),
    headers: { ...details.headers, ...ids },
  });
}

const ENDING = new ApiError({
  status: 503,
  code: 'server_ending',
  message: 'The server ended before the answer did. Send the request again.',
  retryAfterSeconds: 1,
});

/** Whether calls in flight hold money that the request lacked: part of it comes back when they have ended. */
async function isHeldByOthers({ parts }: Router, request: RouteRequest, episodeId: string): Promise<boolean> {
  for (const scope of parts.scopesOf(request, episodeId, Date.now())) {
    if (scope.limitUsd === undefined) continue;
    const { spentUsd, reservedUsd } = await parts.ledger.balance(scope);
    if (reservedUsd > 0 && spentUsd < scope.limitUsd) return true;
  }
  return false;
}
