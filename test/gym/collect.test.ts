import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CallError, XrouterError } from '../../src/errors.ts';
import {
  type AskModel,
  type CollectOptions,
  type CollectTask,
  collect,
  missing,
} from '../../src/gym/collect.ts';
import { textOf } from '../../src/request.ts';

let folder: string;
let out: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'collect-'));
  out = join(folder, 'table.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const task = (id: string): CollectTask => ({
  id,
  task: 'echo',
  request: { messages: [{ role: 'user', content: `say ${id}` }] },
  verify: (message) => ({ score: textOf(message.content) === id ? 1 : 0 }),
});
const tasks = (count: number) => Array.from({ length: count }, (_, index) => task(`t${index}`));
const models = ['p/good', 'p/bad'];

/** A model that answers at once; counts what it was asked. */
function fakeModel(change: (id: string, model: string) => Promise<void> | void = () => {}) {
  const asked: string[] = [];
  const ask: AskModel = async (request, model) => {
    const id = textOf(request.messages[0]!.content).slice(4);
    asked.push(`${id} ${model}`);
    await change(id, model);
    return {
      message: { role: 'assistant', content: model === 'p/good' ? id : 'wrong' },
      usd: 0.001,
      usage: { inputTokens: 7, outputTokens: 3 },
    };
  };
  return { ask, asked };
}

const run = (given: Partial<CollectOptions> & Pick<CollectOptions, 'ask'>) =>
  collect({ tasks: tasks(5), models, out, ...given });
const rows = () =>
  readFileSync(out, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('collecting', () => {
  test('writes a row for every task with an outcome for every model, in the order of the tasks', async () => {
    const { ask, asked } = fakeModel((id) => new Promise((done) => setTimeout(done, id === 't0' ? 20 : 1)));
    const summary = await run({ ask });
    expect(summary).toMatchObject({ rows: 5, done: 10, total: 10, failures: [], setAside: [] });
    expect(summary.spentUsd).toBeCloseTo(0.01);
    expect(rows().map((row) => row.id)).toEqual(['t0', 't1', 't2', 't3', 't4']);
    expect(rows()[0]).toEqual({
      id: 't0',
      task: 'echo',
      prompt: 'say t0',
      outcomes: {
        'p/good': { score: 1, cost: 0.001, input_tokens: 7, output_tokens: 3 },
        'p/bad': { score: 0, cost: 0.001, input_tokens: 7, output_tokens: 3 },
      },
    });
    expect(asked).toHaveLength(10);
    expect(readdirSync(folder)).toEqual(['table.jsonl']);
  });

  test('a conversation is written as messages, tools with it', async () => {
    const request: CollectTask['request'] = {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'say t0' },
      ],
      tools: [{ type: 'function', function: { name: 'f' } }],
    };
    const ask: AskModel = async () => ({ message: { role: 'assistant', content: '' }, usd: 0 });
    await run({ ask, tasks: [{ ...task('t0'), request }], models: ['p/good'] });
    expect(rows()).toEqual([
      { id: 't0', task: 'echo', ...request, outcomes: { 'p/good': { score: 0, cost: 0 } } },
    ]);
  });

  test('adds models and tasks to a table, and asks only for what is missing', async () => {
    await run({ ask: fakeModel().ask, models: ['p/good'], tasks: tasks(3) });
    const { ask, asked } = fakeModel();
    await run({ ask, tasks: tasks(4) });
    expect(asked.toSorted()).toEqual(['t0 p/bad', 't1 p/bad', 't2 p/bad', 't3 p/bad', 't3 p/good']);
    expect(rows().every((row) => Object.keys(row.outcomes).length === 2)).toBe(true);
    const again = fakeModel();
    await run({ ask: again.ask, tasks: tasks(4) });
    expect(again.asked).toEqual([]);
  });

  test('keeps rows and columns of the table that it does not know', async () => {
    const foreign = {
      id: 'other',
      task: 'x',
      prompt: 'y',
      note: 'mine',
      outcomes: { m: { score: 0.5, cost: 0 } },
    };
    const { task: _, ...bare } = { ...foreign, id: 'without a task' };
    writeFileSync(out, `\uFEFF${JSON.stringify(foreign)}\r\n${JSON.stringify(bare)}\r\n`);
    await run({ ask: fakeModel().ask, tasks: tasks(1) });
    expect(rows().slice(0, 2)).toEqual([foreign, bare]);
    expect(rows()).toHaveLength(3);
  });

  test('a name ending in .gz is compressed, and read back', async () => {
    const zipped = `${out}.gz`;
    await run({ ask: fakeModel().ask, out: zipped });
    expect(gunzipSync(readFileSync(zipped)).toString().split('\n')).toHaveLength(6);
    const { ask, asked } = fakeModel();
    await run({ ask, out: zipped });
    expect(asked).toEqual([]);
  });

  test('never has more calls under way than `concurrency`', async () => {
    let [now, most] = [0, 0];
    const { ask } = fakeModel(async () => {
      most = Math.max(most, ++now);
      await new Promise((done) => setTimeout(done, 3));
      now--;
    });
    await run({ ask, tasks: tasks(10), concurrency: 3 });
    expect(most).toBe(3);
  });

  test('tells how far it is, and how long it will take', async () => {
    const seen: { done: number; spentUsd: number; remainingMs: number | undefined }[] = [];
    await run({
      ask: fakeModel(() => new Promise((done) => setTimeout(done, 5))).ask,
      concurrency: 1,
      onProgress: (progress) => seen.push(progress),
    });
    expect(seen.map(({ done }) => done)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(seen[0]!.remainingMs).toBeUndefined();
    expect(seen[1]!.remainingMs).toBeGreaterThan(25);
    expect(seen.at(-1)).toMatchObject({ remainingMs: 0 });
    expect(seen.at(-1)!.spentUsd).toBeCloseTo(0.01);
  });
});

describe('when something goes wrong', () => {
  test('a call refused for its rate is made again after the rest, which is told; an interruption ends it', async () => {
    const rests: number[] = [];
    const stop = new AbortController();
    let calls = 0;
    const { ask } = fakeModel(() => {
      calls++;
      const details = { retryable: true, retryAfterMs: calls === 3 ? 60 : 120_000 };
      if (calls === 3 || calls === 8) throw new CallError('rate_limited', 'slow down', details);
    });
    const started = performance.now();
    const summary = await run({
      ask,
      concurrency: 1,
      models: ['p/good'],
      tasks: tasks(10),
      signal: stop.signal,
      onProgress({ restMs }) {
        if (restMs === undefined) return;
        rests.push(restMs);
        if (rests.length === 2) setTimeout(() => stop.abort(), 20);
      },
    });
    expect(summary).toMatchObject({ done: 6, failures: [], setAside: [], stopped: 'interrupted' });
    expect(calls).toBe(8);
    expect(rests[0]).toBeGreaterThan(900);
    expect(rests[1]).toBeGreaterThan(119_000);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test('a failed call is no wrong answer: it is missing, told, and made again by the next run', async () => {
    const { ask } = fakeModel((id, model) => {
      if (id === 't1' && model === 'p/bad') throw new Error('connection reset');
    });
    const summary = await run({ ask });
    expect(summary).toMatchObject({ done: 9, total: 10 });
    expect(summary.failures).toEqual([{ id: 't1', model: 'p/bad', reason: 'connection reset' }]);
    expect(Object.keys(rows()[1].outcomes)).toEqual(['p/good']);
    const again = fakeModel();
    expect(await run({ ask: again.ask })).toMatchObject({ done: 10, failures: [] });
    expect(again.asked).toEqual(['t1 p/bad']);
  });

  test('a model that fails five times in a row is set aside; the others go on', async () => {
    const { ask, asked } = fakeModel((_, model) => {
      if (model === 'p/bad') throw new Error('no such key');
    });
    const summary = await run({ ask, tasks: tasks(30), concurrency: 1 });
    expect(summary.setAside).toEqual([{ model: 'p/bad', reason: '5 calls in a row failed: no such key' }]);
    expect(asked.filter((call) => call.endsWith('p/bad'))).toHaveLength(5);
    expect(summary.done).toBe(30);
  });

  test('a model whose cost is unknown is set aside after one call, never counted as free', async () => {
    const known = fakeModel();
    const ask: AskModel = async (request, model, ...rest) => ({
      ...(await known.ask(request, model, ...rest))!,
      usd: model === 'p/bad' ? undefined : 0.001,
    });
    const summary = await run({ ask, concurrency: 1 });
    expect(summary.setAside[0]).toMatchObject({ model: 'p/bad', reason: expect.stringContaining('price') });
    expect(summary.done).toBe(5);
    expect(readFileSync(out, 'utf8')).not.toContain('p/bad');
  });

  test('a task that a model can never be asked is told apart, and the table is whole without it', async () => {
    const { ask } = fakeModel();
    const choosy: AskModel = async (request, model, ...rest) => {
      const isAble = model === 'p/good' || textOf(request.messages[0]!.content) !== 'say t2';
      return isAble ? ask(request, model, ...rest) : undefined;
    };
    const summary = await run({ ask: choosy });
    expect(summary).toMatchObject({ done: 9, total: 10, unable: { 'p/bad': 1 }, failures: [], setAside: [] });
    expect(missing(summary)).toBe(0);
    expect(Object.keys(rows()[2].outcomes)).toEqual(['p/good']);
    expect(readdirSync(folder)).toEqual(['table.jsonl']);
  });

  test('an interruption aborts the calls under way and writes what is known', async () => {
    const stop = new AbortController();
    let answers = 0;
    const { ask } = fakeModel();
    const slow: AskModel = async (request, model, signal, runId) => {
      if (++answers > 4) {
        setTimeout(() => stop.abort(), 5);
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      }
      return ask(request, model, signal, runId);
    };
    const summary = await run({ ask: slow, signal: stop.signal, concurrency: 2 });
    expect(summary).toMatchObject({ stopped: 'interrupted', done: 4, failures: [] });
    expect(rows()).toHaveLength(2);
    const again = fakeModel();
    expect(await run({ ask: again.ask })).toMatchObject({ done: 10 });
    expect(again.asked).toHaveLength(6);
  });

  test('a check that never ends does not end the collection without a word', async () => {
    const { ask } = fakeModel();
    const endless = { ...task('t1'), verify: () => new Promise<never>(() => {}) };
    await expect(run({ ask, tasks: [task('t0'), endless], judgingMs: 50 })).rejects.toThrow(
      'The answer to task "t1" cannot be judged: its check took longer than 0.05 s',
    );
    expect(rows().map(({ id }) => id)).toContain('t0');
  });

  test('a verifier that throws stops the run, with what is known written', async () => {
    const broken: CollectTask = {
      ...task('t2'),
      verify: () => {
        throw new TypeError('my check has a bug');
      },
    };
    const list = [...tasks(2), broken, ...tasks(9).slice(3)];
    const { ask, asked } = fakeModel();
    await expect(run({ ask, tasks: list, concurrency: 1 })).rejects.toThrow(
      'The answer to task "t2" cannot be judged: my check has a bug',
    );
    expect(asked).toHaveLength(5);
    expect(rows()).toHaveLength(2);
  });

  test.each([
    ['not JSON', '{"id":"t0"', /Line 1 .*table.jsonl is broken/],
    ['a score above 1', '{"id":"a","task":"b","outcomes":{"m":{"score":2,"cost":0}}}', /outcomes.m.score/],
    ['no outcomes', '{"id":"a","task":"b"}', /outcomes/],
  ])('a table that is none (%s) is refused and left as it is', async (_, text, message) => {
    writeFileSync(out, `${text}\n`);
    const { ask, asked } = fakeModel();
    await expect(run({ ask })).rejects.toThrow(message);
    expect(readFileSync(out, 'utf8')).toBe(`${text}\n`);
    expect(asked).toEqual([]);
    expect(readdirSync(folder)).toEqual(['table.jsonl']);
  });

  test('a task whose prompt has changed is refused before anything is asked', async () => {
    await run({ ask: fakeModel().ask });
    const changed = {
      ...task('t3'),
      request: { messages: [{ role: 'user' as const, content: 'new words' }] },
    };
    const { ask, asked } = fakeModel();
    await expect(run({ ask, tasks: [changed], models: ['p/new'] })).rejects.toThrow(
      '"t3" with another prompt',
    );
    expect(asked).toEqual([]);
  });
});

describe('the spending cap', () => {
  /** Holds a worst case ten times the price while a call is under way, as a ledger does. */
  function capped(limitUsd: number) {
    let [spent, reserved, calls] = [0, 0, 0];
    const ask: AskModel = async (request) => {
      if (spent + reserved + 0.01 > limitUsd + 1e-12) throw new XrouterError('budget_exceeded', 'no room');
      reserved += 0.01;
      await new Promise((done) => setTimeout(done, 2));
      reserved -= 0.01;
      spent += 0.001;
      calls++;
      return {
        message: { role: 'assistant', content: textOf(request.messages[0]!.content).slice(4) },
        usd: 0.001,
      };
    };
    return { ask, spent: () => spent, calls: () => calls };
  }

  test('worst cases of calls under way only narrow the stream; the cap itself ends it', async () => {
    const ledger = capped(0.025);
    const summary = await run({ ask: ledger.ask, tasks: tasks(50), concurrency: 8 });
    expect(summary.stopped).toBe('spending cap');
    // After 16 calls 0.016 is spent, and the next worst case no longer fits under 0.025.
    expect(summary.done).toBe(16);
    expect(ledger.spent()).toBeLessThanOrEqual(0.025);
    expect(summary.failures).toEqual([]);
  });

  test('the run it is counted under stays the same over resumed runs, and a finished table begins a new one', async () => {
    const runs: string[] = [];
    const remember =
      (ask: AskModel): AskModel =>
      (request, model, signal, runId) => {
        runs.push(runId);
        return ask(request, model, signal, runId);
      };
    await run({ ask: remember(capped(0.012).ask), tasks: tasks(4) });
    await run({ ask: remember(fakeModel().ask), tasks: tasks(4) });
    expect(new Set(runs).size).toBe(1);
    await run({ ask: remember(fakeModel().ask), tasks: tasks(6) });
    expect(new Set(runs).size).toBe(2);
  });
});
