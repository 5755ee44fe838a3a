import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { progressLine } from '../../../adapters/cli/progress.ts';

function streamOf(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY });
  const progress = progressLine(stream as unknown as NodeJS.WriteStream);
  return { progress, written: () => String(stream.read() ?? '') };
}
const at = (done: number, remainingMs?: number) => ({
  done,
  failed: 0,
  total: 10,
  spentUsd: 0.5,
  remainingMs,
});

test('a terminal has one line that is rewritten, and ends with the last state', () => {
  const { progress, written } = streamOf(true);
  progress.show(at(1, 65_000));
  progress.show(at(2, 60_000));
  progress.show({ ...at(10, 0), failed: 0 });
  progress.end();
  progress.end();
  expect(written()).toBe(
    '\r1 of 10 outcomes, $0.50 spent, 65 s left\x1b[K\r10 of 10 outcomes, $0.50 spent\x1b[K\n',
  );
});

test('a rest is shown at once, since nothing else is while it lasts', () => {
  const { progress, written } = streamOf(true);
  progress.show(at(1));
  progress.show({ ...at(1), restMs: 45_000 });
  progress.end();
  expect(written()).toBe(
    '\r1 of 10 outcomes, $0.50 spent\x1b[K\r1 of 10 outcomes, $0.50 spent, waiting 45 s before the next call\x1b[K\n',
  );
});

test('elsewhere only the end is told at once, so that a log stays short', () => {
  const { progress, written } = streamOf(false);
  for (let done = 0; done < 10; done++) progress.show(at(done));
  progress.show({ ...at(9), failed: 1 });
  progress.end();
  expect(written()).toBe('9 of 10 outcomes, $0.50 spent, 1 failed\n');
});
