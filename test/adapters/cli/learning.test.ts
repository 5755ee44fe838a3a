/** The commands of learning from one's own traffic: how they fail. `test/learn/traffic.test.ts` shows them working. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openLedger, shippedPolicyPath } from '../../../src/index.ts';
import { commandLine } from '../../support/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'xrouter-learning-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const xrouter = (...args: string[]) => commandLine(folder, args);

describe('xrouter feedback', () => {
  it('joins the episode of `ask`, and is refused for one that is not there', async () => {
    const ledger = join(folder, 'ledger.sqlite');
    const asked = await xrouter(
      'ask',
      'What is 2 + 2?',
      '--pool',
      'gpt-5-nano',
      '--lab',
      '--ledger',
      ledger,
      '--json',
    );
    const { id } = JSON.parse(asked.stdout);
    const given = await xrouter('feedback', id, '0.5', '--source', 'me', '--ledger', ledger, '--json');
    expect(JSON.parse(given.stdout)).toEqual({ episode: id, episodes: [id], score: 0.5, source: 'me' });
    const opened = await openLedger({ path: ledger });
    expect(await opened.episodeStore.episodes()).toMatchObject([
      { id, feedback: [{ score: 0.5, source: 'me' }] },
    ]);
    await opened.close();
    const refused = await xrouter('feedback', 'nobody', '1', '--ledger', ledger);
    const noRun = await xrouter('feedback', id, '1', '--run', '--ledger', ledger);
    expect(noRun).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^xrouter: No episode of run .*\n$/),
    });
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^xrouter: No episode nobody.*\n$/),
    });
    expect((await xrouter('feedback', id, '2', '--ledger', ledger)).status).toBe(2);

    // One candidate is no choice, so there is nothing to export.
    const out = join(folder, 'log.jsonl');
    const exported = await xrouter('export', 'episodes', '--ledger', ledger, '--out', out);
    expect(exported).toMatchObject({ status: 1, stderr: expect.stringContaining('none of 1 episodes') });
    const later = await xrouter(
      ...['export', 'episodes', '--ledger', ledger, '--since', '2999-01-01', '--out', out],
    );
    expect(later).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('keeps no request since 2999'),
    });
    expect(existsSync(out)).toBe(false);
  });
});

describe('a user of the shipped policy', () => {
  it('trains and judges without a policy file, and the shipped one stays', async () => {
    const ledger = join(folder, 'shipped.sqlite');
    const pool = ['--pool', 'gpt-5-nano,gpt-5', '--lab', '--ledger', ledger];
    const { id } = JSON.parse((await xrouter('ask', 'What is 2 + 2?', ...pool, '--json')).stdout);
    await xrouter('feedback', id, '1', '--ledger', ledger);
    await xrouter('export', 'episodes', '--ledger', ledger, '--out', 'log');
    const before = readFileSync(shippedPolicyPath());
    expect(await xrouter('train', '--log', 'log', '--out', 'next')).toMatchObject({ status: 0 });
    expect(await xrouter('promote', '--candidate', 'next', '--log', 'log', '--out', 'live')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(
        'Not promoted: the log has no request on which exploration was in force',
      ),
    });
    expect(existsSync(join(folder, 'live'))).toBe(false);
    expect(readFileSync(shippedPolicyPath())).toEqual(before);
  });
});

describe('a ledger that is none', () => {
  it.each([
    ['feedback', 'id', '1'],
    ['export', 'episodes', '--out', 'log.out'],
  ])('is neither begun nor moved by `%s`', async (...command) => {
    const table = join(folder, 'table.jsonl');
    writeFileSync(table, '{"id":"a"}\n');
    expect(await xrouter(...command, '--ledger', table)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^xrouter: .*table\.jsonl is no ledger\. .*\n$/),
    });
    expect(readFileSync(table, 'utf8')).toBe('{"id":"a"}\n');
    const none = join(folder, 'none.sqlite');
    expect(await xrouter(...command, '--ledger', none)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^xrouter: .*none\.sqlite cannot be read: ENOENT.*\n$/),
    });
    expect(existsSync(none)).toBe(false);
  });
});

describe('xrouter train --log and promote', () => {
  it.each([
    [['train', '--out', 'p'], 2, /Give --table or --log/],
    [['promote', '--candidate', 'n', '--log', 'l'], 2, /Give --current, or --out/],
    [['train', '--log', 'l', '--table', 't', '--policy', 'b', '--out', 'p'], 2, /either --table or --log/],
    [
      ['train', '--log', 'l', '--policy', 'b', '--out', 'p', '--divide-by-std'],
      2,
      /--divide-by-std goes with --table/,
    ],
    [['train', '--table', 't', '--table', 't', '--out', 'p'], 2, /given twice/],
    [['train', '--table', 't', '--table', './t', '--out', 'p'], 2, /given twice/],
    [['train', '--table', 't', '--policy', 'b', '--out', 'p'], 2, /--policy goes with --log/],
    [['train', '--table', 't', '--catalog', 'c', '--out', 'p'], 2, /--catalog goes with --log/],
    [['train', '--table', 't', '--out', './t'], 2, /--out \.\/t is what this command reads/],
    [['train', '--log', 't', '--policy', 'p', '--out', 't'], 2, /is what this command reads/],
    [['train', '--log', 'l', '--policy', 'p', '--out', './p'], 2, /is what this command reads/],
    [['export', 'episodes', '--ledger', 't', '--out', 't'], 2, /is what this command reads/],
    [['promote', '--candidate', 'n', '--current', 'c', '--log', 't', '--out', 't'], 2, /is what this/],
    [['decide', '--table', 't', '--out', 't'], 2, /is what this command reads/],
    [['replay', '--table', 't', '--policy', 'p', '--out', 'p'], 2, /is what this command reads/],
    [['calibrate', '--table', 't', '--out', 't'], 2, /is what this command reads/],
    [['eval', '--table', 't', '--out', 't'], 2, /is what this command reads/],
    [['train', '--table', 'none', '--out', 'none/p'], 1, /none\/p cannot be written: ENOENT/],
    [['promote', '--current', 'c', '--log', 'l'], 2, /--candidate/],
    [['promote', '--candidate', 'n', '--current', 'c', '--log', 'l', '--confidence', '1'], 2, /below 1/],
    [
      ['promote', '--candidate', 'n', '--current', 'none', '--log', 'l'],
      1,
      /policy file none cannot be read/,
    ],
  ] as const)('%s', async (args, status, message) => {
    writeFileSync(join(folder, 'l'), '');
    const ran = await xrouter(...args);
    expect(ran.stderr).toMatch(message);
    expect(ran.status).toBe(status);
  });
});
