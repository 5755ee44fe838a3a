import { expect, test } from 'vitest';
import { AbilityLine } from '../../../src/policy/embedded/ability-line.ts';

/** A line through measured candidates, each as [ability, logit of success], all of the same weight. */
function lineThrough(
  measured: readonly (readonly [number, number])[],
  prior = 0,
  published = true,
): AbilityLine {
  const line = new AbilityLine();
  for (const [ability, logit] of measured) line.add(1 / measured.length, { ability, published }, logit);
  if (prior > 0) line.addPrior(prior, 0);
  line.fit();
  return line;
}

const many = (slope: number) => Array.from({ length: 40 }, (_, i) => [i / 40, slope * (i / 40) - 1] as const);

test('where nobody was measured success follows from ability and what is believed of the prompt', () => {
  const line = new AbilityLine();
  line.addPrior(0.05, 0.5);
  line.fit();
  expect(line.logitAt(1.5)).toBeCloseTo(1, 12);
  expect(line.successAt(0.5)).toBeCloseTo(0.5, 12);
});

test('one measured candidate says how hard the prompt is, and nothing about who is better', () => {
  const line = lineThrough([[1, -0.5]]);
  expect(line.logitAt(1)).toBeCloseTo(-0.5, 12);
  expect(line.logitAt(1.8)).toBeCloseTo(0.3, 12);
});

test('on a prompt that tells the measured candidates apart sharply a newcomer is told apart as sharply', () => {
  const line = lineThrough(many(3));
  expect(line.logitAt(0.9) - line.logitAt(0.3)).toBeGreaterThan(2.7 * 0.6);
  expect(line.logitAt(0.5)).toBeCloseTo(0.5, 1);
});

test('on a prompt that all solve alike a stronger newcomer is expected to be hardly better', () => {
  const line = lineThrough(many(0));
  expect(line.logitAt(0.9) - line.logitAt(0.1)).toBeLessThan(0.1);
});

test('a few measured candidates turn the line less than many', () => {
  const few = lineThrough([
    [0.4, 0.2],
    [0.6, 0.8],
  ]);
  const rise = few.logitAt(0.6) - few.logitAt(0.4);
  expect(rise).toBeGreaterThan(0.2);
  expect(rise).toBeLessThan(0.4);
});

test('no stronger candidate is expected to do worse, whatever the measured ones did', () => {
  const line = lineThrough(many(-4));
  let before = Number.NEGATIVE_INFINITY;
  for (let ability = -3; ability <= 3; ability += 0.1) {
    expect(line.logitAt(ability)).toBeGreaterThanOrEqual(before - 1e-9);
    before = line.logitAt(ability);
  }
});

test('beyond the abilities that were measured the line rises as it would unmeasured', () => {
  const line = lineThrough(many(3));
  expect(line.logitAt(6) - line.logitAt(4)).toBeCloseTo(2, 9);
  expect(line.logitAt(-4) - line.logitAt(-6)).toBeCloseTo(2, 9);
});

test('a cleared line remembers nothing', () => {
  const line = lineThrough(many(3), 0.5);
  line.clear();
  line.addPrior(0.05, 0);
  line.fit();
  expect(line.logitAt(0.25)).toBeCloseTo(0.25, 12);
});

test('who is known by outcomes alone says how hard the prompt is, and does not turn the line', () => {
  const line = lineThrough(many(3), 0, false);
  expect(line.logitAt(0.9) - line.logitAt(0.3)).toBeCloseTo(0.6, 9);
  expect(line.logitAt(0.4875)).toBeCloseTo(3 * 0.4875 - 1, 9);
});
