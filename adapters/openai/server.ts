/** The HTTP server: who may ask, how much at once, and how it ends. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isXrouterError, type RouteEnd, type Router, toXrouterError } from '../../src/index.ts';
import { bracketed } from '../http-guards.ts';
import { listen, pathOf } from '../http-io.ts';
import { ApiError, apiErrorOf, isConcealed } from './errors.ts';
import { type Exchange, sendError, watchStalled } from './exchange.ts';
import { admitted, allowOrigin, isPreflight } from './guards.ts';
import { KeepAliveClock } from './keep-alive.ts';
import { Metrics, type Outcome } from './metrics.ts';
import { type OpenAIServerOptions, requireBudgets, settingsOf } from './options.ts';
import type { RequestReport } from './request-log.ts';
import type { Service } from './service.ts';

export interface OpenAIServing {
  /** What clients take as base URL, `/v1` included. */
  url: string;
  port: number;
  /** Requests being answered. */
  readonly inFlight: number;
  /**
   * Takes no more requests, lets those under way end, cancels and books what is left after `graceMs` (default
   * 25,000), and frees the port. Called again it only shortens the time. The router stays open.
   */
  close(graceMs?: number): Promise<void>;
}

/** Longer than load balancers keep a connection, so that they and not we end it. */
const IDLE_CONNECTION_MS = 65_000;
const GRACE_MS = 25_000;
const LAST_WORDS_MS = 200;

/** @throws XrouterError `invalid_config` where a key is no good or the port cannot be had */
export async function startServer(router: Router, options: OpenAIServerOptions): Promise<OpenAIServing> {
  const settings = settingsOf(options);
  requireBudgets(router, settings);
  const service: Service = {
    router,
    settings,
    metrics: new Metrics(),
    clock: new KeepAliveClock(settings.keepAliveMs),
    running: new Set(),
    ending: false,
    ended: noteEnd,
  };
  const reports = new WeakMap<Exchange, Partial<RequestReport>>();

  function noteEnd(exchange: Exchange, end: RouteEnd): void {
    const completed = end.status === 'completed';
    const episode = completed ? end.result.episode : end.episode;
    const model = completed ? end.result.model : episode.steps.at(-1)?.calls.at(-1)?.model;
    reports.set(exchange, {
      model,
      episodeId: episode.id,
      costUsd: episode.cost.usd ?? null,
      ...(!completed && { error: end.error.code }),
    });
    const outcome: Outcome = end.status;
    service.metrics.add(outcome, model ?? '', (Date.now() - exchange.startedAtMs) / 1_000, episode);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange: Exchange = { request, response, path: pathOf(request), startedAtMs: Date.now() };
    let counted = false;
    let polled: boolean | undefined;
    try {
      if (settings.allowedOrigins.length > 0) allowOrigin(settings, exchange);
      if (isPreflight(settings, request)) return void response.writeHead(204).end();
      const route = admitted(service, exchange);
      polled = route.polled;
      if (!route.open) {
        counted = true;
        service.metrics.inFlight++;
      }
      await route.handle(service, exchange);
    } catch (thrown) {
      refuse(exchange, thrown);
    } finally {
      if (counted) service.metrics.inFlight--;
      if (response.writableLength > 0) watchStalled(response, settings.stalledMs);
      if (settings.onRequest && !(polled && response.statusCode === 200)) report(exchange);
    }
  }

  function refuse(exchange: Exchange, thrown: unknown): void {
    const { request, response } = exchange;
    // Where the client has left there is nobody to tell.
    if (response.destroyed) return;
    const error = thrown instanceof ApiError ? thrown : internal(thrown);
    reports.set(exchange, { ...reports.get(exchange), error: error.details.code });
    if (exchange.path === '/v1/chat/completions') {
      service.metrics.add('refused', '', (Date.now() - exchange.startedAtMs) / 1_000);
    }
    if (response.headersSent) response.destroy();
    else {
      // A body that nobody reads would block the connection.
      request.resume();
      sendError(exchange, error);
    }
  }

  function internal(thrown: unknown): ApiError {
    const error = isXrouterError(thrown) ? thrown : toXrouterError(thrown);
    if (isConcealed(error)) settings.onFailure(error);
    return apiErrorOf(error);
  }

  function report(exchange: Exchange): void {
    const { request, response, key, path, startedAtMs } = exchange;
    const gone = response.destroyed && !response.writableFinished;
    const told: RequestReport = {
      atMs: startedAtMs,
      method: request.method ?? '',
      path,
      status: gone ? 499 : response.statusCode,
      ms: Date.now() - startedAtMs,
      key,
      ...reports.get(exchange),
    };
    try {
      settings.onRequest!(told);
    } catch (thrown) {
      settings.onFailure(toXrouterError(thrown));
    }
  }

  const server = createServer(
    {
      headersTimeout: settings.headersMs,
      requestTimeout: settings.requestMs,
      connectionsCheckingInterval: Math.min(1_000, settings.headersMs),
      keepAliveTimeout: IDLE_CONNECTION_MS,
    },
    handle,
  );
  tellBrokenRequests(server);
  const port = await listen(server, settings.host, settings.port).catch((error) => {
    service.clock.stop();
    throw error;
  });
  let closing: Promise<void> | undefined;
  const hurry = new AbortController();
  return {
    url: `http://${bracketed(settings.host)}:${port}/v1`,
    port,
    get inFlight() {
      return service.metrics.inFlight;
    },
    close(graceMs = GRACE_MS) {
      if (closing && graceMs === 0) hurry.abort();
      closing ??= end(server, service, graceMs, hurry.signal);
      return closing;
    },
  };
}

async function end(server: Server, service: Service, graceMs: number, hurry: AbortSignal): Promise<void> {
  service.ending = true;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const idle = async () => {
    while (service.metrics.inFlight > 0) await sleep(20);
  };
  const grace = sleep(graceMs, undefined, { signal: hurry, ref: false }).catch(() => {});
  await Promise.race([idle(), grace]);
  for (const controller of service.running) controller.abort();
  // What was cancelled is booked before the router may be closed; then its end gets a moment to leave.
  while (service.running.size > 0) await sleep(5);
  await Promise.race([idle(), sleep(LAST_WORDS_MS, undefined, { ref: false })]);
  service.clock.stop();
  server.closeAllConnections();
  await closed;
}

/** What is not HTTP, or too slow to become it, is told so in the shape of all other errors. */
function tellBrokenRequests(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const { _httpMessage: answering } = socket as Socket & { _httpMessage?: ServerResponse };
    // In the middle of an answer there is no place for another.
    if (error.code === 'ECONNRESET' || !socket.writable || answering?.headersSent) {
      return void socket.destroy();
    }
    // Who goes on sending is not listened to for long.
    setTimeout(() => socket.destroy(), 1_000).unref();
    const [status, reason, message] =
      error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'Request Timeout', 'The request did not arrive in time.']
        : error.code === 'HPE_HEADER_OVERFLOW'
          ? [431, 'Request Header Fields Too Large', 'The headers are too long.']
          : [400, 'Bad Request', 'This is not HTTP.'];
    const { body } = new ApiError({
      status: status as number,
      code: 'invalid_request',
      message: message as string,
    });
    const length = Buffer.byteLength(body);
    socket.end(
      `HTTP/1.1 ${status} ${reason}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`,
    );
  });
}
