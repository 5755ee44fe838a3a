/** A server over HTTP in this process, in front of a lab, and the ways to ask it. */
import { request } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { type McpHttpOptions, serveHttp } from '../../../adapters/mcp/index.ts';
import type { RouterConfig } from '../../../src/index.ts';
import { type LabRouter, labRouter } from '../../support/lab-router.ts';
import { type CallOptions, type Elicit, type Era, formAnswer, MODES, type ToolAnswer } from './clients.ts';

export const TOKEN = 'a-token-of-the-tests';

export interface HttpUnderTest extends LabRouter {
  url: string;
  port: number;
}

export async function httpServer(
  options: Partial<McpHttpOptions> = {},
  config: RouterConfig = {},
): Promise<HttpUnderTest> {
  const under = await labRouter(config);
  const serving = await serveHttp(under.router, { token: TOKEN, ...options });
  const dispose = async () => {
    await serving.close();
    await under[Symbol.asyncDispose]();
  };
  return {
    ...under,
    url: serving.url,
    port: Number(new URL(serving.url).port),
    [Symbol.asyncDispose]: dispose,
  };
}

const INFO = { name: 'test', version: '1' };

export interface HttpClient extends AsyncDisposable {
  call(name: string, args: Record<string, unknown>, options?: CallOptions): Promise<ToolAnswer>;
  toolNames(): Promise<string[]>;
}

export async function httpClient(era: Era, url: string, elicit?: Elicit): Promise<HttpClient> {
  const requestInit = { headers: { authorization: `Bearer ${TOKEN}` } };
  if (era === 'v1') {
    const client = new ClientV1(INFO);
    await client.connect(
      new TransportV1(new URL(url), { requestInit }) as Parameters<ClientV1['connect']>[0],
    );
    await client.listTools();
    return {
      call: (name, args, options) =>
        client.callTool({ name, arguments: args }, undefined, options) as Promise<ToolAnswer>,
      toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
      [Symbol.asyncDispose]: () => client.close(),
    };
  }
  const capabilities = elicit ? { elicitation: {} } : {};
  const client = new Client(INFO, { capabilities, versionNegotiation: { mode: MODES[era] } });
  if (elicit)
    client.setRequestHandler('elicitation/create', ({ params }) => formAnswer(elicit, params.message));
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  await client.listTools();
  return {
    call: (name, args, options) => client.callTool({ name, arguments: args }, options) as Promise<ToolAnswer>,
    toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** One request as it is written, also with headers that no client would send. */
export function post(
  port: number,
  body: string | Buffer,
  headers: Record<string, string | undefined> = {},
  { path = '/mcp', method = 'POST' } = {},
): Promise<RawAnswer> {
  const all = {
    authorization: `Bearer ${TOKEN}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...headers,
  };
  const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers: sent }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
