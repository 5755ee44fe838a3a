import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commandLine } from '../../support/command-line.ts';
import { worldRows, writeRows } from '../../support/outcomes.ts';

let folder: string;
const at = (name: string): string => join(folder, name);
const xrouter = (...args: string[]) => commandLine(folder, args);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-train-'));
  await writeRows(at('table'), worldRows(120, 1, ['tiny', 'large']));
  await writeRows(at('few'), worldRows(60, 2));
  const { status, stdout } = await xrouter('train', '--table', at('table'), '--out', at('policy'), '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ rows: 120, candidates: ['large', 'tiny'], seed: 1 });
}, 30_000);
afterAll(() => rm(folder, { recursive: true }));

async function decisions(name: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(at(name), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('decide writes a line for every row and lambda, and never looks at outcomes', async () => {
  const blind = worldRows(30, 3).map(({ outcomes: _outcomes, task: _task, ...row }) => row);
  await writeRows(at('blind'), blind);
  await writeRows(at('told'), worldRows(30, 3));
  const run = (table: string, out: string) =>
    xrouter(
      'decide',
      '--policy',
      at('policy'),
      '--table',
      at(table),
      '--lambda',
      '0,0.3,10',
      '--out',
      at(out),
    );
  expect((await run('blind', 'a')).status).toBe(0);
  expect((await run('told', 'b')).status).toBe(0);
  const lines = await decisions('a');
  expect(lines).toHaveLength(90);
  expect(Object.keys(lines[0]!)).toEqual(['id', 'lambda', 'model', 'success', 'cost']);
  expect(new Set(lines.map(({ id, lambda }) => `${id} ${lambda}`)).size).toBe(90);
  expect(await readFile(at('a'), 'utf8')).toBe(await readFile(at('b'), 'utf8'));
});

test('an accuracy floor that nobody reaches is said on standard error and in every line', async () => {
  const { status, stderr } = await xrouter(
    ...['decide', '--policy', at('policy'), '--table', at('few'), '--min-success', '1', '--out', at('floor')],
  );
  expect(status).toBe(0);
  expect(stderr).toMatch(/60 decisions do not reach the floor of 1/);
  expect((await decisions('floor')).every(({ floorReached }) => floorReached === false)).toBe(true);
});

test('calibrate adds a candidate, which decide then may choose', async () => {
  const { status, stdout } = await xrouter(
    ...['calibrate', '--policy', at('policy'), '--table', at('few'), '--out', at('calibrated'), '--json'],
  );
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ rows: 60, added: ['coder'] });
  const again = ['calibrate', '--policy', at('calibrated'), '--table', at('few'), '--out', at('twice')];
  expect((await xrouter(...again)).stderr).toMatch(/Every model was known: .* count twice/);
  const decided = await xrouter(
    ...[
      'decide',
      '--policy',
      at('calibrated'),
      '--table',
      at('few'),
      '--pool',
      'coder',
      '--out',
      at('coders'),
    ],
  );
  expect(decided.status).toBe(0);
  expect((await decisions('coders')).every(({ model }) => model === 'coder')).toBe(true);
});

test('rows that several tables hold count once, so that a longer copy of a table teaches as it does alone', async () => {
  await writeRows(at('part'), worldRows(120, 1, ['tiny', 'large']).slice(0, 70));
  const tables = ['--table', at('part'), '--table', at('table')];
  const { status, stdout, stderr } = await xrouter('train', ...tables, '--out', at('both'), '--json');
  expect(status).toBe(0);
  expect(stderr).toContain('70 rows that several tables hold count once');
  expect(JSON.parse(stdout)).toMatchObject({ rows: 120 });
});

test('a table without token counts is told that prices of another day will change nothing', async () => {
  const uncounted = worldRows(60, 5, ['tiny', 'large']).map(({ outcomes, ...row }) => {
    const { input_tokens, output_tokens, ...tiny } = outcomes.tiny!;
    return { ...row, outcomes: { ...outcomes, tiny } };
  });
  await writeRows(at('uncounted'), uncounted);
  const trained = await xrouter('train', '--table', at('uncounted'), '--out', at('fixed'));
  expect(trained).toMatchObject({ status: 0, stderr: expect.stringContaining('what tiny cost') });
  expect(trained.stderr).toContain('input_tokens and output_tokens');
  const models = ['tiny', 'large'].map((id) => ({ id, inputUsdPerMTok: 1000, outputUsdPerMTok: 1000 }));
  await writeFile(at('pool'), JSON.stringify({ models }));
  const decide = (policy: string) =>
    xrouter(
      'decide',
      ...['--policy', at(policy), '--table', at('few'), '--catalog', at('pool'), '--out', at('priced')],
    );
  expect((await decide('fixed')).stderr).toContain(`${at('pool')}: its prices of tiny are not used.`);
  expect((await decide('policy')).stderr).not.toContain('not used');
});

test('what fails says the line and the reason, ends with 1 and leaves no file', async () => {
  await writeFile(at('bad'), `${JSON.stringify(worldRows(1, 4)[0])}\n{"id": "x", "prompt": "p"}\n`);
  const bad = await xrouter('train', '--table', at('bad'), '--out', at('never'));
  expect(bad).toMatchObject({ status: 1, stderr: expect.stringMatching(/bad, line 2: outcomes/) });
  await writeFile(at('cut'), (await readFile(at('policy'))).subarray(0, 5000));
  const cut = await xrouter('decide', '--policy', at('cut'), '--table', at('few'), '--out', at('never'));
  expect(cut).toMatchObject({ status: 1, stderr: expect.stringMatching(/cut off/) });
  const unknown = await xrouter(
    ...['decide', '--policy', at('policy'), '--table', at('few'), '--pool', 'gpt-0', '--out', at('never')],
  );
  expect(unknown).toMatchObject({ status: 1, stderr: expect.stringMatching(/gpt-0/) });
  expect(existsSync(at('never'))).toBe(false);
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('wrong usage ends with 2', async () => {
  expect((await xrouter('train', '--out', at('never'))).status).toBe(2);
  const decide = ['decide', '--policy', at('policy'), '--table', at('few'), '--out', at('never')];
  for (const [flag, value, message] of [
    ['--lambda', '0,-1', /0 or more/],
    ['--lambda', '0,Infinity', /0 or more/],
    ['--lambda', '0,1e308', /at most 1e\+100/],
    ['--lambda', '0,,1', /0 or more/],
    ['--pool', ',', /at least one/],
  ] as const) {
    const { status, stderr } = await xrouter(...decide, flag, value);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(message) });
  }
});

test('--divide-by-std trains in the form of the paper, which takes another course from the same start', async () => {
  await writeRows(at('long'), worldRows(210, 5, ['tiny', 'large']));
  const train = (...flags: string[]) =>
    xrouter('train', '--table', at('long'), '--out', at('form'), ...flags);
  const [undivided, divided] = await Promise.all([train(), train('--divide-by-std')]);
  expect([undivided.status, divided.status]).toEqual([0, 0]);
  const course = ({ stderr }: { stderr: string }) =>
    stderr.split('\n').filter((line) => line.includes('DAPO'));
  expect(course(undivided)).toHaveLength(8);
  expect(course(divided)).toHaveLength(8);
  for (const [i, line] of course(divided).entries()) expect(line).not.toBe(course(undivided)[i]);
  const before = ({ stderr }: { stderr: string }) => stderr.split('  DAPO')[0];
  expect(before(divided)).toBe(before(undivided));
}, 60_000);
