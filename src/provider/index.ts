/** Step 3: calling a candidate. */
export { AnswerAssembler, type AssembledAnswer } from './assemble.ts';
export { CircuitBreaker, type CircuitBreakerOptions, type CircuitState } from './breaker.ts';
export { EventQueue } from './event-queue.ts';
export { failureFromResponse } from './failure.ts';
export { closeHttpConnections, createHttpProvider, type HttpProviderSpec } from './http.ts';
export { CallTimer, DEFAULT_TIME_LIMITS, type ExpiredLimit, timeLimitError } from './limits.ts';
export type {
  CallFinish,
  Delta,
  FinishReason,
  Provider,
  ProviderCall,
  ProviderEvent,
  ToolCallDelta,
} from './provider.ts';
export { callWithRetry, type FailedAttempt, type RetryEvent, type RetryOptions } from './retry.ts';
