/** A server that does what a script says, over a real socket: behaviours are data. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What happens after the headers; bytes are sent as they stand. */
export type Action =
  | { send: string | Buffer }
  | { waitMs: number }
  /** Never goes on. */
  | 'hang'
  /** The socket closes in the middle of the response. */
  | 'cut'
  /** The socket is reset in the middle of the response. */
  | 'reset';

export interface Script {
  /** Before the status line. */
  before?: Action[];
  status?: number;
  headers?: Record<string, string>;
  body?: Action[];
}

/** A script, or what chooses one by the request. */
export type ScriptSource = Script | ((request: SeenRequest) => Script);

export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
  /** Resolves when the socket of the request is closed. */
  closed: Promise<void>;
  /** True once the response was sent to its end. */
  completed: boolean;
}

export interface ScriptedServer extends AsyncDisposable {
  url: string;
  requests: SeenRequest[];
  /** Sockets opened so far. */
  connections: number;
  /** Replaces what comes next; the last script repeats. */
  play(...scripts: ScriptSource[]): void;
  /** Resolves once `count` requests have arrived in full. */
  arrived(count: number): Promise<void>;
}

const JSON_HEADERS = { 'content-type': 'application/json' };
const SSE_HEADERS = { 'content-type': 'text/event-stream; charset=utf-8' };

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Script {
  return { status, headers: { ...JSON_HEADERS, ...headers }, body: [{ send: JSON.stringify(value) }] };
}

export function raw(
  text: string | Buffer,
  status = 200,
  headers: Record<string, string> = JSON_HEADERS,
): Script {
  return { status, headers, body: [{ send: text }] };
}

/** Strings are sent as they stand, other values as `data:` events. */
export function sse(...parts: (string | Action | Record<string, unknown>)[]): Script {
  return { status: 200, headers: SSE_HEADERS, body: parts.map(sseAction) };
}

function sseAction(part: string | Action | Record<string, unknown>): Action {
  if (part === 'hang' || part === 'cut' || part === 'reset') return part;
  if (typeof part === 'string') return { send: part };
  if ('send' in part || 'waitMs' in part) return part as Action;
  return { send: `data: ${JSON.stringify(part)}\n\n` };
}

/** Until the client has taken what was written, or has gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

async function perform(actions: Action[], response: ServerResponse, socket: Socket): Promise<boolean> {
  for (const action of actions) {
    if (socket.destroyed) return false;
    if (action === 'hang') return false;
    if (action === 'cut') {
      // Let what was sent leave first, so that the client has seen it.
      await sleep(5);
      socket.destroy();
      return false;
    }
    if (action === 'reset') {
      await sleep(5);
      socket.resetAndDestroy();
      return false;
    }
    if ('waitMs' in action) await sleep(action.waitMs);
    else if (!response.write(action.send)) await drained(response);
  }
  return true;
}

export async function startScriptedServer(...first: ScriptSource[]): Promise<ScriptedServer> {
  let scripts = first;
  /** Open sockets, each with the promise of its end. */
  const sockets = new Map<Socket, Promise<void>>();
  const requests: SeenRequest[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const http = createServer({ keepAliveTimeout: 5000 }, async (request, response) => {
    let body = '';
    request.setEncoding('utf8');
    for await (const chunk of request) body += chunk;
    const { socket } = request;
    const closed = sockets.get(socket) ?? Promise.resolve();
    const seen: SeenRequest = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body,
      closed,
      completed: false,
    };
    requests.push(seen);
    for (const waiter of waiting) if (requests.length >= waiter.count) waiter.resolve();

    const source = scripts.length > 1 ? scripts.shift() : scripts[0];
    if (!source) throw new Error('The scripted server has no script.');
    const script = typeof source === 'function' ? source(seen) : source;
    if (!(await perform(script.before ?? [], response, socket))) return;
    response.writeHead(script.status ?? 200, script.headers);
    response.flushHeaders();
    if (!(await perform(script.body ?? [], response, socket))) return;
    response.end();
    seen.completed = true;
  });
  const server: ScriptedServer = {
    url: '',
    requests,
    connections: 0,
    play(...next) {
      scripts = next;
    },
    arrived(count) {
      if (requests.length >= count) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ count, resolve }));
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.keys()) socket.destroy();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  http.on('connection', (socket) => {
    server.connections += 1;
    socket.on('error', () => {});
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => {
        sockets.delete(socket);
        resolve();
      });
    });
    sockets.set(socket, closed);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  server.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`;
  return server;
}
