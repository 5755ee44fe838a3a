import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTable } from '../../../src/learn/index.ts';
import { commandLine, type Ran } from '../../support/command-line.ts';
import { worldRows, writeRows } from '../../support/outcomes.ts';

let folder: string;
const at = (name: string): string => join(folder, name);
const xrouter = (...args: string[]) => commandLine(folder, args);
const played = async (name: string) =>
  (await readFile(at(name), 'utf8'))
    .trimEnd()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as { id: string; lambda: number; calls: string[]; answer: string; cost: number },
    );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-replay-'));
  await writeRows(at('table'), worldRows(120, 1));
  await writeRows(at('other'), worldRows(40, 2));
  expect((await xrouter('train', '--table', at('table'), '--out', at('policy'))).status).toBe(0);
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

function replay(out: string, ...more: string[]): Promise<Ran> {
  const files = ['--policy', at('policy'), '--table', at('other'), '--out', at(out)];
  return xrouter('replay', ...files, '--lambda', '0,0.3,10', ...more);
}

test('replay writes a line for every row and lambda, the same by seed', async () => {
  const first = await replay('a', '--verifier', '0.9', '--max-calls', '3', '--seed', '4', '--json');
  expect(first.status).toBe(0);
  expect(JSON.parse(first.stdout)).toMatchObject({ rows: 40, lambdas: [0, 0.3, 10], verifier: 0.9, seed: 4 });
  const lines = await played('a');
  expect(lines).toHaveLength(120);
  for (const { calls, answer } of lines) {
    expect(calls).toContain(answer);
    expect(calls.length).toBeLessThanOrEqual(3);
  }
  expect(lines.some(({ calls }) => calls.length > 1)).toBe(true);
  expect(Object.keys(lines[0]!)).toEqual(['id', 'lambda', 'calls', 'answer', 'cost']);
  await replay('b', '--verifier', '0.9', '--seed', '4');
  expect(await readFile(at('b'), 'utf8')).toBe(await readFile(at('a'), 'utf8'));
  await replay('c', '--verifier', '0.9', '--seed', '5');
  expect(await readFile(at('c'), 'utf8')).not.toBe(await readFile(at('a'), 'utf8'));
});

test('without a verifier it makes the call that decide makes', async () => {
  await replay('one');
  const files = ['--policy', at('policy'), '--table', at('other'), '--out', at('decided')];
  await xrouter('decide', ...files, '--lambda', '0,0.3,10');
  const decided = (await readFile(at('decided'), 'utf8')).trimEnd().split('\n');
  const models = decided.map((line) => (JSON.parse(line) as { model: string }).model);
  expect((await played('one')).map(({ calls }) => calls)).toEqual(models.map((model) => [model]));
});

test('a model that is named twice in the pool is called once', async () => {
  const { models } = await readTable(at('other'));
  await replay('once', '--pool', models.join(','), '--verifier', '0.6');
  const twice = await replay('twice', '--pool', [...models, ...models].join(','), '--verifier', '0.6');
  expect(twice.status).toBe(0);
  expect(await readFile(at('twice'), 'utf8')).toBe(await readFile(at('once'), 'utf8'));
  for (const { calls } of await played('twice')) expect(new Set(calls).size).toBe(calls.length);
});

test('a verifier worse than a coin, no call at all, and a model that was not measured are refused', async () => {
  for (const wrong of [
    ['--verifier', '0.3'],
    ['--verifier', 'good'],
    ['--max-calls', '0'],
    ['--lambda', ''],
    ['--lambda', '1,'],
    ['--pool', ','],
  ]) {
    const { status, stderr } = await replay('refused', ...wrong);
    expect(status).toBe(2);
    expect(stderr).toMatch(/must be|at least one/);
  }
  const strangers = worldRows(20, 3).map((row) => ({
    ...row,
    outcomes: { ...row.outcomes, x: row.outcomes.tiny },
  }));
  await writeRows(at('strangers'), strangers);
  const unknown = await replay('refused', '--table', at('strangers'));
  expect(unknown).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/policy has never measured x\. .*--pool coder,large,tiny; or calibrate/),
  });
  const { status, stderr } = await replay('refused', '--pool', 'nobody');
  expect(status).toBe(1);
  expect(stderr).toMatch(/"nobody" was not measured on every row/);
  expect(existsSync(at('refused'))).toBe(false);
});
