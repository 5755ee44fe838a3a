import { expect, test } from 'vitest';
import { EventQueue } from '../../src/provider/event-queue.ts';

async function drain(queue: EventQueue<number>): Promise<(number | string)[]> {
  const taken: (number | string)[] = [];
  for (;;) {
    const result = await queue.take().catch((error: Error) => error.message);
    if (typeof result === 'string') taken.push(result);
    else if (result.done) return taken;
    else taken.push(result.value);
  }
}

test('what was pushed before the error comes before it, and the error comes once', async () => {
  const queue = new EventQueue<number>(() => {});
  queue.push(1);
  queue.push(2);
  queue.end(new Error('late'));
  expect(await drain(queue)).toEqual([1, 2, 'late']);
});

test('the first end counts: nothing is added after it', async () => {
  const queue = new EventQueue<number>(() => {});
  queue.push(1);
  queue.end();
  queue.push(2);
  queue.end(new Error('too late'));
  expect(await drain(queue)).toEqual([1]);
});

test('takers that ask at the same time get one event each, in order', async () => {
  const queue = new EventQueue<number>(() => {});
  const takers = Promise.all([queue.take(), queue.take(), queue.take()]);
  queue.push(1);
  queue.push(2);
  queue.end();
  expect(await takers).toEqual([
    { done: false, value: 1 },
    { done: false, value: 2 },
    { done: true, value: undefined },
  ]);
});

test('tells whenever it has been emptied', async () => {
  let drained = 0;
  const queue = new EventQueue<number>(() => drained++);
  for (const value of [1, 2]) queue.push(value);
  await queue.take();
  expect([queue.length, drained]).toEqual([1, 0]);
  await queue.take();
  expect([queue.length, drained]).toEqual([0, 1]);
});
