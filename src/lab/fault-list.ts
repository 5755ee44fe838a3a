/** Every fault the lab can play, as data, so that a test matrix can iterate over them. */

export type FaultPhase = 'before_headers' | 'before_first_token' | 'after_tokens';
export type FaultMode = 'json' | 'stream';

export interface FaultInfo {
  /** Where in the answer it strikes. */
  phase: FaultPhase;
  modes: readonly FaultMode[];
  /** What a careful client must make of it: an error, no answer until it gives up, or the answer after all. */
  outcome: 'error' | 'silence' | 'answer';
  /**
   * What the lab bills. `sent`: the input and the tokens that left before the fault; an answer in one JSON
   * body is generated whole before its first byte, so there it is all of them.
   */
  billed: 'nothing' | 'sent' | 'all';
  /** What the number after the colon means, and its value where it is left out. */
  arg?: { means: string; default?: number };
  /** Set where it only shows in an answer with tool calls. */
  needsTools?: true;
  does: string;
}

const both = ['json', 'stream'] as const;
const stream = ['stream'] as const;
const afterTokens = { means: 'tokens sent before it', default: 3 };

function status(code: number, does: string, retryAfter?: number): FaultInfo {
  return {
    phase: 'before_headers',
    modes: both,
    outcome: 'error',
    billed: 'nothing',
    arg: { means: 'Retry-After in seconds', default: retryAfter },
    does: `HTTP ${code}: ${does}`,
  };
}

export const faultNames = {
  'status-400': status(400, 'the request is refused as malformed'),
  'status-401': status(401, 'the key is refused'),
  'status-403': status(403, 'the key may not use this model'),
  'status-404': status(404, 'the model is not known'),
  'status-408': status(408, 'the provider gave up waiting for the request'),
  'status-409': status(409, 'a conflict'),
  'status-429': status(429, 'rate limited', 1),
  'status-500': status(500, 'internal error'),
  'status-502': status(502, 'bad gateway'),
  'status-503': status(503, 'overloaded', 1),
  'status-504': status(504, 'gateway timeout'),
  'status-529': status(529, 'overloaded, as Anthropic says it'),
  'flat-error': {
    ...status(400, 'with the flat error body that SGLang sends'),
    arg: { means: 'HTTP status', default: 400 },
  },
  'html-error': {
    ...status(502, 'with an HTML page for a body, as a proxy sends it'),
    arg: { means: 'HTTP status', default: 502 },
  },
  'empty-error': {
    ...status(500, 'with an empty body'),
    arg: { means: 'HTTP status', default: 500 },
  },
  hang: {
    phase: 'before_headers',
    modes: both,
    outcome: 'silence',
    billed: 'nothing',
    does: 'takes the request and never answers',
  },
  'slow-headers': {
    phase: 'before_headers',
    modes: both,
    outcome: 'answer',
    billed: 'all',
    arg: { means: 'delay in ms', default: 300 },
    does: 'answers, but the headers come late',
  },
  'cut-before-headers': {
    phase: 'before_headers',
    modes: both,
    outcome: 'error',
    billed: 'nothing',
    does: 'the connection is destroyed before any header',
  },
  'cut-before-tokens': {
    phase: 'before_first_token',
    modes: both,
    outcome: 'error',
    billed: 'sent',
    does: 'the connection is destroyed after the headers',
  },
  'stall-before-tokens': {
    phase: 'before_first_token',
    modes: both,
    outcome: 'silence',
    billed: 'sent',
    does: 'nothing comes after the headers, and the connection stays open',
  },
  'end-before-tokens': {
    phase: 'before_first_token',
    modes: both,
    outcome: 'error',
    billed: 'sent',
    does: 'a clean end right after the headers: an empty body, or a stream without a single event',
  },
  'error-before-tokens': {
    phase: 'before_first_token',
    modes: both,
    outcome: 'error',
    billed: 'sent',
    does: 'status 200, but the body is an error; in a stream its first event is one',
  },
  'broken-json-before-tokens': {
    phase: 'before_first_token',
    modes: both,
    outcome: 'error',
    billed: 'sent',
    does: 'the body, or the first event, is not JSON',
  },
  'no-choices': {
    phase: 'before_first_token',
    modes: both,
    outcome: 'error',
    billed: 'all',
    does: 'the list of choices is empty, in every event too',
  },
  'empty-answer': {
    phase: 'before_first_token',
    modes: both,
    outcome: 'error',
    billed: 'sent',
    does: 'a complete answer without a character of text or a tool call',
  },
  'cut-after-tokens': {
    phase: 'after_tokens',
    modes: both,
    outcome: 'error',
    billed: 'sent',
    arg: afterTokens,
    does: 'the connection is destroyed in the middle of the answer',
  },
  'stall-after-tokens': {
    phase: 'after_tokens',
    modes: both,
    outcome: 'silence',
    billed: 'sent',
    arg: afterTokens,
    does: 'the answer stops in the middle, and the connection stays open',
  },
  'end-after-tokens': {
    phase: 'after_tokens',
    modes: both,
    outcome: 'error',
    billed: 'sent',
    arg: afterTokens,
    does: 'a clean end in the middle: a truncated body, or a stream without finish reason and [DONE]',
  },
  'error-after-tokens': {
    phase: 'after_tokens',
    modes: stream,
    outcome: 'error',
    billed: 'sent',
    arg: afterTokens,
    does: 'an error event in the middle of the stream',
  },
  'broken-json-after-tokens': {
    phase: 'after_tokens',
    modes: stream,
    outcome: 'error',
    billed: 'sent',
    arg: afterTokens,
    does: 'an event in the middle of the stream is not JSON; the rest follows',
  },
  'no-finish-reason': {
    phase: 'after_tokens',
    modes: both,
    outcome: 'error',
    billed: 'all',
    does: 'the whole answer, but the finish reason is null; a stream still ends with [DONE]',
  },
  'no-done': {
    phase: 'after_tokens',
    modes: stream,
    outcome: 'answer',
    billed: 'all',
    does: 'the whole answer with its finish reason, but the stream ends without [DONE]',
  },
  'content-filter': {
    phase: 'after_tokens',
    modes: both,
    outcome: 'answer',
    billed: 'sent',
    arg: afterTokens,
    does: 'the answer is withheld from there on, finish reason content_filter',
  },
  'missing-usage': {
    phase: 'after_tokens',
    modes: both,
    outcome: 'answer',
    billed: 'all',
    does: 'a whole answer that tells no usage',
  },
  'wrong-usage': {
    phase: 'after_tokens',
    modes: both,
    outcome: 'answer',
    billed: 'all',
    arg: { means: 'factor', default: 10 },
    does: 'a whole answer that tells so many times the tokens that are billed',
  },
  'odd-tool-fragments': {
    phase: 'after_tokens',
    modes: stream,
    outcome: 'answer',
    billed: 'all',
    needsTools: true,
    does: 'arguments come one character at a time, calls interleaved, with empty fragments between',
  },
  'broken-tool-json': {
    phase: 'after_tokens',
    modes: both,
    outcome: 'answer',
    billed: 'all',
    needsTools: true,
    does: 'the arguments of each tool call lack their last character',
  },
  'odd-framing': {
    phase: 'after_tokens',
    modes: stream,
    outcome: 'answer',
    billed: 'all',
    does: 'CRLF line ends, comment lines, and packets that end in the middle of lines and characters',
  },
  'slow-drip': {
    phase: 'after_tokens',
    modes: both,
    outcome: 'answer',
    billed: 'all',
    arg: { means: 'ms between two tokens', default: 20 },
    does: 'answers one token at a time, slowly; a JSON body in small pieces',
  },
  'html-page': {
    phase: 'before_first_token',
    modes: both,
    outcome: 'error',
    billed: 'nothing',
    does: 'status 200 with an HTML page',
  },
} as const satisfies Record<string, FaultInfo>;

export type FaultName = keyof typeof faultNames;

/** What is known of a fault, by name. */
export function faultInfo(name: FaultName): FaultInfo {
  return faultNames[name];
}
