/** One HTTP exchange: what a route is handed. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../http-io.ts';
import { ApiError } from './errors.ts';

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** Path without query. */
  path: string;
  /** Name of the key that was sent; `undefined` where none is needed. */
  key?: string;
  startedAtMs: number;
}

export function sendJson(
  { response }: Pick<Exchange, 'response'>,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

export function sendError(exchange: Pick<Exchange, 'response'>, error: ApiError): void {
  sendJson(exchange, error.status, error.body, error.headers);
}

/** A name as a header can carry it: those of the operator's own models may hold anything. */
export function headerText(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '?');
}

/** @throws ApiError 400 where it is no JSON, 413 where it is too long */
export async function readJson({ request }: Exchange, mostBytes: number): Promise<unknown> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ApiError({ status: 415, code: 'invalid_request', message: 'Send the body uncompressed.' });
  }
  const body = await readBody(request, mostBytes);
  if (!body) {
    const message = `The body is longer than ${mostBytes} bytes. Shorten it, or start the server with a larger --max-body-mb.`;
    throw new ApiError({ status: 413, code: 'request_too_large', message });
  }
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    // V8 repeats the text around the mistake, which is the prompt.
    const why = body.length === 0 ? 'it is empty' : (cause as Error).message.replace(/, .*$/s, '');
    throw new ApiError({ status: 400, code: 'invalid_json', message: `The body is not valid JSON: ${why}.` });
  }
}

/** Gives a client up that takes nothing of what waits for it for so long. @returns what ends the watch */
export function watchStalled(response: ServerResponse, stalledMs: number): () => void {
  let waiting = response.writableLength;
  const timer = setInterval(() => {
    if (response.writableLength >= waiting) response.destroy();
    waiting = response.writableLength;
  }, stalledMs).unref();
  const stop = () => clearInterval(timer);
  response.once('close', stop);
  return stop;
}
