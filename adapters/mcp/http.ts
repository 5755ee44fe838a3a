/**
 * MCP over Streamable HTTP, without sessions: every request stands alone. For programs on the same machine. Beside
 * it feedback, as plain JSON.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import {
  createMcpHandler,
  isLegacyRequest,
  type McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { XrouterError } from '../../src/index.ts';
import { FEEDBACK_PATH, type FeedbackAnswer } from '../feedback-route.ts';
import { bracketed } from '../http-guards.ts';
import { listen, pathOf, readBody } from '../http-io.ts';
import { type GuardOptions, guard, type Refused } from './guards.ts';
import { MOST_MESSAGE_BYTES } from './limits.ts';

export interface HttpOptions extends GuardOptions {
  host: string;
  port: number;
}

/** What answers. */
export interface Served {
  /** Asked for every request anew: there are no sessions. */
  createServer(): McpServer;
  /** Takes the body of `POST /v1/feedback`; left out where there is nothing to give feedback on. */
  feedback?(body: unknown): Promise<FeedbackAnswer>;
  /** Cancels what is under way and waits until it is booked. */
  close(): Promise<void>;
}

export interface HttpServing {
  url: string;
  /** Frees the port, cancels what is under way and waits until it is booked. */
  close(): Promise<void>;
}

/** A client that is slower than this to send a request is not one of ours. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 60_000;
/** Requests being answered; a rollout has hundreds at once. */
const MOST_REQUESTS = 1_024;

/** @throws XrouterError `invalid_config` where the port cannot be had */
export async function serveMcpHttp(served: Served, options: HttpOptions): Promise<HttpServing> {
  const onerror = (error: Error) => void process.stderr.write(`xrouter mcp: ${error.message}\n`);
  // A stream from the start, so that proxies see life while a model thinks.
  const handler = createMcpHandler(() => served.createServer(), { responseMode: 'sse', onerror });
  const paths = served.feedback ? [MCP_PATH, FEEDBACK_PATH] : [MCP_PATH];
  let answering = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = guard(request, options, paths) ?? (answering >= MOST_REQUESTS ? TOO_MANY : undefined);
    if (refused) return refuse(response, refused);
    answering++;
    response.once('close', () => answering--);
    const left = new AbortController();
    response.once('close', () => left.abort());
    const body = await readJson(request);
    if ('status' in body) return refuse(response, body);
    if (served.feedback && pathOf(request) === FEEDBACK_PATH) {
      return tell(response, await served.feedback(body.json));
    }
    const asked = new Request(`http://localhost${request.url}`, {
      method: 'POST',
      headers: forwardedHeaders(request),
      signal: left.signal,
    });
    const plain = !wantsProgress(body.json) && (await isLegacyRequest(asked, body.json));
    const answered = plain
      ? await answerPlainly(served, asked, body.json)
      : await handler.fetch(asked, { parsedBody: body.json });
    await send(response, answered);
  }

  const server = createServer(
    { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS },
    (request, response) => {
      answer(request, response).catch((error: unknown) => {
        // Where the client has left there is nobody to tell.
        if (response.destroyed) return;
        onerror(error instanceof Error ? error : new Error(String(error)));
        if (response.headersSent) response.destroy();
        else refuse(response, { status: 400, message: 'The request cannot be answered.' });
      });
    },
  );
  const port = await listen(server, options.host, options.port);
  return {
    url: `http://${bracketed(options.host)}:${port}${MCP_PATH}`,
    async close() {
      server.close();
      await handler.close();
      await served.close();
      server.closeAllConnections();
    },
  };
}

const MCP_PATH = '/mcp';

const TOO_MANY: Refused = {
  status: 503,
  message: `${MOST_REQUESTS} requests are under way already.`,
  headers: { 'retry-after': '1' },
};

/**
 * A request of the older protocol that wants no progress is answered in one JSON body, so that a program
 * without an MCP library can ask by one POST.
 */
async function answerPlainly(served: Served, request: Request, parsedBody: unknown): Promise<Response> {
  const server = served.createServer();
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: undefined,
    enableJsonResponse: true,
  });
  await server.connect(transport);
  const left = Promise.withResolvers<never>();
  const leave = () => left.reject(new XrouterError('aborted', 'The client left.'));
  request.signal.addEventListener('abort', leave, { once: true });
  if (request.signal.aborted) leave();
  try {
    return await Promise.race([transport.handleRequest(request, { parsedBody }), left.promise]);
  } finally {
    // Ends what still runs for it: closing aborts the handlers' signals.
    await server.close();
  }
}

function wantsProgress(body: unknown): boolean {
  const messages = Array.isArray(body) ? body : [body];
  return messages.some((message) => message?.params?._meta?.progressToken !== undefined);
}

/** All but the token, which authenticates to this server only and is nobody else's business. */
function forwardedHeaders(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (name !== 'authorization' && name !== 'cookie' && typeof value === 'string') headers.set(name, value);
  }
  return headers;
}

async function readJson(request: IncomingMessage): Promise<{ json: unknown } | Refused> {
  const body = await readBody(request, MOST_MESSAGE_BYTES);
  if (!body) return { status: 413, message: `A request may have at most ${MOST_MESSAGE_BYTES} bytes.` };
  try {
    return { json: JSON.parse(body.toString('utf8')) };
  } catch {
    return { status: 400, message: 'The body is not JSON.' };
  }
}

function refuse(response: ServerResponse, { status, message, headers, data }: Refused): void {
  const code = status === 400 && !data ? -32_700 : -32_000;
  const body = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message, data } });
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

function tell(response: ServerResponse, answer: FeedbackAnswer): void {
  if (answer.status === 200) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
    return;
  }
  const { code, message, hint } = answer.error;
  refuse(response, { status: answer.status, message, data: { code, hint } });
}

async function send(response: ServerResponse, answered: Response): Promise<void> {
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  if (!answered.body) {
    response.end();
    return;
  }
  response.flushHeaders();
  await pipeline(Readable.fromWeb(answered.body as ReadableStream), response);
}
