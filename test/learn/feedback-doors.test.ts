/**
 * From a LangChain program to a better policy, over real sockets: requests through the chat model with
 * exploration, feedback days later through every door, and the command line exports and trains on what joined.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AIMessage } from '@langchain/core/messages';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ChatXRouter, routingInfo } from '../../adapters/langchain/index.ts';
import { serveHttp } from '../../adapters/mcp/index.ts';
import { createCatalog, createRouter } from '../../src/index.ts';
import { createLab, type Lab, labEnvironment, labTasks } from '../../src/lab/index.ts';
import { readBanditLog } from '../../src/learn/index.ts';
import { commandLine } from '../support/command-line.ts';
import { trainedPolicy } from '../support/trained-policy.ts';

const SEED = 33;
const REQUESTS = 240;
const SHARE = 0.4;
const MINI = 'openai/gpt-5-mini';
const SMALL = 'mistral/mistral-small-2603';
const COST_USD = { [MINI]: 0.0006, [SMALL]: 0.0002 };
const TOKEN = 'a-token-of-the-tests';

const folder = mkdtempSync(join(tmpdir(), 'xrouter-doors-'));
const at = (name: string) => join(folder, name);
let lab: Lab;
beforeAll(async () => {
  lab = await createLab({ seed: SEED, candidates: createCatalog().candidates });
});
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

function openModel(): ChatXRouter {
  return new ChatXRouter({
    candidates: Object.keys(COST_USD),
    lambda: 0.1,
    policy: { file: at('misled.policy') },
    ledger: at('ledger.sqlite'),
    exploration: { share: SHARE, budgetUsd: 1, seed: SEED },
    env: labEnvironment(lab, createCatalog().providers),
  });
}

interface Asked {
  runId: string;
  reply: AIMessage;
  score: number;
}

async function ask(): Promise<Asked[]> {
  const model = openModel();
  const asked: Asked[] = [];
  for (const { prompt, check } of labTasks(SEED, REQUESTS)) {
    const runId = randomUUID();
    const reply = await model.invoke(prompt, { runId });
    asked.push({ runId, reply, score: check(reply.text) ? 1 : 0 });
  }
  await model.router.close();
  return asked;
}

/** The first two by the command line, the others by run, by message and over HTTP in turn. */
async function giveFeedback(asked: readonly Asked[]): Promise<void> {
  const model = openModel();
  const router = createRouter({ ledger: at('ledger.sqlite') });
  const serving = await serveHttp(router, { token: TOKEN });
  const doors = [
    ({ runId, score }: Asked) => model.feedback(runId, { key: 'tests', score }),
    ({ reply, score }: Asked) => model.feedback(reply, { key: 'tests', score: score === 1 }),
    ({ runId, score }: Asked) =>
      fetch(new URL('/v1/feedback', serving.url), {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({ run_id: runId, score, source: 'tests' }),
      }),
  ];
  const [byRun, byEpisode, ...others] = asked;
  const ledger = ['--source', 'tests', '--ledger', at('ledger.sqlite')];
  const { episodeId } = routingInfo(byEpisode!.reply)!;
  await commandLine(folder, ['feedback', '--run', byRun!.runId, String(byRun!.score), ...ledger]);
  await commandLine(folder, ['feedback', episodeId, String(byEpisode!.score), ...ledger]);
  for (const [index, one] of others.entries()) await doors[index % doors.length]!(one);
  await serving.close();
  await router.close();
  await model.router.close();
}

test(`feedback by run, message, HTTP and command line trains the next policy, seed ${SEED}`, async () => {
  // It was told that the weak model is the strong one, and the other way round.
  const as = (model: string) => (model === MINI ? SMALL : MINI);
  const misled = trainedPolicy(lab, { name: 'misled', seed: SEED + 1, costUsd: COST_USD, as });
  writeFileSync(at('misled.policy'), misled);
  const asked = await ask();
  await giveFeedback(asked);

  const log = ['--ledger', at('ledger.sqlite'), '--out', at('log.jsonl'), '--json'];
  const exported = await commandLine(folder, ['export', 'episodes', ...log]);
  expect(JSON.parse(exported.stdout)).toMatchObject({ episodes: REQUESTS, rows: REQUESTS, omitted: {} });
  const scores = new Map(asked.map(({ reply, score }) => [routingInfo(reply)!.episodeId, score]));
  const rows = await readBanditLog(at('log.jsonl'));
  for (const { id, score, sources, candidates, action } of rows) {
    expect([score, sources]).toEqual([scores.get(id), ['tests']]);
    expect([1 - SHARE / 2, SHARE / 2]).toContain(candidates[action]!.propensity);
  }
  expect(new Set(rows.map(({ score }) => score)).size).toBe(2);

  const policy = ['--policy', at('misled.policy'), '--out', at('next.policy'), '--json'];
  const trained = await commandLine(folder, ['train', '--log', at('log.jsonl'), ...policy]);
  const { rows: learnedFrom, log: read, meanChange } = JSON.parse(trained.stdout);
  expect(read).toBe(REQUESTS);
  expect(learnedFrom).toBeGreaterThan(REQUESTS / 3);
  expect(meanChange).toBeGreaterThan(0.01);
}, 60_000);
