/** Every path of the server. A further page of it, such as the dashboard's, is one more entry of this list. */
import { XrouterError } from '../../src/index.ts';
import { answerFeedback, FEEDBACK_PATH } from '../feedback-route.ts';
import { answerChat } from './chat.ts';
import { leadToDashboard, showDashboard, tellDashboard } from './dashboard-routes.ts';
import { ApiError, apiErrorOf, isConcealed } from './errors.ts';
import { type Exchange, readJson, sendError, sendJson } from './exchange.ts';
import { modelEntry, modelList } from './models.ts';
import type { Service } from './service.ts';

export interface Route {
  method: 'GET' | 'POST';
  /** With `/*` at its end it takes everything below. */
  path: string;
  /** Answered without a key and however many requests are under way; it may tell nothing that is secret. */
  open?: true;
  /** Asked every few seconds by a page that is open: noted only where it fails. */
  polled?: true;
  handle(service: Service, exchange: Exchange): void | Promise<void>;
}

const MODELS_PATH = '/v1/models';

export const ROUTES: readonly Route[] = [
  { method: 'POST', path: '/v1/chat/completions', handle: answerChat },
  { method: 'POST', path: FEEDBACK_PATH, handle: takeFeedback },
  { method: 'GET', path: MODELS_PATH, handle: listModels },
  { method: 'GET', path: `${MODELS_PATH}/*`, handle: tellModel },
  { method: 'GET', path: '/metrics', handle: tellMetrics },
  { method: 'GET', path: '/healthz', open: true, handle: tellHealth },
  { method: 'GET', path: '/dashboard', open: true, handle: showDashboard },
  { method: 'GET', path: '/dashboard/data', polled: true, handle: tellDashboard },
  { method: 'GET', path: '/', open: true, handle: leadToDashboard },
];

/** Paths that clients of OpenAI try, and what to do instead. */
const ELSEWHERE: Record<string, string> = {
  '/v1/responses':
    'Use POST /v1/chat/completions: in the openai package client.chat.completions, in ChatOpenAI without useResponsesApi.',
  '/v1/completions': 'Use POST /v1/chat/completions with the prompt as a user message.',
  '/v1/embeddings': 'Ask the provider of your embeddings directly; the router chooses among chat models.',
  '/chat/completions': 'The base URL ends with /v1.',
  '/models': 'The base URL ends with /v1.',
};

/** @throws ApiError 404 for a path that is not there, 405 for one that takes another method */
export function routeFor(method: string, path: string): Route {
  const found = ROUTES.filter((route) => isAt(route.path, path));
  // A HEAD request is a GET whose body is left out.
  const asked = method === 'HEAD' ? 'GET' : method;
  const route = found.find((one) => one.method === asked);
  if (route) return route;
  if (found.length > 0) {
    const allow = found.map((one) => one.method).join(', ');
    const message = `${path} takes ${allow} only.`;
    throw new ApiError({ status: 405, code: 'method_not_allowed', message, headers: { allow } });
  }
  const instead = Object.hasOwn(ELSEWHERE, path)
    ? ELSEWHERE[path]
    : `There is ${ROUTES.map((one) => one.path).join(', ')}.`;
  const message = `${path.slice(0, 200)} is not served. ${instead}`;
  throw new ApiError({ status: 404, code: 'unknown_url', message });
}

function isAt(pattern: string, path: string): boolean {
  if (!pattern.endsWith('/*')) return pattern === path;
  return path.startsWith(pattern.slice(0, -1)) && path.length > pattern.length - 1;
}

function listModels({ router }: Service, exchange: Exchange): void {
  sendJson(exchange, 200, JSON.stringify(modelList(router)));
}

function tellModel({ router }: Service, exchange: Exchange): void {
  let name: string;
  try {
    name = decodeURIComponent(exchange.path.slice(MODELS_PATH.length + 1)).slice(0, 200);
  } catch {
    throw new ApiError({ status: 400, code: 'invalid_request', message: 'The path is not encoded rightly.' });
  }
  sendJson(exchange, 200, JSON.stringify(modelEntry(router, name)));
}

async function takeFeedback(service: Service, exchange: Exchange): Promise<void> {
  const { settings, router } = service;
  const answer = await answerFeedback(router, await readJson(exchange, settings.maxBodyBytes));
  if (answer.status === 200) return sendJson(exchange, 200, JSON.stringify(answer.body));
  const { error } = answer;
  if (isConcealed(error) && answer.status !== 501) settings.onFailure(error);
  const { details } =
    answer.status === 501
      ? apiErrorOf(new XrouterError('invalid_request', error.message, { hint: error.hint }))
      : apiErrorOf(error);
  sendError(exchange, new ApiError({ ...details, status: answer.status, code: error.code, retry: false }));
}

function tellMetrics({ metrics }: Service, { response }: Exchange): void {
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  response.end(metrics.text());
}

function tellHealth({ settings, ending }: Service, exchange: Exchange): void {
  const status = ending ? 'ending' : 'ok';
  sendJson(exchange, ending ? 503 : 200, JSON.stringify({ status, version: settings.version }));
}
