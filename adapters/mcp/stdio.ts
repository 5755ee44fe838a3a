/** MCP over standard input and output, for clients that start the server themselves. */
import type { Writable } from 'node:stream';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { McpHost } from './host.ts';
import { MOST_MESSAGE_BYTES } from './limits.ts';
import { createMcpServer } from './server.ts';

/** Serves until the client closes standard input; cancels and books what is under way then. */
export async function serveMcpStdio(host: McpHost, stdout: Writable): Promise<void> {
  const transport = new EndingTransport(process.stdin, stdout, { maxBufferSize: MOST_MESSAGE_BYTES });
  const handle = serveStdio(() => createMcpServer(host), {
    transport,
    onerror: (error) => process.stderr.write(`xrouter mcp: ${error.message}\n`),
  });
  const interrupt = () => void handle.close();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  await transport.ended;
  process.off('SIGINT', interrupt);
  process.off('SIGTERM', interrupt);
  await host.calls.close();
}

/** Tells when it has closed, for whichever reason: the serving side takes `onclose` for itself. */
class EndingTransport extends StdioServerTransport {
  readonly #ended = Promise.withResolvers<void>();
  readonly ended = this.#ended.promise;

  override async close(): Promise<void> {
    await super.close();
    this.#ended.resolve();
  }
}
