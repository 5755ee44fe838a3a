/**
 * Learning from one's own traffic, from end to end over real sockets: the lab's models answer, feedback comes
 * from exact checks, and the command line exports, trains and promotes.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCatalog, createRouter } from '../../src/index.ts';
import { createLab, type Lab, type LabTask, labEnvironment, labTasks } from '../../src/lab/index.ts';
import { readBanditLog } from '../../src/learn/index.ts';
import { commandLine } from '../support/command-line.ts';
import { trainedPolicy } from '../support/trained-policy.ts';

const SEED = 21;
const REQUESTS = 1200;
const SHARE = 0.4;
const MINI = 'openai/gpt-5-mini';
const SMALL = 'mistral/mistral-small-2603';
const LITE = 'google/gemini-2.5-flash-lite';
const COST_USD = { [MINI]: 0.0006, [SMALL]: 0.0002, [LITE]: 0.0001 };
const POOL = Object.keys(COST_USD);

const folder = mkdtempSync(join(tmpdir(), 'xrouter-traffic-'));
const at = (name: string) => join(folder, name);
const catalog = createCatalog();
let lab: Lab;

async function xrouter(...args: string[]) {
  const { stdout, ...ran } = await commandLine(folder, [...args, '--json']);
  return { ...ran, ...(stdout !== '' && { json: JSON.parse(stdout) as Record<string, unknown> }) };
}

async function traffic(policy: string, tasks: readonly LabTask[]): Promise<void> {
  const router = createRouter(
    {
      pool: POOL,
      lambda: 0.1,
      policy: { file: at(`${policy}.policy`) },
      shadow: { file: at('informed.policy') },
      ledger: at(`${policy}.sqlite`),
      exploration: { share: SHARE, budgetUsd: 1, seed: SEED },
    },
    { env: labEnvironment(lab, catalog.providers) },
  );
  const scores: [id: string, score: number][] = [];
  for (const { prompt, check } of tasks) {
    const { text, id } = await router.route({ messages: [{ role: 'user', content: prompt }] });
    scores.push([id, check(text) ? 1 : 0]);
  }
  await Promise.all(scores.map(([id, score]) => router.feedback(id, score, 'tests')));
  await router.close();
}

beforeAll(async () => {
  lab = await createLab({ seed: SEED, candidates: catalog.candidates });
  // It was told that the weak model is the strong one, and the other way round.
  const swapped: Record<string, string> = { [MINI]: SMALL, [SMALL]: MINI };
  const lesson = { seed: SEED + 1, costUsd: COST_USD };
  const as = (model: string) => swapped[model] ?? model;
  writeFileSync(at('misled.policy'), trainedPolicy(lab, { ...lesson, name: 'misled', as }));
  writeFileSync(at('informed.policy'), trainedPolicy(lab, { ...lesson, name: 'informed' }));
  await traffic('misled', labTasks(SEED, REQUESTS));
}, 60_000);
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

describe(`learning from one's own traffic, seed ${SEED}`, () => {
  it('exports every answered request, without a word of it', async () => {
    const { status, json } = await xrouter(
      'export',
      'episodes',
      '--ledger',
      at('misled.sqlite'),
      '--out',
      at('log'),
    );
    expect(status).toBe(0);
    expect(json).toMatchObject({ episodes: REQUESTS, rows: REQUESTS, omitted: {} });
    const text = readFileSync(at('log'), 'utf8');
    expect(text).not.toMatch(/Give only the answer/);
    const log = await readBanditLog(at('log'));
    for (const { candidates, action, sources } of log) {
      const propensities = candidates.map(({ propensity }) => propensity);
      const most = Math.max(...propensities);
      const best = propensities.indexOf(most);
      expect(most).toBeCloseTo(1 - SHARE + SHARE / 3, 9);
      expect(candidates[action]!.propensity).toBeCloseTo(action === best ? most : SHARE / 3, 9);
      expect(sources).toEqual(['tests']);
    }
  });

  it('trains a policy that earns more, and promotes it', async () => {
    const learned = await xrouter(
      'train',
      '--log',
      at('log'),
      '--policy',
      at('misled.policy'),
      '--out',
      at('next'),
    );
    expect(learned.stderr).toMatch(new RegExp(`learned from \\d+ of ${REQUESTS} requests`));
    const before = readFileSync(at('misled.policy'));
    const args = ['--candidate', at('next'), '--current', at('misled.policy'), '--log', at('log')];
    const { status, json, stderr } = await xrouter('promote', ...args, '--out', at('live.policy'));
    expect(status, stderr).toBe(0);
    expect(json).toMatchObject({ promote: true, difference: { low: expect.any(Number) } });
    expect(stderr).toMatch(
      new RegExp(`in the shadow, informed@\\d+ agreed with the live policy on \\d+ % of ${REQUESTS}`),
    );
    expect(readFileSync(at('live.policy'))).toEqual(readFileSync(at('next')));
    expect(readFileSync(at('misled.policy'))).toEqual(before);
  });

  it('does not promote a policy that is worse, and says so', async () => {
    const args = ['--candidate', at('misled.policy'), '--current', at('informed.policy'), '--log', at('log')];
    const { status, json, stderr } = await xrouter('promote', ...args);
    expect(status).toBe(1);
    expect(json).toMatchObject({ promote: false, reason: 'the candidate earns less' });
    expect(stderr).toMatch(/Not promoted: the candidate earns less/);
  });
});
