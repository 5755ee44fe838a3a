/**
 * Step 3: calling one candidate once. The interface all providers share; `retry`, `breaker` and failover
 * stand above it, so an implementation does one attempt and tells truthfully how it ended.
 */
import type { Candidate } from '../catalog/candidate.ts';
import type { Usage } from '../money.ts';
import type { RequestLimits, RouteRequest } from '../request.ts';

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | (string & {});

/** A fragment of a tool call; fragments with the same `index` belong together, `arguments` concatenates. */
export interface ToolCallDelta {
  index: number;
  id?: string;
  name?: string;
  arguments?: string;
}

export interface Delta {
  content?: string;
  reasoning?: string;
  refusal?: string;
  toolCalls?: ToolCallDelta[];
  /** The adapter's own form of the fragment, for a request that carried `native`. */
  native?: unknown;
}

/** How a call that succeeded ended. A call that did not, throws a `CallError`. */
export interface CallFinish {
  finishReason: FinishReason;
  /** `undefined` where the provider reported none. */
  usage?: Usage;
  /** The real name of the model that answered, where the response tells. */
  servedModel?: string;
  /** What the provider itself says the call cost. */
  reportedUsd?: number;
  /** The provider's id of the response, for support requests. */
  responseId?: string;
  /** Id of the call in the caller's trace, where the provider opened it. */
  runId?: string;
  /** The adapter's own form of the answer, for a request that carried `native`. */
  native?: unknown;
}

export type ProviderEvent = { type: 'delta'; delta: Delta } | ({ type: 'finish' } & CallFinish);

export interface ProviderCall {
  candidate: Candidate;
  request: RouteRequest;
  limits: RequestLimits;
  /** Aborts the attempt; the upstream request must end at once. */
  signal: AbortSignal;
}

export interface Provider {
  readonly id: string;
  /**
   * One attempt. Yields deltas as they arrive and ends with exactly one `finish`.
   * @throws CallError whose `usage` holds what was billed before the failure, where that is known
   */
  call(call: ProviderCall): AsyncIterable<ProviderEvent>;
}
