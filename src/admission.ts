/** Step 1: which candidates can serve this request at all, and for each that cannot, why. */
export type RefusalCode =
  | 'not_in_pool'
  | 'denied'
  | 'no_key'
  | 'input_modality'
  | 'tool_calling'
  | 'structured_output'
  | 'context_window'
  | 'unknown_price'
  | 'budget'
  | 'circuit_open'
  | 'failed_before';

export interface Refusal {
  model: string;
  code: RefusalCode;
  /** For a person: what was missing. */
  reason: string;
}
