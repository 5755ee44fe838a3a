import { textOf } from '../request.ts';
import { jsonState } from './json-prefix.ts';
import type { Verifier, VerifierInput } from './verifier.ts';

/** Finish reasons that mean "cut off": OpenAI's, then what compatible servers pass through. */
const CUT = new Set(['length', 'max_tokens', 'max_output_tokens', 'MAX_TOKENS', 'model_length']);

/**
 * Fails an answer that ends too early: the finish reason says so, a code fence is not closed, JSON (as the
 * answer or as a tool call's arguments) stops half-way, or there is no answer at all.
 */
export function truncationVerifier(): Verifier {
  return {
    name: 'truncation',
    verify(input) {
      const reason = cutOf(input);
      return reason === undefined ? { pass: true } : { pass: false, reason };
    },
  };
}

function cutOf({ message, finishReason }: VerifierInput): string | undefined {
  if (CUT.has(finishReason)) return `The answer was cut off (finish reason "${finishReason}").`;
  for (const call of message.tool_calls ?? []) {
    if (jsonState(call.function.arguments) === 'unfinished') {
      return `The arguments of "${call.function.name}" stop half-way.`;
    }
  }
  const text = textOf(message.content).trim();
  if (text === '' && !message.tool_calls?.length && !message.refusal) return 'The answer is empty.';
  if (/^[[{]/.test(text) && jsonState(text) === 'unfinished') return 'The JSON of the answer stops half-way.';
  if (hasOpenFence(text)) return 'A code fence of the answer is not closed.';
  return undefined;
}

/** CommonMark: a fence is closed by a line of at least as many of the same character and nothing else. */
function hasOpenFence(text: string): boolean {
  let open: string | undefined;
  for (const line of text.split('\n')) {
    const [, fence, rest] = /^ {0,3}(?:[-*>] {1,3})?(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (fence === undefined) continue;
    // Backticks after the fence make it inline code: ```x``` on one line.
    if (open === undefined) open = fence[0] === '`' && rest!.includes('`') ? undefined : fence;
    else if (fence.startsWith(open) && rest!.trim() === '') open = undefined;
  }
  return open !== undefined;
}
