/** What every server of ours does with sockets: listens, and reads bodies within a bound. */
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { XrouterError } from '../src/index.ts';

/** Several hundred clients may connect in the same moment. */
const BACKLOG = 4_096;

/**
 * @returns the port, which matters where a free one was asked for
 * @throws XrouterError `invalid_config` where the port cannot be had
 */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  server.listen({ host, port, backlog: BACKLOG });
  try {
    await once(server, 'listening');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const what = code === 'EADDRINUSE' ? `Port ${port} is in use.` : `Cannot listen on ${host}: ${message}.`;
    throw new XrouterError('invalid_config', what, { hint: 'Choose another with --port.', cause });
  }
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

/**
 * The body; `undefined` where it is longer. What is too much is read on, so that the client comes to read the
 * answer, but not kept.
 * @throws Error where the client leaves before the end
 */
export function readBody(request: IncomingMessage, mostBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= mostBytes) chunks.push(chunk);
      else chunks = [];
    });
    request.once('end', () => {
      if (bytes > mostBytes) resolve(undefined);
      else resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, bytes));
    });
    request.once('error', reject);
  });
}

/** The path of a request, without its query. */
export function pathOf({ url = '' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}
