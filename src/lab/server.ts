/** The lab's HTTP server: paths, keys, body limit, and an end that leaves no socket open. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { XrouterError } from '../errors.ts';
import { chat, type LabState } from './chat.ts';
import type { FaultRule } from './faults.ts';
import { errorBody } from './wire.ts';

const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** A thousand clients may connect in the same moment. */
const BACKLOG = 4096;

/** @throws XrouterError `invalid_config` where the port is in use or may not be opened */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const problem = cause.code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${cause.message})`;
      reject(
        new XrouterError('invalid_config', `Port ${port} on ${host} ${problem}.`, {
          hint: 'Choose another port, or leave it out for a free one.',
          cause,
        }),
      );
    });
    server.listen({ host, port, backlog: BACKLOG }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

export function createLabServer(lab: LabState, apiKey: string | undefined): Server {
  const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
    handle(lab, apiKey, req, res).catch((error: unknown) => {
      if (res.headersSent) res.destroy();
      else reply(res, 500, errorBody(`The lab failed: ${String(error)}`, 'server_error'));
    });
  });
  // Faults hold requests open on purpose.
  server.requestTimeout = 0;
  server.timeout = 0;
  return server;
}

async function handle(
  lab: LabState,
  apiKey: string | undefined,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const path = (req.url ?? '/').split('?')[0]!;
  if (path.startsWith('/lab/')) return control(lab, path, req, res);
  const match = /^(?:\/([\w.-]+))?\/v1\/(models|chat\/completions)$/.exec(path);
  if (!match)
    return reply(res, 404, errorBody(`No such path: ${req.method} ${path}.`, 'invalid_request_error'));
  const [, provider, resource] = match;
  if (apiKey !== undefined && req.headers.authorization !== `Bearer ${apiKey}`) {
    req.resume();
    const message = 'Incorrect API key provided. Send the key the lab was started with.';
    return reply(res, 401, errorBody(message, 'invalid_request_error', undefined, 'invalid_api_key'));
  }
  if (resource === 'models') return models(lab, provider, res);
  if (req.method !== 'POST') return reply(res, 405, errorBody('Use POST.', 'invalid_request_error'));
  const raw = await readBody(req);
  if (raw === undefined) {
    const message = `The body is larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB.`;
    res.setHeader('connection', 'close');
    return reply(res, 413, errorBody(message, 'invalid_request_error', undefined, 'request_too_large'));
  }
  chat(lab, provider, raw, req, res);
}

function models(lab: LabState, provider: string | undefined, res: ServerResponse): void {
  const mine = lab.candidates.filter(
    (candidate) => provider === undefined || candidate.provider === provider,
  );
  const data = mine.map((candidate) => ({
    id: provider === undefined ? candidate.id : candidate.model,
    object: 'model',
    created: 0,
    owned_by: candidate.provider,
    ...(candidate.contextTokens === undefined ? {} : { max_model_len: candidate.contextTokens }),
  }));
  reply(res, 200, JSON.stringify({ object: 'list', data }));
}

/** What the lab tells and takes about itself; only from this machine. */
async function control(
  lab: LabState,
  path: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const address = req.socket.remoteAddress ?? '';
  if (!/^(127\.|::1$|::ffff:127\.)/.test(address))
    return reply(res, 403, errorBody('Only from this machine.', 'permission_error'));
  if (path === '/lab/usage') {
    const { requests, ...usage } = lab.account.usage();
    return reply(res, 200, JSON.stringify(usage));
  }
  if (path === '/lab/requests') return reply(res, 200, JSON.stringify(lab.account.usage().requests));
  if (path !== '/lab/faults')
    return reply(res, 404, errorBody(`No such path: ${path}.`, 'invalid_request_error'));
  if (req.method === 'GET') return reply(res, 200, JSON.stringify({ faults: lab.faults.list() }));
  if (req.method !== 'POST') return reply(res, 405, errorBody('Use GET or POST.', 'invalid_request_error'));
  try {
    const sent: unknown = JSON.parse((await readBody(req)) ?? '');
    const rules = typeof sent === 'object' && sent !== null && 'faults' in sent ? sent.faults : sent;
    lab.faults.set(rules as FaultRule[]);
    return reply(res, 200, JSON.stringify({ faults: lab.faults.list() }));
  } catch (error) {
    return reply(res, 400, errorBody((error as Error).message, 'invalid_request_error', 'faults'));
  }
}

/** The body, or `undefined` where it is over the limit; the rest is then not read. */
export function readBody(req: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) {
        req.pause();
        resolve(undefined);
      } else {
        chunks.push(chunk);
      }
    });
    req.on('end', () =>
      resolve(chunks.length === 1 ? chunks[0]!.toString() : Buffer.concat(chunks).toString()),
    );
    req.on('error', reject);
  });
}

function reply(res: ServerResponse, status: number, body: string): void {
  if (res.destroyed) return;
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  res.end(body);
}
