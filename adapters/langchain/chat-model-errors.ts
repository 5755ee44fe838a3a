/** What a chat model throws, as the router's `CallError`. */
import { ContextOverflowError, getRetryable } from '@langchain/core/errors';
import { CallError, type ErrorCode, failureFromResponse, isCallError, type Usage } from '../../src/index.ts';

interface Context {
  usage: Usage | undefined;
  /** Tokens had come before. */
  streaming: boolean;
}

interface Thrown {
  name?: string;
  message?: string;
  code?: unknown;
  status?: unknown;
  error?: unknown;
  headers?: unknown;
  response?: { status?: unknown; headers?: unknown };
  lc_error_code?: unknown;
  cause?: unknown;
}

/** Client libraries keep status and body on their errors; those are read as any provider's are. */
export function toCallError(thrown: unknown, model: string, context: Context): CallError {
  if (isCallError(thrown)) return thrown;
  const error = (
    typeof thrown === 'object' && thrown !== null ? thrown : { message: String(thrown) }
  ) as Thrown;
  const status = error.status ?? error.response?.status ?? (error.cause as Thrown | undefined)?.status;
  const message = error.message ?? error.name ?? 'no message';
  if (ContextOverflowError.isInstance(thrown)) {
    return failure('context_overflow', model, message, thrown, { retryable: false });
  }
  if (typeof status === 'number' && status >= 400) {
    const body = JSON.stringify({ error: typeof error.error === 'object' ? error.error : { message } });
    const headers = headersOf(error.headers ?? error.response?.headers);
    const target = { provider: model, model, redact: (text: string) => text };
    const read = failureFromResponse({ status, headers, body }, target);
    read.cause = thrown;
    return read;
  }
  if (error.lc_error_code === 'MODEL_RATE_LIMIT') {
    return failure('rate_limited', model, message, thrown, { retryable: true });
  }
  if (error.lc_error_code === 'MODEL_AUTHENTICATION') {
    return failure('authentication_failed', model, message, thrown, { retryable: false });
  }
  if (isConnectionError(error)) {
    const code = context.streaming ? 'stream_cut' : 'connection_failed';
    return failure(code, model, message, thrown, {
      retryable: true,
      maybeBilled: true,
      usage: context.usage,
    });
  }
  const retryable = getRetryable(thrown) ?? error.name === 'TimeoutError';
  return failure('provider_error', model, message, thrown, {
    retryable,
    maybeBilled: true,
    usage: context.usage,
  });
}

function failure(
  code: ErrorCode,
  model: string,
  message: string,
  cause: unknown,
  details: { retryable: boolean; maybeBilled?: boolean; usage?: Usage },
): CallError {
  return new CallError(code, `The chat model "${model}" failed: ${message}`, {
    hint: 'See the cause, which is the error of the chat model itself.',
    cause,
    ...details,
  });
}

const CONNECTION_CODES = /^(ECONN|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|UND_ERR_)/;

function isConnectionError({ name, code, cause, message = '' }: Thrown): boolean {
  const inner = cause as Thrown | undefined;
  const codes = [code, inner?.code, (inner?.cause as Thrown | undefined)?.code];
  return (
    codes.some((one) => typeof one === 'string' && CONNECTION_CODES.test(one)) ||
    name === 'APIConnectionError' ||
    /^(Connection error|terminated|fetch failed|Premature close)/i.test(message)
  );
}

function headersOf(headers: unknown): Record<string, string> {
  if (headers instanceof Headers) return Object.fromEntries(headers);
  return typeof headers === 'object' && headers !== null ? (headers as Record<string, string>) : {};
}
