/** Calls that were made before, for `call_model` without providers. */

export interface RecordedCall {
  /** Of the prompt it was recorded for. */
  id: string;
  costUsd: number;
  inputTokens: number;
  outputTokens: number;
  text: string;
}

export interface RecordedCalls {
  readonly models: ReadonlySet<string>;
  /** `undefined` where the candidate was not recorded on that conversation. */
  find(
    model: string,
    messages: readonly { role: 'system' | 'user' | 'assistant'; content: string }[],
  ): RecordedCall | undefined;
}
