/** The MCP server as clients meet it: started by the command line, over real pipes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioTransportV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { createCatalog } from '../../../src/catalog/catalog.ts';
import { createLab, type Lab, type LabOptions, labEnvironment } from '../../../src/lab/index.ts';

export const MAIN = join(import.meta.dirname, '../../../adapters/cli/main.ts');

/** Old client and new, old protocol and new. */
export type Era = 'v1' | 'legacy' | 'auto' | 'modern';

export interface ToolAnswer {
  isError?: boolean;
  content: { type: string; text: string }[];
  structuredContent?: Record<string, unknown>;
}
export interface CallOptions {
  signal?: AbortSignal;
  onprogress?: (progress: { progress: number; message?: string }) => void;
}

export interface Connection extends AsyncDisposable {
  call(name: string, args: Record<string, unknown>, options?: CallOptions): Promise<ToolAnswer>;
  tools(): Promise<{ name: string; description?: string; inputSchema: object; outputSchema?: object }[]>;
  instructions(): string | undefined;
  protocol(): string | undefined;
  stderr(): string;
}

/** Answers a form; absent: the client has no forms. */
export type Elicit = (message: string) => 'accept' | 'decline';

const INFO = { name: 'test', version: '1' };
export const MODES = { legacy: 'legacy', auto: 'auto', modern: { pin: '2026-07-28' } } as const;

export const formAnswer = (elicit: Elicit, message: string) =>
  elicit(message) === 'accept'
    ? { action: 'accept' as const, content: { approve: true } }
    : { action: 'decline' as const };

/** A folder without a configuration, so that nobody's own is read. */
export const emptyFolder = (): string => mkdtempSync(join(tmpdir(), 'xrouter-mcp-'));

export async function connect(
  era: Era,
  args: string[] = ['--lab'],
  { env = {}, elicit }: { env?: Record<string, string | undefined>; elicit?: Elicit } = {},
): Promise<Connection> {
  const server = {
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', MAIN, 'mcp', ...args],
    env: { PATH: process.env.PATH ?? '', ...(env as Record<string, string>) },
    stderr: 'pipe' as const,
    cwd: emptyFolder(),
  };
  const capabilities = elicit ? { elicitation: {} } : {};
  let stderr = '';
  const listen = (stream: { on(event: 'data', listener: (chunk: Buffer) => void): unknown } | null) =>
    stream?.on('data', (chunk) => {
      stderr += chunk;
    });
  if (era === 'v1') {
    const { ElicitRequestSchema } = await import('@modelcontextprotocol/sdk/types.js');
    const client = new ClientV1(INFO, { capabilities });
    if (elicit) {
      client.setRequestHandler(ElicitRequestSchema, ({ params }) => formAnswer(elicit, params.message));
    }
    const transport = new StdioTransportV1(server);
    listen(transport.stderr as never);
    await client.connect(transport);
    await client.listTools();
    return {
      call: (name, args, options) =>
        client.callTool({ name, arguments: args }, undefined, options) as Promise<ToolAnswer>,
      tools: async () => (await client.listTools()).tools,
      instructions: () => client.getInstructions(),
      protocol: () => undefined,
      stderr: () => stderr,
      [Symbol.asyncDispose]: () => client.close(),
    };
  }
  const client = new Client(INFO, { capabilities, versionNegotiation: { mode: MODES[era] } });
  if (elicit) {
    client.setRequestHandler('elicitation/create', ({ params }) => formAnswer(elicit, params.message));
  }
  const transport = new StdioClientTransport(server);
  listen(transport.stderr as never);
  await client.connect(transport);
  // The client validates results against the schemas it has seen.
  await client.listTools();
  return {
    call: (name, args, options) => client.callTool({ name, arguments: args }, options) as Promise<ToolAnswer>,
    tools: async () => (await client.listTools()).tools,
    instructions: () => client.getInstructions(),
    protocol: () => client.getNegotiatedProtocolVersion(),
    stderr: () => stderr,
    [Symbol.asyncDispose]: () => client.close(),
  };
}

export interface WatchedLab extends AsyncDisposable {
  lab: Lab;
  /** Points a server at it. */
  env: Record<string, string | undefined>;
}

/** A lab in this process, so that a test sees what the server's calls did to it. */
export async function watchedLab(options: LabOptions = {}, apiKey = 'lab'): Promise<WatchedLab> {
  const lab = await createLab(options);
  const env = labEnvironment(lab, createCatalog().providers, apiKey);
  return { lab, env, [Symbol.asyncDispose]: () => lab.close() };
}

export interface RawServer extends AsyncDisposable {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  send(message: unknown): void;
  /** The answer with that id, once it is there. */
  answer(id: number | null): Promise<{ result?: never; error?: { code: number; message: string } }>;
  ended: Promise<number | null>;
}

/** The server as a bare process, for what no client would send. */
export function startRaw(
  args: string[] = ['--lab'],
  env: Record<string, string | undefined> = {},
): RawServer {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'mcp', ...args], {
    cwd: emptyFolder(),
    env: { PATH: process.env.PATH, ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    send: (message) =>
      child.stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`),
    async answer(id) {
      const deadline = Date.now() + 10_000;
      for (;;) {
        for (const line of stdout.split('\n').slice(0, -1)) {
          const message = JSON.parse(line);
          if (message.id === id && message.method === undefined) return message;
        }
        if (Date.now() > deadline) throw new Error(`No answer to ${id}. stderr: ${stderr}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: INFO },
};

export function toolCall(id: number, name: string, args: Record<string, unknown>) {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } };
}
