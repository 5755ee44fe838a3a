/** Every error a user can meet: a code to branch on, a message that says what to do. */
import type { Usage } from './money.ts';

export type ErrorCode =
  // the request
  | 'invalid_request'
  | 'unknown_model'
  | 'unknown_route'
  | 'unknown_episode'
  | 'no_candidate'
  | 'aborted'
  // configuration and state
  | 'invalid_config'
  | 'missing_key'
  | 'ledger_unavailable'
  // money
  | 'budget_exceeded'
  | 'unknown_price'
  // deciding
  | 'policy_failed'
  | 'call_limit'
  // calling
  | 'connect_timeout'
  | 'first_token_timeout'
  | 'idle_timeout'
  | 'total_timeout'
  | 'connection_failed'
  | 'rate_limited'
  | 'authentication_failed'
  | 'context_overflow'
  | 'bad_request'
  | 'provider_error'
  | 'stream_cut'
  | 'stream_error'
  | 'malformed_response'
  | 'empty_response'
  | 'circuit_open'
  // files
  | 'invalid_file'
  | 'internal';

export interface ErrorDetails {
  /** What a person should do about it, one sentence. */
  hint?: string;
  cause?: unknown;
}

export class XrouterError extends Error {
  readonly code: ErrorCode;
  readonly hint?: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'XrouterError';
    this.code = code;
    this.hint = details.hint;
  }
}

export interface CallErrorDetails extends ErrorDetails {
  /** HTTP status, where there was one. */
  status?: number;
  /** Whether the same call may succeed when sent again. */
  retryable: boolean;
  /** The provider's Retry-After, in ms. */
  retryAfterMs?: number;
  /** What was billed before the failure, where the provider said so. */
  usage?: Usage;
  /** True where the request may have reached the model, so that it may have been billed. */
  maybeBilled?: boolean;
}

/** One attempt to call a candidate failed. */
export class CallError extends XrouterError {
  readonly status?: number;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly usage?: Usage;
  readonly maybeBilled: boolean;

  constructor(code: ErrorCode, message: string, details: CallErrorDetails) {
    super(code, message, details);
    this.name = 'CallError';
    this.status = details.status;
    this.retryable = details.retryable;
    this.retryAfterMs = details.retryAfterMs;
    this.usage = details.usage;
    this.maybeBilled = details.maybeBilled ?? false;
  }
}

export function isXrouterError(error: unknown): error is XrouterError {
  return error instanceof XrouterError;
}

export function isCallError(error: unknown): error is CallError {
  return error instanceof CallError;
}

/** Any thrown thing as an XrouterError; an abort keeps its meaning. */
export function toXrouterError(error: unknown): XrouterError {
  if (error instanceof XrouterError) return error;
  if (error instanceof Error && error.name === 'AbortError') {
    return new XrouterError('aborted', 'The request was aborted by the caller.', { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new XrouterError('internal', message, { cause: error });
}
