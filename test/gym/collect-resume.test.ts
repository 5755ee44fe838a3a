import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AskModel, collect } from '../../src/gym/collect.ts';
import { openJournal } from '../../src/gym/journal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resume-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const linesOf = (path: string) =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];

test('killed with kill -9 again and again, it never makes a finished call twice, and finishes', async () => {
  const [out, log] = [join(folder, 'table.jsonl'), join(folder, 'log')];
  const child = join(import.meta.dirname, 'collect-child.ts');
  let kills = 0;
  for (let round = 0; ; round++) {
    const finished = new Set(
      linesOf(`${out}.journal`)
        .slice(1)
        .map((line) => {
          const { id, model } = JSON.parse(line);
          return `asked ${id} ${model}`;
        }),
    );
    const before = linesOf(log).length;
    const process_ = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', child, out, log]);
    const code = await new Promise<number | null>((done) => {
      process_.on('exit', done);
      // Killed soon after its first calls, at a moment that differs each time.
      const timer = setInterval(() => {
        if (round < 4 && linesOf(log).length > before + 6 + 5 * round) process_.kill('SIGKILL');
      }, 1);
      process_.on('exit', () => clearInterval(timer));
    });
    const asked = linesOf(log).slice(before);
    expect(asked.filter((call) => finished.has(call))).toEqual([]);
    if (code === 0) break;
    kills++;
    expect(round).toBeLessThan(6);
  }
  expect(kills).toBe(4);
  const rows = linesOf(out).map((line) => JSON.parse(line));
  expect(rows).toHaveLength(30);
  for (const row of rows) {
    expect(Object.entries(row.outcomes)).toEqual(
      ['a', 'b', 'c'].map((model) => [model, { score: 1, cost: 0.001 }]),
    );
  }
  // Only calls under way when it was killed can have been made twice.
  expect(linesOf(log).length).toBeLessThanOrEqual(90 + kills * 3);
  expect(existsSync(`${out}.journal`)).toBe(false);
});

// A limit on the size of a file behaves like a full disk: a part of a line is written, the next write fails.
test.skipIf(process.platform === 'win32')(
  'a journal that a full disk cuts off is named, and has whole lines only',
  () => {
    const path = join(folder, 'table.jsonl.journal');
    const program = `
    import { openJournal } from ${JSON.stringify(join(import.meta.dirname, '../../src/gym/journal.ts'))};
    const journal = openJournal(${JSON.stringify(path)});
    for (let n = 0; n < 40; n++) {
      try {
        journal.append({ id: 't' + n + 'x'.repeat(9 * n), model: 'm', outcome: { score: 1, cost: 0.5 } });
      } catch ({ message }) {
        console.log(message);
      }
    }
  `;
    const { stdout } = spawnSync(
      'sh',
      [
        '-c',
        'ulimit -f 3 && exec "$0" --disable-warning=ExperimentalWarning --input-type=module -e "$1"',
        process.execPath,
        program,
      ],
      { encoding: 'utf8' },
    );
    expect(stdout).toContain(`${path} cannot be written: the disk has no room for another line.`);
    const ids = linesOf(path).map((line) => JSON.parse(line).id);
    expect(ids.length).toBeGreaterThan(5);
    expect(readFileSync(path, 'utf8').endsWith('\n')).toBe(true);
  },
);

test('a journal cut off at any byte is resumed; only the call on the cut line is made again', async () => {
  const path = join(folder, 'table.jsonl.journal');
  const journal = openJournal(path);
  const entries = ['a', 'b'].map((model) => ({ id: 't ü', model, outcome: { score: 1, cost: 0.5 } }));
  for (const entry of entries) journal.append(entry);
  journal.close();
  const bytes = readFileSync(path);
  const ends = [...bytes.entries()].filter(([, byte]) => byte === 10).map(([index]) => index + 1);
  for (let length = 0; length <= bytes.length; length++) {
    writeFileSync(path, bytes.subarray(0, length));
    const resumed = openJournal(path);
    const whole = ends.filter((end) => end <= length).length;
    expect(resumed.entries).toEqual(entries.slice(0, Math.max(0, whole - 1)));
    if (whole > 0) expect(resumed.run).toBe(journal.run);
    resumed.append(entries[1]!);
    resumed.close();
    const again = openJournal(path);
    expect(again.entries).toHaveLength(Math.max(0, whole - 1) + 1);
    again.close();
  }
});

test('outcomes of a killed run wait in the journal while other tasks are run into the same table', async () => {
  const out = join(folder, 'table.jsonl');
  const task = (id: string) => ({
    id,
    task: 'echo',
    request: { messages: [{ role: 'user' as const, content: id }] },
    verify: () => ({ score: 1 }),
  });
  // What a process leaves that is killed after its first outcome.
  const killed = openJournal(`${out}.journal`);
  killed.append({ id: 'old', model: 'm', outcome: { score: 1, cost: 0.25 } });
  killed.close();
  const asked: string[] = [];
  const ask: AskModel = async ({ messages }) => {
    asked.push(String(messages[0]!.content));
    return { message: { role: 'assistant', content: 'x' }, usd: 0.001 };
  };
  const others = await collect({ tasks: [task('new')], models: ['m'], out, ask });
  expect(others).toMatchObject({ rows: 1, done: 1, total: 1, unplaced: 1 });
  const all = await collect({ tasks: [task('new'), task('old')], models: ['m'], out, ask });
  expect(all).not.toHaveProperty('unplaced');
  expect(asked).toEqual(['new']);
  expect(linesOf(out).map((line) => JSON.parse(line))).toMatchObject([
    { id: 'new', outcomes: { m: { cost: 0.001 } } },
    { id: 'old', outcomes: { m: { cost: 0.25 } } },
  ]);
  expect(existsSync(`${out}.journal`)).toBe(false);
});

test('after kill -9 a task whose prompt has changed under its id is refused, as after a run that ended', async () => {
  const out = join(folder, 'table.jsonl');
  const task = (content: string) => ({
    id: 't',
    task: 'echo',
    request: { messages: [{ role: 'user' as const, content }] },
    verify: () => ({ score: 1 }),
  });
  let asked = 0;
  const ask: AskModel = async (_, model) => {
    if (model === 'b') throw new Error('not now');
    asked++;
    return { message: { role: 'assistant', content: 'x' }, usd: 0.001 };
  };
  const models = ['a', 'b'];
  await collect({ tasks: [task('one')], models, out, ask });
  // As if it had been killed before it wrote the table.
  rmSync(out);
  await expect(collect({ tasks: [task('two')], models, out, ask })).rejects.toThrow(
    /table.jsonl.journal holds a task "t" with another prompt/,
  );
  expect(await collect({ tasks: [task('one')], models, out, ask })).toMatchObject({ done: 1, rows: 1 });
  expect(asked).toBe(1);
});

test('a journal broken in the middle is refused by line, and nothing is asked', async () => {
  const out = join(folder, 'table.jsonl');
  writeFileSync(
    `${out}.journal`,
    '{"journal":1,"run":"r"}\n{"id":"x"\n{"id":"y","model":"m","outcome":{"score":1,"cost":0}}\n',
  );
  let asked = 0;
  const ask: AskModel = async () => {
    asked++;
    throw new Error('not reached');
  };
  const task = { id: 't', task: 'x', request: { messages: [] }, verify: () => ({ score: 1 }) };
  await expect(collect({ tasks: [task], models: ['m'], out, ask })).rejects.toThrow(
    /Line 2 of .*journal is broken/,
  );
  expect(asked).toBe(0);
});
