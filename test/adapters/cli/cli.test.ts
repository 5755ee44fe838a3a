import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCatalog, openLedger, utcDay } from '../../../src/index.ts';
import type { Lab } from '../../../src/lab/index.ts';
import { createLab, labEnvironment } from '../../../src/lab/index.ts';
import { commandLine } from '../../support/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'xrouter-cli-'));
const catalog = createCatalog();
let lab: Lab;
beforeAll(async () => {
  lab = await createLab({ candidates: catalog.candidates });
});
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

const xrouter = (args: string[], options: { env?: object; input?: string } = {}) =>
  commandLine(folder, args, options);

const withLab = () => ({ env: labEnvironment(lab, catalog.providers) });

it('help of a command names its options, however it is asked for', async () => {
  for (const args of [
    ['help', 'decide'],
    ['decide', '--help'],
  ]) {
    const { status, stdout } = await xrouter(args);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/--min-success <x>/) });
  }
  expect((await xrouter(['help', 'export', 'verl'])).stdout).toMatch(/--price-factor/);
  expect((await xrouter(['help'])).stdout).toMatch(/promote +replace a policy/);
});

it.each([
  [['train', '--table', 'a.jsonl', '--ot', 'b.xrp'], '--ot', '--out'],
  [['decide', '--lamda', '1'], '--lamda', '--lambda'],
  [['export', 'verl', '--tabl', 'a.jsonl'], '--tabl', '--table'],
])('a mistyped flag is named, whatever else is missing: %j', async (args, typed, meant) => {
  const { status, stdout, stderr } = await xrouter(args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(`unknown option '${typed}'`);
  expect(stderr).toContain(`Did you mean ${meant}?`);
  expect(stderr).not.toContain('required');
});

it('a flag that is missing is still asked for', async () => {
  const { status, stderr } = await xrouter(['train', '--table', 'a.jsonl']);
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringContaining("required option '--out <file>' not specified"),
  });
});

describe('xrouter route', () => {
  it('decides without any key and prints exactly one JSON document', async () => {
    const { status, stdout, stderr } = await xrouter([
      'route',
      'What is 17 * 23?',
      '--pool',
      'gpt-5-nano,gpt-5',
      '--json',
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      model: expect.stringMatching(/^openai\/gpt-5/),
      lambda: 0.3,
      policy: expect.any(String),
    });
    expect(document.candidates).toHaveLength(2);
    for (const candidate of document.candidates) {
      expect(candidate).toMatchObject({
        model: expect.any(String),
        success: expect.any(Number),
        costUsd: expect.any(Number),
        utility: expect.any(Number),
        admitted: true,
      });
    }
    expect(document.decisionMs).toBeGreaterThan(0);
  });

  it('prefers cheaper models as lambda rises, and takes an accuracy floor', async () => {
    const model = async (...args: string[]) =>
      JSON.parse(
        (await xrouter(['route', 'Hello', '--pool', 'gpt-5-nano,claude-opus-4-8', '--json', ...args])).stdout,
      );
    expect((await model('--lambda', '0')).model).toBe('anthropic/claude-opus-4-8');
    expect((await model('--lambda', '50')).model).toBe('openai/gpt-5-nano');
    expect(await model('--min-success', '1')).toMatchObject({
      minSuccess: 1,
      floorReached: false,
      model: 'anthropic/claude-opus-4-8',
    });
  });

  it('reads the prompt from standard input', async () => {
    const { status, stdout } = await xrouter(['route', '--pool', 'gpt-5', '-'], {
      input: 'Hello from a pipe',
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'openai/gpt-5\n' });
  });

  it('takes a megabyte of prompt', async () => {
    const { status, stdout } = await xrouter(['route', '--json', '-'], {
      input: 'All work and no play. '.repeat(50_000),
    });
    expect(status).toBe(0);
    const refused = JSON.parse(stdout).candidates.filter(({ admitted }: { admitted: boolean }) => !admitted);
    expect(refused[0].reason).toMatch(/context window holds \d+ tokens, the request may need \d+/);
  });
});

describe('xrouter ask', () => {
  it('answers, and says what it cost and where the price comes from', async () => {
    const { status, stdout, stderr } = await xrouter([
      'ask',
      'What is 17 * 23?',
      '--pool',
      'gpt-4.1-nano',
      '--lab',
    ]);
    expect(status).toBe(0);
    expect(stdout.trim()).not.toBe('');
    expect(stderr).toMatch(
      /\$0\.\d+ for \d+ tokens in, \d+ out, price: @pydantic\/genai-prices \S+ of \d{4}-\d\d-\d\d/,
    );
  });

  it('prints the RouteResult as one JSON document', async () => {
    const { stdout } = await xrouter(
      ['ask', 'What is 17 * 23?', '--pool', 'gpt-4.1-nano', '--json'],
      withLab(),
    );
    expect(JSON.parse(stdout)).toMatchObject({
      model: 'openai/gpt-4.1-nano',
      cost: { usd: expect.any(Number) },
      episode: { costComplete: true },
    });
  });

  it('streams', async () => {
    const { status, stdout } = await xrouter(
      ['ask', 'Tell me a story', '--pool', 'gpt-4.1-nano', '--stream'],
      withLab(),
    );
    expect(status).toBe(0);
    expect(stdout.length).toBeGreaterThan(20);
  });

  it('books into the ledger that all programs share', async () => {
    const ledger = join(folder, 'shared.sqlite');
    for (let i = 0; i < 2; i++)
      await xrouter(['ask', `Question ${i}`, '--pool', 'gpt-4.1-nano', '--ledger', ledger], withLab());
    const opened = await openLedger({ path: ledger });
    const { spentUsd } = await opened.balance({ kind: 'day', key: utcDay(Date.now()) });
    expect((await opened.entries()).map(({ state }) => state)).toEqual(['settled', 'settled']);
    expect(spentUsd).toBeGreaterThan(0);
    await opened.close();
  });

  it('keeps what the lab costs out of the configured account', async () => {
    const account = join(folder, 'configured.sqlite');
    const config = join(folder, 'with-account.json');
    writeFileSync(config, JSON.stringify({ ledger: account }));
    const args = ['ask', 'What is 17 * 23?', '--pool', 'gpt-5-nano', '--lab', '--config', config];
    expect((await xrouter(args)).status).toBe(0);
    expect(existsSync(account)).toBe(false);
  });
});

describe('what goes wrong is said in one line, with what to do', () => {
  const failing: [string, string[], RegExp][] = [
    ['an empty prompt', ['route', ''], /prompt is empty\. Send a user message/],
    [
      'an unknown model',
      ['route', 'hi', '--pool', 'gpt-5-nanno'],
      /No model "gpt-5-nanno".*openai\/gpt-5-nano/,
    ],
    ['a missing key', ['ask', 'hi', '--pool', 'gpt-5'], /openai\/gpt-5: Set OPENAI_API_KEY\. [A-Z]/],
    [
      'a cap that cannot be kept',
      ['ask', 'hi', '--pool', 'gpt-5', '--lab', '--max-usd', '0.000001'],
      /may cost up to \$\S+ and the budget of this request has \$0\.00000100 left.*Raise the request's limits\.maxUsd/,
    ],
    [
      'a missing configuration file',
      ['route', 'hi', '--config', 'none.json'],
      /no configuration file none\.json/,
    ],
  ];
  it.each(failing)('%s', async (_, args, line) => {
    const { status, stdout, stderr } = await xrouter(args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    const lines = stderr
      .trim()
      .split('\n')
      .filter((text) => !text.startsWith('The lab answers'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(line);
  });

  it('a malformed configuration file, and an unknown option in it', async () => {
    writeFileSync(join(folder, 'broken.json'), '{ "lambda": ');
    writeFileSync(join(folder, 'typo.json'), '{ "budgets": { "daylyUsd": 3 } }');
    expect(await xrouter(['route', 'hi', '--config', 'broken.json'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/broken\.json is not valid JSON/),
    });
    expect(await xrouter(['route', 'hi', '--config', 'typo.json'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/`budgets\.daylyUsd` in .*typo\.json.*Did you mean `dayUsd`/),
    });
  });

  it('a corrupt ledger is kept aside and never overwritten', async () => {
    const ledger = join(folder, 'corrupt.sqlite');
    writeFileSync(ledger, 'this is no database, but somebody’s account '.repeat(500));
    const before = readFileSync(ledger);
    const { status, stderr } = await xrouter(
      ['ask', 'hi', '--pool', 'gpt-4.1-nano', '--ledger', ledger],
      withLab(),
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/corrupt/);
    const kept = readdirSync(folder).find((name) => name.startsWith('corrupt.sqlite.corrupt-'));
    expect(readFileSync(join(folder, kept!))).toEqual(before);
  });

  const misused: [string, string[]][] = [
    ['an unknown command', ['rout', 'hi']],
    ['an unknown flag', ['route', 'hi', '--lamda', '1']],
    ['a flag without its value', ['route', 'hi', '--lambda']],
    ['a value that is no number', ['route', 'hi', '--lambda', 'much']],
    ['a floor above 1', ['route', 'hi', '--min-success', '2']],
    ['no command at all', []],
  ];
  it.each(misused)('%s is wrong usage: exit status 2', async (_, args) => {
    const { status, stdout, stderr } = await xrouter(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).not.toBe('');
  });

  it('a port in use', async () => {
    const { status, stderr } = await xrouter(['lab', '--port', String(lab.port)]);
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`${lab.port}.*in use`));
  });
});

describe('xrouter models', () => {
  it('lists every candidate with price, source, date and whether its key is set', async () => {
    const { status, stdout } = await xrouter(['models', '--json'], {
      env: { OPENAI_API_KEY: 'sk-canary-1234567890' },
    });
    expect(status).toBe(0);
    expect(stdout).not.toContain('canary');
    const { models } = JSON.parse(stdout);
    expect(models.length).toBeGreaterThan(60);
    for (const model of models)
      expect(model).toMatchObject({
        id: expect.any(String),
        price: { source: 'bundled', asOf: expect.any(String) },
      });
    expect(models.find(({ id }: { id: string }) => id === 'openai/gpt-5').keyConfigured).toBe(true);
    expect(models.find(({ id }: { id: string }) => id === 'xai/grok-4.6')).toMatchObject({
      keyConfigured: false,
      missing: /XAI_API_KEY/,
    });
  });
});

describe('xrouter doctor', () => {
  it('finds what works and what does not, spends nothing and prints no key', async () => {
    const { env } = withLab();
    const { stdout, stderr, status } = await xrouter(['doctor', '--json'], {
      env: { ...env, OPENAI_API_KEY: 'sk-canary-1234567890', XAI_BASE_URL: 'http://127.0.0.1:9/v1' },
    });
    const { ok, checks } = JSON.parse(stdout);
    expect({ ok, status }).toEqual({ ok: false, status: 1 });
    expect(checks.find(({ check }: { check: string }) => check === 'provider openai')).toMatchObject({
      status: 'ok',
    });
    expect(checks.find(({ check }: { check: string }) => check === 'provider xai')).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/cannot be reached/),
    });
    expect(checks.find(({ check }: { check: string }) => check === 'ledger')).toMatchObject({ status: 'ok' });
    expect(stdout + stderr).not.toContain('canary');
    expect(lab.usage().requests.every(({ prompt }) => prompt !== '')).toBe(true);
  });
});
