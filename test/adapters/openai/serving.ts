/** A server in this process, in front of a lab, and the ways to ask it. */
import { request } from 'node:http';
import OpenAI from 'openai';
import {
  type OpenAIServerOptions,
  type OpenAIServing,
  type RequestReport,
  serveOpenAI,
} from '../../../adapters/openai/index.ts';
import { createRouter, type RouterConfig, toNanoUsd, utcDay } from '../../../src/index.ts';
import type { LabOptions } from '../../../src/lab/index.ts';
import { type LabRouter, labRouter, PAIR } from '../../support/lab-router.ts';

export { PAIR };
/** One that does not think, so that its tokens come at once. */
export const PLAIN = 'openai/gpt-4.1-nano';
export const HEALTHY = PAIR[1];

export interface Serving extends LabRouter {
  serving: OpenAIServing;
  url: string;
  port: number;
  client: OpenAI;
  /** What was told of each request, oldest first. */
  reports: RequestReport[];
  /** What went wrong inside. */
  failures: Error[];
}

export async function serving(
  config: RouterConfig = {},
  options: OpenAIServerOptions = {},
  lab: LabOptions = {},
  create?: typeof createRouter,
): Promise<Serving> {
  const under = await labRouter({ pool: [PLAIN, HEALTHY], ...config }, lab, create ?? createRouter);
  const reports: RequestReport[] = [];
  const failures: Error[] = [];
  const server = await serveOpenAI(under.router, {
    onRequest: (report) => reports.push(report),
    onFailure: (error) => failures.push(error),
    ...options,
  });
  const { url, port } = server;
  const client = new OpenAI({ baseURL: url, apiKey: 'any key at all', maxRetries: 0 });
  const dispose = async () => {
    await server.close(0);
    await under[Symbol.asyncDispose]();
  };
  return { ...under, serving: server, url, port, client, reports, failures, [Symbol.asyncDispose]: dispose };
}

export const ask = (content: string) => [{ role: 'user' as const, content }];

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  json(): Record<string, never>;
}

/** One request as it is written, also with headers and bodies that no client would send. */
export function send(
  port: number,
  body: unknown,
  {
    path = '/v1/chat/completions',
    method = 'POST',
    headers = {},
    onData,
  }: {
    path?: string;
    method?: string;
    headers?: Record<string, string | undefined>;
    /** Called when something of the answer has come. */
    onData?: () => void;
  } = {},
): Promise<Answer> {
  const all = { 'content-type': 'application/json', ...headers };
  const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers: sent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
        onData?.();
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: text,
          json: () => JSON.parse(text),
        }),
      );
    });
    asked.on('error', reject);
    asked.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  });
}

export interface ApiErrorBody {
  error: { message: string; type: string; code: string; param: string | null };
}

export const errorIn = (answer: Answer) => (JSON.parse(answer.body) as ApiErrorBody).error;

/** Events of a stream's text: parsed chunks, and '[DONE]' as it stands. */
export function eventsIn(text: string): (Record<string, unknown> | '[DONE]')[] {
  return text
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event) => (event === 'data: [DONE]' ? '[DONE]' : JSON.parse(event.slice('data: '.length))));
}

/** What the ledger says was spent today, and whether anything is still set aside; in nano-USD. */
export async function books({ router }: LabRouter): Promise<{ spent: number; reserved: number }> {
  const { spentUsd, reservedUsd } = await router.ledger.balance({ kind: 'day', key: utcDay(Date.now()) });
  return { spent: toNanoUsd(spentUsd), reserved: toNanoUsd(reservedUsd) };
}

/** What the lab billed, in nano-USD. */
export function billed({ lab }: LabRouter): number {
  return lab.usage().requests.reduce((sum, { costUsd }) => sum + toNanoUsd(costUsd ?? Number.NaN), 0);
}
