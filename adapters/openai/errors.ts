/**
 * Errors in OpenAI's shape. The status decides what clients do: 408, 409, 429 and 5xx are sent again by all of
 * them, other 4xx by none; the `openai` packages also obey `x-should-retry`. So what can only fail again has a
 * status of the second kind wherever one fits, and says so in that header otherwise.
 */
import {
  BudgetExceededError,
  CallError,
  type Episode,
  type ErrorCode,
  type Refusal,
  type XrouterError,
} from '../../src/index.ts';

export interface ApiErrorDetails {
  status: number;
  message: string;
  /** For programs; ours, or OpenAI's where clients look for it. */
  code: string;
  /** Path of the field that is wrong. */
  param?: string;
  /** What to wait before sending it again. */
  retryAfterSeconds?: number;
  /** False: it can only fail again. Left out: the status says it. */
  retry?: false;
  headers?: Record<string, string>;
}

/** What a client is told. */
export class ApiError extends Error {
  readonly details: ApiErrorDetails;

  constructor(details: ApiErrorDetails) {
    super(details.message);
    this.details = details;
  }

  get status(): number {
    return this.details.status;
  }

  get headers(): Record<string, string> {
    const { headers, retryAfterSeconds, retry } = this.details;
    return {
      ...headers,
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
      ...(retry === false && { 'x-should-retry': 'false' }),
    };
  }

  /** `{"error": ...}` as JSON text. */
  get body(): string {
    const { status, message, code, param = null } = this.details;
    return JSON.stringify({ error: { message, type: typeOf(status), code, param } });
  }
}

function typeOf(status: number): string {
  if (status === 402) return 'insufficient_quota';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}

export function invalidRequest(message: string, param?: string): ApiError {
  return new ApiError({ status: 400, code: 'invalid_request', message, param });
}

/** How long until a candidate that is left alone is tried again, roughly. */
const CIRCUIT_SECONDS = 15;
const MOST_WAIT_SECONDS = 60;

/** Any error of the router. @param episode of the request, where it got that far */
export function apiErrorOf(error: XrouterError, episode?: Episode): ApiError {
  if (error.code === 'no_candidate') return noCandidate(error, episode?.refusals ?? []);
  if (error.code === 'budget_exceeded') return budgetExceeded(error);
  const rule = RULES[error.code];
  if (!rule) return concealed(error);
  const waits = error instanceof CallError ? error.retryAfterMs : undefined;
  const final = error instanceof CallError && !error.retryable;
  return new ApiError({
    status: rule.status,
    code: rule.code ?? (final && error.code === 'rate_limited' ? 'insufficient_quota' : error.code),
    message: wordsOf(error),
    param: /^`([^`]+)`/.exec(error.message)?.[1],
    ...(waits !== undefined && { retryAfterSeconds: Math.min(Math.ceil(waits / 1_000), MOST_WAIT_SECONDS) }),
    ...((rule.final || final) && rule.status >= 429 && { retry: false }),
    ...(error.code === 'circuit_open' && { retryAfterSeconds: CIRCUIT_SECONDS }),
  });
}

interface Rule {
  status: number;
  /** Where clients know another word for it. */
  code?: string;
  final?: true;
}

/** What is not here tells of the machine rather than of the request, and is not told. */
const RULES: Partial<Record<ErrorCode, Rule>> = {
  invalid_request: { status: 400 },
  unknown_model: { status: 404, code: 'model_not_found' },
  unknown_route: { status: 404, code: 'model_not_found' },
  unknown_episode: { status: 404 },
  unknown_price: { status: 400 },
  bad_request: { status: 400 },
  context_overflow: { status: 400, code: 'context_length_exceeded' },
  // Our key at the provider, not the client's; 403 since no client sends it again.
  authentication_failed: { status: 403 },
  rate_limited: { status: 429 },
  aborted: { status: 503 },
  circuit_open: { status: 503 },
  call_limit: { status: 502, final: true },
  connect_timeout: { status: 504 },
  first_token_timeout: { status: 504 },
  idle_timeout: { status: 504 },
  total_timeout: { status: 504, final: true },
  connection_failed: { status: 502 },
  provider_error: { status: 502 },
  stream_cut: { status: 502 },
  stream_error: { status: 502 },
  malformed_response: { status: 502 },
  empty_response: { status: 502 },
};

/** Files, paths and bugs are the operator's business: he finds them on standard error. */
function concealed(error: XrouterError): ApiError {
  if (isTooDeep(error)) return invalidRequest('The request is nested too deeply.');
  if (error.code === 'ledger_unavailable') {
    const message = 'The account cannot be kept at the moment, so no call is made. The server says why.';
    return new ApiError({ status: 503, code: error.code, message, retryAfterSeconds: 5 });
  }
  const message = 'The server failed; its standard error says why.';
  return new ApiError({ status: 500, code: error.code, message, retry: false });
}

/** Whether the operator should read of it on standard error. */
export function isConcealed(error: XrouterError): boolean {
  const isTold = error.code in RULES || error.code === 'no_candidate' || error.code === 'budget_exceeded';
  return !isTold && !isTooDeep(error);
}

/** What JSON can be read but not written again. */
function isTooDeep({ cause }: XrouterError): boolean {
  return cause instanceof RangeError && /call stack/.test(cause.message);
}

/** 402, which no client sends again by itself; 429 where the call fits once those in flight have ended. */
function budgetExceeded(error: XrouterError): ApiError {
  const { budget } = error instanceof BudgetExceededError ? error : {};
  const later = budget !== undefined && budget.spentUsd + budget.askedUsd <= budget.limitUsd;
  return new ApiError({
    status: later ? 429 : 402,
    code: 'budget_exceeded',
    message: wordsOf(error),
    ...(later && { retryAfterSeconds: 1 }),
  });
}

function noCandidate(error: XrouterError, refusals: readonly Refusal[]): ApiError {
  const has = (code: Refusal['code']) => refusals.some((refusal) => refusal.code === code);
  const all = (code: Refusal['code']) => refusals.length > 0 && refusals.every((one) => one.code === code);
  const message = wordsOf(error);
  if (has('failed_before') && error.cause instanceof CallError) {
    const { details } = apiErrorOf(error.cause);
    return new ApiError({ ...details, message });
  }
  if (has('circuit_open')) {
    return new ApiError({
      status: 503,
      code: 'circuit_open',
      message,
      retryAfterSeconds: CIRCUIT_SECONDS,
    });
  }
  if (has('budget')) return new ApiError({ status: 402, code: 'budget_exceeded', message });
  const code = all('context_window') ? 'context_length_exceeded' : 'no_candidate';
  return new ApiError({ status: 400, code, message });
}

/** What the library calls by other names than a request over HTTP does. */
const NAMES = [
  ["the request's limits.maxUsd", 'xrouter.max_usd of the request'],
  ['maxOutputTokens', 'max_tokens'],
] as const;

function wordsOf({ message, hint }: XrouterError): string {
  const words = hint ? `${message} ${hint}` : message;
  return NAMES.reduce((text, [ours, theirs]) => text.replaceAll(ours, theirs), words);
}
