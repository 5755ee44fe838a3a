import { expect, test } from 'vitest';
import { applyTraffic, kindOf } from '../../../src/policy/embedded/traffic.ts';

const centres = Float32Array.of(1, 0, 0, 1);
const layer = {
  rows: 100,
  candidates: ['b', 'a'],
  centres,
  success: Float32Array.of(0, 0.25, 0, 0, 0.125, -0.25),
  costRatio: Float32Array.of(1, 2, 1, 1, 1, 0.5),
};

test('a prompt is of the kind it points to, or of none', () => {
  expect(kindOf(centres, 2, Float32Array.of(0.9, 0.1))).toBe(0);
  expect(kindOf(centres, 2, Float32Array.of(0.1, 0.9))).toBe(1);
  expect(kindOf(centres, 2, Float32Array.of(-0.9, -0.1))).toBe(2);
  expect(kindOf(new Float32Array(0), 2, Float32Array.of(1, 0))).toBe(0);
});

test('what the traffic taught is applied to the candidates it knows, by kind, and never makes anything certain', () => {
  const applied = (vector: Float32Array, success: number) => {
    const prediction = {
      success: Float64Array.of(success, success, success),
      costUsd: Float64Array.of(1, 1, 1),
    };
    applyTraffic([layer], 2, vector, ['a', 'b', 'c'], prediction);
    return { success: [...prediction.success], costUsd: [...prediction.costUsd] };
  };
  expect(applied(Float32Array.of(1, 0), 0.5)).toEqual({ success: [0.75, 0.5, 0.5], costUsd: [2, 1, 1] });
  expect(applied(Float32Array.of(-1, -1), 0.5)).toEqual({
    success: [0.25, 0.625, 0.5],
    costUsd: [0.5, 1, 1],
  });
  expect(applied(Float32Array.of(1, 0), 0.9).success[0]).toBe(0.998);
});
