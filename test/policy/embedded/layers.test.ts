import { expect, test } from 'vitest';
import { addByTask, addComponents, addTrusted, towardsBasis } from '../../../src/policy/embedded/layers.ts';

const even = [0.5, 0.5];

test('what all candidates share and what sets them apart are believed each as far as it says', () => {
  const layer = Float64Array.of(0.3, 0.1);
  const believed = (level: number, apart: number) => {
    const out = Float64Array.of(0.5, 0.6);
    addTrusted(layer, even, [level, apart], out);
    return [...out];
  };
  const close = (numbers: number[]) => numbers.map((value) => expect.closeTo(value, 12));
  expect(believed(1, 1)).toEqual(close([0.8, 0.7]));
  expect(believed(1, 0)).toEqual(close([0.7, 0.8]));
  expect(believed(0, 1)).toEqual(close([0.6, 0.5]));
  expect(believed(0, 0)).toEqual(close([0.5, 0.6]));
});

test('the level is that of the candidates that matter', () => {
  const out = new Float64Array(2);
  addTrusted(Float64Array.of(0.4, -1), [1, 0], [1, 0], out);
  expect([...out]).toEqual([expect.closeTo(0.4, 12), expect.closeTo(0.4, 12)]);
});

test('components lead back to the deviations they were made of, success and cost apart', () => {
  const successBasis = Float32Array.of(Math.SQRT1_2, Math.SQRT1_2, Math.SQRT1_2, -Math.SQRT1_2);
  const costBasis = Float32Array.of(1, 2);
  const towards = towardsBasis(successBasis, even);
  const deviations = [0.25, -0.125];
  const component = (c: number) => towards[c * 2]! * deviations[0]! + towards[c * 2 + 1]! * deviations[1]!;
  const wording = new Float64Array(2);
  const logCost = new Float64Array(2);
  addComponents(
    Float64Array.of(component(0), component(1), 3),
    2,
    { successBasis, costBasis },
    wording,
    logCost,
  );
  expect([...wording]).toEqual(deviations.map((value) => expect.closeTo(value, 6)));
  expect([...logCost]).toEqual([3, 6]);
});

test('tasks count by how likely they are', () => {
  const out = Float64Array.of(1, 1);
  addByTask(Float64Array.of(0.2, 0.4, -0.2, 0), Float64Array.of(0.75, 0.25), out);
  expect([...out]).toEqual([expect.closeTo(1.1, 12), expect.closeTo(1.3, 12)]);
});
