/** From an answer and a fault to what is played on the socket. */

import type { CallTokens } from './account.ts';
import { type BodyOptions, jsonBody, outputTokens, type Spoken, streamPieces, usageOf } from './body.ts';
import { faultInfo } from './fault-list.ts';
import type { Fault } from './faults.ts';
import type { Piece, Plan } from './play.ts';
import type { Speed } from './speed.ts';
import { errorBody } from './wire.ts';

const JSON_TYPE = 'application/json';
const STREAM_HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
const PAGE = '<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>';
const STREAM_ERROR = JSON.stringify({
  error: {
    message: 'The server had an error while processing your request.',
    type: 'server_error',
    code: 500,
  },
});

const STATUS_TYPES: Record<number, string> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

/** A response with one body, sent at once. */
export function wholePlan(status: number, body: string, type = JSON_TYPE): Plan {
  return {
    status,
    headers: { 'content-type': type, 'content-length': Buffer.byteLength(body) },
    headersMs: 0,
    firstPieceMs: 0,
    tokenMs: 0,
    pieces: [{ data: body, tokens: 0 }],
    ending: 'end',
  };
}

/** The plan of a fault that strikes before the headers and leaves no answer; else `undefined`. */
export function refusalPlan(fault: Fault): Plan | undefined {
  const info = faultInfo(fault.name);
  const arg = fault.arg ?? info.arg?.default;
  if (fault.name === 'hang') return { ...wholePlan(200, ''), ending: 'hang' };
  if (fault.name === 'cut-before-headers') return { ...wholePlan(200, ''), ending: 'cut-before-headers' };
  if (fault.name === 'html-page') return wholePlan(200, PAGE, 'text/html');
  if (fault.name === 'html-error') return wholePlan(arg!, PAGE, 'text/html');
  if (fault.name === 'empty-error') return wholePlan(arg!, '');
  if (fault.name === 'flat-error') {
    const body = {
      object: 'error',
      message: 'The request is refused.',
      type: 'BadRequestError',
      param: null,
      code: arg,
    };
    return wholePlan(arg!, JSON.stringify(body));
  }
  const status = Number(/^status-(\d+)$/.exec(fault.name)?.[1]);
  if (!status) return undefined;
  const type = STATUS_TYPES[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
  const plan = wholePlan(status, errorBody(`A fault of the lab: ${info.does}.`, type));
  if (arg !== undefined) plan.headers['retry-after'] = arg;
  return plan;
}

export interface AnswerPlanOptions {
  spoken: Spoken;
  tokens: CallTokens;
  /** Told to the client by providers that do so. */
  reportedUsd?: number;
  stream: boolean;
  includeUsage: boolean;
  speed: Speed;
  fault?: Fault;
}

/** The plan of an answer, with the fault worked into it. */
export function answerPlan(options: AnswerPlanOptions): Plan {
  const { fault, tokens, reportedUsd } = options;
  const name = fault?.name;
  const { spoken } = options;
  const arg = fault ? (fault.arg ?? faultInfo(fault.name).arg?.default) : undefined;
  const factor = name === 'wrong-usage' ? arg! : 1;
  const body: BodyOptions = {
    usage: name === 'missing-usage' ? undefined : usageOf(tokens, reportedUsd, factor),
    noChoices: name === 'no-choices',
  };
  const plan = options.stream
    ? streamPlan(spoken, body, options, name)
    : jsonPlan(jsonBody(spoken, body), outputTokens(spoken), options.speed);
  if (name === undefined) return plan;
  if (name === 'slow-headers') plan.headersMs += arg!;
  if (name === 'slow-drip') {
    plan.tokenMs = arg!;
    plan.separate = true;
    if (!options.stream) plan.pieces = chopped(plan.pieces, 24);
  }
  if (name === 'odd-framing') {
    plan.pieces = oddlyFramed(plan.pieces);
    plan.separate = true;
  }
  const [what, where] = split(name);
  if (where === undefined) return plan;
  const kept = where === 'before' ? [] : firstTokens(plan.pieces, arg!, options.stream);
  return interrupted(plan, kept, what, options.stream);
}

/** `cut-after-tokens` as `cut` and `after`. */
function split(name: string): [string, 'before' | 'after' | undefined] {
  const match = /^(.+)-(before|after)-tokens$/.exec(name);
  return match ? [match[1]!, match[2] as 'before' | 'after'] : [name, undefined];
}

function interrupted(plan: Plan, kept: Piece[], what: string, stream: boolean): Plan {
  const rest = plan.pieces.slice(kept.length);
  // A JSON answer is generated, and billed, before its first byte leaves.
  const generated = kept.length > 0 || stream ? kept : [{ data: '', tokens: tokensOf(rest) }];
  switch (what) {
    case 'cut':
    case 'stall':
      return { ...plan, pieces: generated, ending: what };
    case 'end':
      return { ...plan, pieces: generated, headers: withLength(plan, kept, stream) };
    case 'error': {
      const pieces = stream
        ? [...kept, eventPiece(STREAM_ERROR)]
        : [{ data: STREAM_ERROR, tokens: tokensOf(rest) }];
      return { ...plan, pieces, headers: withLength(plan, pieces, stream) };
    }
    default: {
      // Broken JSON: in a stream the rest follows, so that a client that skips it would miss a token.
      const pieces = stream
        ? [...kept, eventPiece('{"id":"chatcmpl-'), ...(kept.length > 0 ? rest : [])]
        : [{ data: '{"id":"chatcmpl-", "choices": [{"index": 0, "mess', tokens: tokensOf(rest) }];
      return { ...plan, pieces, headers: withLength(plan, pieces, stream) };
    }
  }
}

/** The answer as it comes out where the fault is in what it says. */
export function distort(spoken: Spoken, fault: Fault | undefined): Spoken {
  switch (fault?.name) {
    case 'empty-answer':
      return { ...spoken, content: [], toolCalls: [], finishReason: 'stop' };
    case 'no-finish-reason':
      return { ...spoken, finishReason: null };
    case 'content-filter': {
      const content = spoken.content.slice(0, fault.arg ?? 3);
      return { ...spoken, content, toolCalls: [], finishReason: 'content_filter' };
    }
    case 'broken-tool-json':
      return {
        ...spoken,
        toolCalls: spoken.toolCalls.map((call) => ({
          ...call,
          arguments: [...call.arguments.slice(0, -1), (call.arguments.at(-1) ?? '').slice(0, -1)],
        })),
      };
    default:
      return spoken;
  }
}

function streamPlan(spoken: Spoken, body: BodyOptions, options: AnswerPlanOptions, fault?: string): Plan {
  const pieces = streamPieces(spoken, {
    ...body,
    includeUsage: options.includeUsage,
    oddFragments: fault === 'odd-tool-fragments',
    done: fault !== 'no-done',
  });
  const { firstTokenMs, tokenMs } = options.speed;
  return {
    status: 200,
    headers: { ...STREAM_HEADERS },
    headersMs: firstTokenMs * 0.6,
    firstPieceMs: firstTokenMs * 0.4,
    tokenMs,
    pieces,
    ending: 'end',
  };
}

function jsonPlan(body: string, tokens: number, { firstTokenMs, tokenMs }: Speed): Plan {
  const plan = wholePlan(200, body);
  return { ...plan, headersMs: firstTokenMs + tokens * tokenMs, pieces: [{ data: body, tokens }] };
}

/** The beginning of an answer: so many tokens of a stream, half of a JSON body. */
function firstTokens(pieces: Piece[], tokens: number, stream: boolean): Piece[] {
  if (!stream) {
    const [piece] = pieces;
    const text = String(piece!.data);
    return [{ data: text.slice(0, Math.floor(text.length / 2)), tokens: piece!.tokens }];
  }
  const kept: Piece[] = [];
  let seen = 0;
  for (const piece of pieces) {
    if (seen >= tokens && piece.tokens > 0) break;
    // Hidden reasoning is no token that the client sees.
    if (piece.data !== '') seen += piece.tokens;
    kept.push(piece);
  }
  // A short answer is over before the fault would strike: it then strikes before the end is told.
  while (kept.length > 1 && kept.at(-1)!.tokens === 0) kept.pop();
  return kept;
}

function withLength(plan: Plan, pieces: Piece[], stream: boolean): Plan['headers'] {
  if (stream) return plan.headers;
  const bytes = pieces.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0);
  return { ...plan.headers, 'content-length': bytes };
}

function eventPiece(data: string): Piece {
  return { data: `data: ${data}\n\n`, tokens: 0 };
}

function tokensOf(pieces: Piece[]): number {
  return pieces.reduce((sum, piece) => sum + piece.tokens, 0);
}

function chopped(pieces: Piece[], chars: number): Piece[] {
  const [{ data, tokens }] = pieces as [Piece];
  const parts = String(data).match(new RegExp(`[\\s\\S]{1,${chars}}`, 'gu')) ?? [];
  return parts.map((part, index) => ({ data: part, tokens: index === 0 ? tokens : 0 }));
}

/** CRLF, comment lines, and packets of 97 bytes, which end anywhere. */
function oddlyFramed(pieces: Piece[]): Piece[] {
  const text = pieces.map(({ data }, index) => (index % 4 === 0 ? `: still here\n\n${data}` : data)).join('');
  const bytes = Buffer.from(text.replaceAll('\n', '\r\n'));
  const framed: Piece[] = [];
  for (let at = 0; at < bytes.length; at += 97) {
    framed.push({ data: bytes.subarray(at, at + 97), tokens: at === 0 ? tokensOf(pieces) : 0 });
  }
  return framed;
}
