/** MCP over standard input and output, for clients that start the server themselves. */
import type { Writable } from 'node:stream';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { McpHost } from './host.ts';
import { MOST_MESSAGE_BYTES } from './limits.ts';
import { createMcpServer } from './server.ts';

/** Serves until the client closes standard input; cancels and books what is under way then. */
export async function serveMcpStdio(host: McpHost, stdout: Writable): Promise<void> {
  const { stdin } = process;
  const ended = new Promise<void>((resolve) => {
    stdin.once('end', resolve);
    stdin.once('close', resolve);
    stdout.once('close', resolve);
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  const transport = new StdioServerTransport(stdin, stdout, { maxBufferSize: MOST_MESSAGE_BYTES });
  const handle = serveStdio(() => createMcpServer(host), {
    transport,
    onerror: (error) => process.stderr.write(`xrouter mcp: ${error.message}\n`),
  });
  await ended;
  await handle.close();
  await host.calls.close();
}
