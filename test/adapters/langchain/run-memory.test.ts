import { expect, test } from 'vitest';
import { costOfCall } from '../../../adapters/langchain/middleware/agent-cost.ts';
import { RunMemories } from '../../../adapters/langchain/middleware/run-memory.ts';

const cost = (usd: number) => costOfCall('mine/small', { usd });
const step = () => ({ model: 'own', state: { messages: [] } });

test('what failed is carried into the next step; what was answered and not taken was taken elsewhere', () => {
  const runs = new RunMemories();
  const run = runs.of('run');
  run.begin(step());
  run.add(cost(1));
  run.begin(step());
  expect(run.spent.knownUsd).toBe(1);
  run.add(cost(2));
  run.answered('episode-2');
  run.begin(step());
  expect(run.spent.knownUsd).toBe(0);
});

test('is taken once, and by the answer that it led to', () => {
  const runs = new RunMemories();
  const spend = (episodeId: string | undefined) => {
    const run = runs.of('run');
    run.begin(step());
    run.add(cost(1));
    run.answered(episodeId);
  };
  spend('episode-1');
  expect(runs.take('run', 'episode-1')?.knownUsd).toBe(1);
  expect(runs.take('run', 'episode-1')).toBeUndefined();
  spend('episode-1');
  expect(runs.take('run', 'episode-2')).toBeUndefined();
  spend(undefined);
  expect(runs.take('run', undefined)?.knownUsd).toBe(1);
});

test('a run that has no id is remembered by nobody, and the oldest of very many is forgotten', () => {
  const runs = new RunMemories();
  runs.of(undefined).add(cost(1));
  expect(runs.take(undefined, undefined)).toBeUndefined();
  for (let i = 0; i <= 10_000; i++) runs.of(`run-${i}`).add(cost(1));
  expect(runs.take('run-0', undefined)).toBeUndefined();
  expect(runs.take('run-1', undefined)?.knownUsd).toBe(1);
});

test('the same messages are the same step, whoever asks again', () => {
  const run = new RunMemories().of('run');
  const first = step();
  run.begin(first);
  expect(run.isOwnModel('own')).toBe(true);
  run.begin({ ...first, model: 'backup' });
  expect(run.isOwnModel('backup')).toBe(false);
});
