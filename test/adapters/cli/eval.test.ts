/** `xrouter eval` as a process: what it prints and writes, and that bad input leaves nothing behind. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluationSummary } from '../../../adapters/cli/evaluation-summary.ts';
import { encodeWeights, readTable, trainPolicy } from '../../../src/learn/index.ts';
import { sampleReport } from '../../learn/sample-report.ts';
import { asFile, smallTable } from '../../learn/small-table.ts';

const main = join(import.meta.dirname, '../../../adapters/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'cli-eval-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  status: number;
  stdout: string;
  stderr: string;
}

function evaluate(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    const flags = ['--disable-warning=ExperimentalWarning', main, 'eval', ...args];
    execFile(process.execPath, flags, { cwd: folder }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

const write = (name: string, text: string | Uint8Array) => writeFileSync(join(folder, name), text);

beforeAll(async () => {
  write('train.jsonl', asFile(smallTable(120, 1)));
  // Names are other people's text.
  const named = smallTable(90, 2).map((line) => ({
    ...line,
    task: `${line.task}\u001b[31m<b>${'x'.repeat(60)}`,
  }));
  write('table.jsonl', asFile(named));
  const weights = trainPolicy([await readTable(join(folder, 'train.jsonl'))], { dapo: false });
  write('p.xrp', encodeWeights({ ...weights, sequence: undefined }));
}, 60_000);

describe('xrouter eval', () => {
  it('prints a summary of 80 columns, with intervals, and writes the page', async () => {
    const { status, stdout, stderr } = await evaluate(
      ...['--policy', 'p.xrp', '--table', 'table.jsonl', '--quick', '--out', 'report.html'],
    );
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('report.html') });
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/policy, one call +\+\d+\.\d +\[\+\d+\.\d, \+\d+\.\d\]/);
    for (const part of [
      'best single: acme/large',
      'nearest neighbours',
      'clusters',
      'oracle',
      'What limits',
    ]) {
      expect(stdout).toContain(part);
    }
    expect(stdout).toContain('Tasks never seen: not measured');
    expect(stdout).toContain('What reinforcement adds: not measured, asked to be quick');
    expect(stdout.includes('\u001b')).toBe(false);
    const page = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(page).toContain('</html>');
    expect(page).toContain('--policy p.xrp --table table.jsonl --seed 1 --quick');
    expect(page).toContain('&lt;b&gt;');
    expect(page).not.toContain('<b>');
  });

  it('keeps to 80 columns with everything in it, and shows every form of reinforcement', () => {
    const summary = evaluationSummary(sampleReport());
    expect(Math.max(...summary.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    for (const line of [
      /^none +\+5\.1 .* 1\.00$/m,
      /^right 50 % .* 1\.50$/m,
      /^verifier right 90 %: policy +\+10\.0 .* \+4\.5 /m,
      /^one call: predictor alone +\+5\.0 /m,
      /^right 90 %: DAPO +\+5\.3 .* \+0\.3 /m,
      /^right 90 %: DAPO, divided by std +-13\.1 .* -18\.1 /m,
    ]) {
      expect(summary).toMatch(line);
    }
    expect(summary.replace(/\s+/g, ' ')).toContain('So it earns its place.');
  });

  it('--json prints one document, the same for the same seed', async () => {
    const run = () =>
      evaluate('--policy', 'p.xrp', '--table', 'table.jsonl', '--quick', '--json', '--seed', '7');
    const [first, second] = await Promise.all([run(), run()]);
    expect(first.status).toBe(0);
    expect(second.stdout).toBe(first.stdout);
    expect(JSON.parse(first.stdout)).toMatchObject({
      format: 'xrouter-evaluation',
      seed: 7,
      table: { name: 'table', rows: 90, models: 4, tasks: 3 },
      best: { model: 'acme/large' },
      oneShot: [{ id: 'policy' }, { id: 'predictor' }, { id: 'knn' }, { id: 'clusters' }],
      heldOut: { leftOut: expect.any(String) },
      reinforcement: { leftOut: expect.any(String) },
      provenance: { policySha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it('names the command so that a shell runs it again, whatever the files are called', async () => {
    const name = "it's my table.jsonl";
    write(name, asFile(smallTable(30, 2)));
    const { stdout } = await evaluate('--policy', 'p.xrp', '--table', name, '--quick', '--json');
    expect(JSON.parse(stdout).provenance.command).toBe(
      `xrouter eval --policy p.xrp --table 'it'\\''s my table.jsonl' --seed 1 --quick`,
    );
  });

  it('bad input: one line that says why, status 1, no file written', async () => {
    write('one.jsonl', asFile(smallTable(1, 3)));
    write(
      'other.jsonl',
      asFile(
        [1, 2, 3].map((id) => ({
          id,
          prompt: 'x',
          outcomes: { a: { score: id % 2, cost: 1 }, b: { score: 0, cost: 1 } },
        })),
      ),
    );
    write('broken.xrp', readFileSync(join(folder, 'p.xrp')).subarray(0, 5000));
    write('text.jsonl', 'not json\n');
    const before = readdirSync(folder);
    const cases: [string, string, RegExp][] = [
      ['p.xrp', 'none.jsonl', /none\.jsonl cannot be read: ENOENT/],
      ['none.xrp', 'table.jsonl', /none\.xrp cannot be read/],
      ['broken.xrp', 'table.jsonl', /cut off/],
      ['p.xrp', 'text.jsonl', /line 1: is not JSON/],
      ['p.xrp', 'one.jsonl', /one row/],
      ['p.xrp', 'other.jsonl', /of its 2 models the policy knows none/],
    ];
    const runs = await Promise.all(
      cases.map(([policy, table]) => evaluate('--policy', policy, '--table', table, '--out', 'bad.html')),
    );
    runs.forEach(({ status, stdout, stderr }, at) => {
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(cases[at]![2]);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    });
    expect(readdirSync(folder)).toEqual(before);
  });

  it('an --out that cannot be written is said before the figures are printed', async () => {
    const { status, stdout, stderr } = await evaluate(
      ...['--policy', 'p.xrp', '--table', 'table.jsonl', '--quick', '--out', 'no/such/folder/r.html'],
    );
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/r\.html cannot be written/);
  });

  it('an --out that can no longer be written in the end does not cost the figures', async () => {
    mkdirSync(join(folder, 'gone'));
    const flags = [
      '--policy',
      'p.xrp',
      '--table',
      'table.jsonl',
      '--quick',
      '--json',
      '--out',
      'gone/r.html',
    ];
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'eval', ...flags], {
      cwd: folder,
    });
    let printed = '';
    let said = '';
    child.stdout.on('data', (part) => {
      printed += part;
    });
    child.stderr.on('data', (part) => {
      // By its first line of progress it has seen that the folder is there.
      if (said === '') rmSync(join(folder, 'gone'), { recursive: true });
      said += part;
    });
    const [status] = await once(child, 'close');
    expect(status).toBe(1);
    expect(said).toContain('r.html cannot be written');
    expect(JSON.parse(printed)).toMatchObject({ format: 'xrouter-evaluation' });
  });

  it('wrong usage has status 2', async () => {
    expect((await evaluate('--policy', 'p.xrp')).status).toBe(2);
    expect((await evaluate('--policy', 'p.xrp', '--table', 'table.jsonl', '--seed', 'x')).status).toBe(2);
  });
});
