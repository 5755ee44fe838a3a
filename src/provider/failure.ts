/** How a call failed, read from what the provider sent: status and body in, `CallError` out. */
import { CallError, type CallErrorDetails, type ErrorCode } from '../errors.ts';
import type { Usage } from '../money.ts';
import { isContextOverflow, isOutOfCredit, isRateLimit } from './failure-wordings.ts';
import { isRecord, type JsonRecord, recordOf, textField } from './json.ts';

/** Whom the messages name, and what they must not repeat. */
export interface FailureContext {
  provider: string;
  model: string;
  /** Takes keys out of a text that a provider may have echoed them in. */
  redact: (text: string) => string;
}

/** The candidate as messages name it. */
export function targetName(context: FailureContext): string {
  return `"${context.model}" of provider "${context.provider}"`;
}

export interface HttpFailure {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** An error as the provider words it. */
export interface ProviderMessage {
  message: string;
  /** `code` and `type` of the error object, joined; for recognising, not for showing. */
  kind: string;
  /** An HTTP status the error object holds itself. */
  status?: number;
  retryAfterMs?: number;
}

const LONGEST_MESSAGE = 600;

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}...` : line;
}

function statusIn(...values: unknown[]): number | undefined {
  for (const value of values) {
    const status = typeof value === 'string' ? Number(value) : value;
    if (typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599)
      return status;
  }
  return undefined;
}

/** Google's `RetryInfo`: `"retryDelay": "34s"`. */
function retryDelayMs(details: unknown): number | undefined {
  if (!Array.isArray(details)) return undefined;
  for (const detail of details) {
    const match = /^(\d+(?:\.\d+)?)s$/.exec(textField(recordOf(detail)?.retryDelay) ?? '');
    if (match) return Math.ceil(Number(match[1]) * 1000);
  }
  return undefined;
}

function messageIn(error: JsonRecord): string {
  const detail = Array.isArray(error.detail)
    ? error.detail.map((entry) => textField(recordOf(entry)?.msg) ?? JSON.stringify(entry)).join('; ')
    : textField(error.detail);
  const message = textField(error.message) ?? detail ?? textField(error.error) ?? JSON.stringify(error);
  // OpenRouter wraps the words of the vendor behind it.
  const raw = textField(recordOf(error.metadata)?.raw);
  return raw === undefined ? message : `${message}: ${raw}`;
}

/**
 * The error in a parsed body or event: OpenAI's `{error: {message, type, code}}`, SGLang's and vLLM's flat
 * `{object: 'error', message, code}`, `{error: 'Unauthorized'}`, FastAPI's `{detail}`, Google's array of one.
 *
 * @returns `undefined` where the value is no error
 */
export function providerMessage(value: unknown): ProviderMessage | undefined {
  const outer = Array.isArray(value) ? value[0] : value;
  if (!isRecord(outer)) return undefined;
  const inner = outer.error;
  const isFlat =
    outer.choices === undefined &&
    (outer.object === 'error' || outer.type === 'error' || outer.detail !== undefined);
  if (!inner && !isFlat) return undefined;
  const error = isRecord(inner) ? inner : outer;
  return {
    message: shorten(messageIn(error)),
    kind: [error.code, error.type, error.status].filter((part) => typeof part === 'string').join(' '),
    status: statusIn(error.code, error.status, error.status_code, outer.code, outer.status),
    retryAfterMs: retryDelayMs(error.details),
  };
}

/** A body that is no JSON error: a page's title, or its first words. */
function messageOfText(body: string): ProviderMessage {
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(body)?.[1];
  const text = title ?? (/^\s*</.test(body) ? body.replace(/<[^>]*>/g, ' ') : body);
  return { message: shorten(text), kind: '' };
}

function parseBody(body: string): ProviderMessage {
  try {
    const value: unknown = JSON.parse(body);
    const told = providerMessage(value);
    if (told) return told;
    if (isRecord(value) && textField(value.message)) {
      return { message: shorten(messageIn(value)), kind: textField(value.type) ?? '' };
    }
  } catch {
    // Proxies answer with pages and plain text; those are read as such.
  }
  return messageOfText(body);
}

/**
 * Retry-After as seconds or HTTP date (RFC 9110, 10.2.3), or the more exact `retry-after-ms` of OpenAI and
 * Azure. In ms from now, never negative.
 */
export function readRetryAfterMs(headers: HttpFailure['headers'], nowMs = Date.now()): number | undefined {
  const first = (name: string): string | undefined => {
    const value = headers[name];
    return (Array.isArray(value) ? value[0] : value)?.trim() || undefined;
  };
  const exact = Number(first('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return Math.ceil(exact);
  const value = first('retry-after');
  if (value === undefined) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds >= 0 ? Math.ceil(seconds * 1000) : undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

interface Verdict {
  code: ErrorCode;
  retryable: boolean;
  hint: string;
}

function judge(
  status: number | undefined,
  told: ProviderMessage,
  context: FailureContext,
): Verdict | undefined {
  const words = `${told.kind} ${told.message}`;
  const { provider, model } = context;
  const isClientSide = status === undefined || (status >= 400 && status < 500);
  if (status === 401 || status === 403) {
    return {
      code: 'authentication_failed',
      retryable: false,
      hint: `Check that the API key of provider "${provider}" is set, valid and allowed to use "${model}".`,
    };
  }
  if (isOutOfCredit(words) && isClientSide) {
    return {
      code: status === 429 ? 'rate_limited' : 'bad_request',
      retryable: false,
      hint: `Top up the account at provider "${provider}", or choose a candidate of another provider.`,
    };
  }
  if (status === 429 || (isClientSide && isRateLimit(words))) {
    return {
      code: 'rate_limited',
      retryable: true,
      hint: `Send fewer requests to provider "${provider}", or add candidates of other providers to the pool.`,
    };
  }
  if (isClientSide && isContextOverflow(words)) {
    return {
      code: 'context_overflow',
      retryable: false,
      hint: 'Shorten the conversation or lower maxOutputTokens, or choose a candidate with a larger context window.',
    };
  }
  if (status === undefined) return undefined;
  if (status >= 500 || status === 408 || status === 409 || status === 425) {
    return {
      code: 'provider_error',
      retryable: true,
      hint: `Provider "${provider}" has trouble; try again later or choose another candidate.`,
    };
  }
  if (status >= 400) {
    return {
      code: 'bad_request',
      retryable: false,
      hint:
        status === 404
          ? `Check the base URL of provider "${provider}" and the model name "${model}".`
          : `Change what the message names; "${model}" will refuse the same request again.`,
    };
  }
  return {
    code: 'provider_error',
    retryable: false,
    hint: `Set the base URL of provider "${provider}" to the address that answers; redirects are not followed.`,
  };
}

/** A response whose status is no success. */
export function failureFromResponse(response: HttpFailure, context: FailureContext): CallError {
  const { status } = response;
  const told = parseBody(response.body);
  const verdict = judge(status, told, context) as Verdict;
  const words = told.message === '' ? 'it sent no message' : context.redact(told.message);
  return new CallError(
    verdict.code,
    `Provider "${context.provider}" answered ${status} for "${context.model}": ${words}`,
    {
      status,
      retryable: verdict.retryable,
      hint: verdict.hint,
      retryAfterMs: readRetryAfterMs(response.headers) ?? told.retryAfterMs,
      // Answers with an error status are not billed; only behind a gateway that timed out the model may have run.
      maybeBilled: status === 504,
    },
  );
}

/**
 * An error inside a response whose status was 200.
 *
 * @param fallback the code where the error itself tells nothing more exact
 */
export function failureInside(
  told: ProviderMessage,
  fallback: 'provider_error' | 'stream_error',
  context: FailureContext,
  usage: Usage | undefined,
): CallError {
  const verdict = judge(told.status, told, context);
  const isServerSide = verdict === undefined || verdict.code === 'provider_error';
  return new CallError(
    isServerSide ? fallback : verdict.code,
    `Provider "${context.provider}" sent an error inside a response with status 200 for "${context.model}": ${context.redact(told.message)}`,
    {
      status: told.status,
      retryable: verdict?.retryable ?? true,
      retryAfterMs: told.retryAfterMs,
      hint: verdict?.hint ?? 'Try again, or choose another candidate.',
      usage,
      maybeBilled: true,
    },
  );
}

/** An answer that came and is none: cut, empty, broken. It was billed in all likelihood. */
export function failureOfAnswer(
  code: 'stream_cut' | 'malformed_response' | 'empty_response' | 'provider_error',
  what: string,
  context: FailureContext,
  details: Partial<CallErrorDetails> = {},
): CallError {
  return new CallError(code, `The answer of "${context.model}" from provider "${context.provider}" ${what}`, {
    retryable: true,
    hint: 'Try again, or choose another candidate.',
    maybeBilled: true,
    ...details,
  });
}

/** No response at all. @param sent whether the request was written before */
export function failureOfConnection(cause: Error, sent: boolean, context: FailureContext): CallError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new CallError('connect_timeout', `No connection stood in time at ${targetName(context)}.`, {
      retryable: true,
      hint: 'Check the network and the base URL of the provider, or choose another candidate.',
      cause,
    });
  }
  const what = sent ? 'The connection broke before an answer came' : 'No connection could be made';
  return new CallError('connection_failed', `${what} at ${targetName(context)}: ${code ?? cause.message}.`, {
    retryable: true,
    hint: `Check that provider "${context.provider}" runs and that its base URL is right.`,
    maybeBilled: sent,
    cause,
  });
}
