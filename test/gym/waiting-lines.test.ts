import { expect, test } from 'vitest';
import { WaitingLines } from '../../src/gym/waiting-lines.ts';

const tasks = Array.from({ length: 50 }, (_, index) => ({
  id: `t${index}`,
  task: 'echo',
  request: { messages: [] },
  verify: () => ({ score: 1 }),
}));

/** A clock that the test moves. */
function linesAt(models: string[]) {
  let nowMs = 1000;
  const lines = new WaitingLines(
    tasks,
    models,
    () => false,
    () => nowMs,
  );
  const pass = (ms: number) => {
    nowMs += ms;
  };
  const take = () => {
    const job = lines.take();
    return job && `${job.task.id} ${job.model}`;
  };
  return { lines, pass, take };
}

test('models take turns, so that rows fill; who is ahead waits for the others', () => {
  const { lines, take } = linesAt(['a', 'b']);
  expect([take(), take(), take()]).toEqual(['t0 a', 't0 b', 't1 a']);
  lines.leaveAside('a', 'enough');
  expect(lines.length).toBe(49);
  expect([take(), take()]).toEqual(['t1 b', 't2 b']);
});

test('a limited model rests as long as it asks while others go on, and its job comes first again', () => {
  const { lines, pass, take } = linesAt(['a', 'b']);
  const job = lines.take()!;
  lines.limited(job, 'slow down', 20_000);
  expect([take(), take()]).toEqual(['t0 b', 't1 b']);
  pass(19_999);
  expect(take()).toBe('t2 b');
  pass(1);
  expect(take()).toBe('t0 a');
});

test('calls that are told to wait at once are one refusal; each later one without an answer waits longer', () => {
  const { lines, pass } = linesAt(['a']);
  const pauses: number[] = [];
  for (let round = 0; round < 4; round++) {
    const jobs = [lines.take()!, lines.take()!, lines.take()!];
    for (const job of jobs) lines.limited(job, 'slow down');
    pauses.push(lines.restMs()!);
    pass(lines.restMs()!);
  }
  expect(pauses).toEqual([1000, 2000, 4000, 8000]);
  lines.answered('a');
  lines.limited(lines.take()!, 'slow down');
  expect(lines.restMs()).toBe(1000);
});

test('a model that asks for hours, or goes on refusing for minutes, is set aside with what it said', () => {
  const { lines } = linesAt(['a']);
  lines.limited(lines.take()!, 'quota of the day used up', 3_600_000);
  expect(lines.setAside).toEqual([
    { model: 'a', reason: expect.stringContaining('quota of the day used up') },
  ]);
  expect([lines.take(), lines.restMs()]).toEqual([undefined, undefined]);

  const slow = linesAt(['a']);
  let passedMs = 0;
  while (slow.lines.setAside.length === 0) {
    slow.lines.limited(slow.lines.take()!, 'slow down', 10_000);
    const restMs = slow.lines.restMs() ?? 0;
    passedMs += restMs;
    slow.pass(restMs);
  }
  expect(passedMs).toBeGreaterThan(60_000);
  expect(passedMs).toBeLessThan(300_000);
});

test('calls that fail together in an outage are one failure, so a short one sets nobody aside', () => {
  const { lines, pass } = linesAt(['a']);
  for (let outageMs = 0; outageMs < 10_000; ) {
    for (let call = 0; call < 16; call++) lines.failed('a', 'connection refused', true);
    const restMs = lines.restMs()!;
    pass(restMs);
    outageMs += restMs + 1;
  }
  expect(lines.setAside).toEqual([]);
  lines.answered('a');
  lines.failed('a', 'connection refused', true);
  expect(lines.restMs()).toBe(0);
});

test('a model that refuses a run of tasks beside each other gets all the others, and is asked those too', () => {
  const { lines } = linesAt(['a']);
  const asked: string[] = [];
  for (let job = lines.take(); job; job = lines.take()) {
    asked.push(job.task.id);
    const isRefused = Number(job.task.id.slice(1)) < 20;
    if (isRefused) lines.failed('a', 'bad request', false);
    else lines.answered('a');
  }
  expect(lines.setAside).toEqual([]);
  expect(asked.toSorted()).toEqual(tasks.map(({ id }) => id).toSorted());
});

test('a service that stays away is set aside, and a key that is wrong at once', () => {
  const { lines, pass } = linesAt(['down', 'locked']);
  let restedMs = 0;
  while (!lines.setAside.some(({ model }) => model === 'down')) {
    lines.failed('down', 'connection refused', true);
    pass(20_000);
    restedMs += 20_000;
  }
  expect(restedMs).toBe(100_000);
  for (let call = 0; call < 5; call++) lines.failed('locked', 'no such key', false);
  expect(lines.setAside.map(({ reason }) => reason)).toEqual([
    '5 calls in a row failed: connection refused',
    '5 calls in a row failed: no such key',
  ]);
});
