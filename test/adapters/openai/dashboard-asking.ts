/** How the tests of the dashboard start it and ask it. */
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { DashboardData } from '../../../adapters/openai/dashboard/index.ts';
import type { Router } from '../../../src/index.ts';
import { temporaryFolder } from '../../ledger/fixtures.ts';
import { eventually } from '../../support/lab-router.ts';
import { type Serving, send, serving } from './serving.ts';

export const KEYS = [
  { name: 'sales', key: 'sales-0123456789abcdef' },
  { name: 'research', key: 'research-0123456789abcdef' },
];
export const bearer = (at: number) => ({ authorization: `Bearer ${KEYS[at]!.key}` });

/** Two readings that are nearer to each other share what was read. */
export const readAnew = () => new Promise((resolve) => setTimeout(resolve, 250));

/** A server that ends with the test. */
export async function serve(...options: Parameters<typeof serving>): Promise<Serving> {
  const served = await serving(...options);
  onTestFinished(() => served[Symbol.asyncDispose]());
  return served;
}

export const ledgerFile = () => join(temporaryFolder(), 'ledger.sqlite');

export function get(port: number, query = '', headers: Record<string, string> = {}) {
  return send(port, '', { method: 'GET', path: `/dashboard/data${query}`, headers });
}

export async function told(served: Serving, query = '?range=day', headers = {}): Promise<DashboardData> {
  const answer = await get(served.port, query, headers);
  expect(answer.status, answer.body).toBe(200);
  return JSON.parse(answer.body);
}

/** Waits until the episodes of the answers given are kept. */
export async function kept({ router }: { router: Router }, count: number): Promise<void> {
  const store = (await router.episodeStore())!;
  await eventually(async () => (await store.episodes({ limit: 1000 })).length >= count, 'all are kept');
}
