/**
 * Learning from one's own traffic, from end to end over real sockets: the lab's models answer, feedback comes
 * from exact checks, and the command line exports, trains and promotes.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCatalog, createRouter } from '../../src/index.ts';
import { createLab, type Lab, type LabTask, labEnvironment, labTasks } from '../../src/lab/index.ts';
import { encodeWeights, fitPredictor, readBanditLog, type TableRow } from '../../src/learn/index.ts';
import { viewPrompt } from '../../src/policy/prompt-view.ts';

const SEED = 21;
const REQUESTS = 800;
const SHARE = 0.4;
const MINI = 'openai/gpt-5-mini';
const SMALL = 'mistral/mistral-small-2603';
const LITE = 'google/gemini-2.5-flash-lite';
const POOL = [MINI, SMALL, LITE];
const COST_USD: Record<string, number> = { [MINI]: 0.0006, [SMALL]: 0.0002, [LITE]: 0.0001 };

const main = join(import.meta.dirname, '../../adapters/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'xrouter-traffic-'));
const at = (name: string) => join(folder, name);
const catalog = createCatalog();
let lab: Lab;

interface Run {
  status: number;
  json?: Record<string, unknown>;
  stderr: string;
}

function xrouter(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', main, ...args, '--json'],
      { cwd: folder, env: { PATH: process.env.PATH, HOME: folder } },
      (error, stdout, stderr) =>
        resolve({
          status: error ? Number(error.code) : 0,
          ...(stdout !== '' && { json: JSON.parse(stdout) }),
          stderr,
        }),
    );
  });
}

/** A policy trained on outcomes of other prompts; `as` says whose outcomes a model is given. */
function trained(name: string, as: (model: string) => string): void {
  const rows = labTasks(SEED + 1, 150).map(
    (task): TableRow => ({
      id: task.id,
      task: task.task,
      view: viewPrompt({ messages: [{ role: 'user', content: task.prompt }] }),
      outcomes: new Map(
        POOL.map((model) => [
          model,
          { score: lab.wouldSolve(as(model), task.prompt) ? 1 : 0, costUsd: COST_USD[model]! },
        ]),
      ),
    }),
  );
  const { weights } = fitPredictor([{ path: name, rows, models: [...POOL].sort() }], { name });
  writeFileSync(at(`${name}.policy`), encodeWeights(weights));
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
  trained('misled', (model) => swapped[model] ?? model);
  trained('informed', (model) => model);
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
    expect(learned.stderr).toMatch(/learned from \d+ of 800 requests/);
    const before = readFileSync(at('misled.policy'));
    const args = ['--candidate', at('next'), '--current', at('misled.policy'), '--log', at('log')];
    const { status, json, stderr } = await xrouter('promote', ...args, '--out', at('live.policy'));
    expect(status, stderr).toBe(0);
    expect(json).toMatchObject({ promote: true, difference: { low: expect.any(Number) } });
    expect(stderr).toMatch(/in the shadow, informed@\d+ agreed with the live policy on \d+ % of 800/);
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
