import { expect, test } from 'vitest';
import { HASH_BUCKETS, STRUCTURE_COUNT } from '../../../src/policy/embedded/features.ts';
import { standingsOf } from '../../../src/policy/embedded/standing.ts';
import type { PolicyWeights } from '../../../src/policy/embedded/weights.ts';

type Known = Parameters<typeof standingsOf>[0];

/** As much of a policy as says where its candidates stand. */
function policy(
  candidates: PolicyWeights['candidates'],
  tables: { candidates: number[]; success: number[] }[],
): Known {
  return {
    candidates,
    embedding: {
      idf: new Float32Array(HASH_BUCKETS),
      structureMean: new Float32Array(STRUCTURE_COUNT).fill(8),
    } as Known['embedding'],
    experts: tables.map((table) => ({
      candidates: Int32Array.from(table.candidates),
      success: Float32Array.from(table.success),
      relevance: new Float32Array(table.success.length).fill(1 / table.success.length),
    })) as Known['experts'],
  };
}

const measured = (id: string, meanOutputTokens: number) => ({
  id,
  meanCostUsd: 0.001,
  meanInputTokens: 100,
  meanOutputTokens,
});
const none = new Map();

test('of an unknown prompt is expected what the easiest table is', () => {
  const both = [measured('a', 100), measured('b', 100)];
  const easy = { candidates: [0, 1], success: [0.9, 0.8] };
  const hard = { candidates: [0, 1], success: [0.4, 0.2] };
  const difficulty = (...tables: (typeof easy)[]) => standingsOf(policy(both, tables), none, []).difficulty;
  expect(difficulty(easy, hard)).toBeLessThan(difficulty(hard, hard) - 1);
  expect(difficulty(easy, hard)).toBeCloseTo(difficulty(hard, easy), 9);
});

test('who wrote more than its neighbours is expected to write more, and a token costs it as much as it did', () => {
  const pool = policy(
    [measured('short', 50), measured('long', 200)],
    [{ candidates: [0, 1], success: [0.5, 0.5] }],
  );
  const [short, long] = standingsOf(pool, none, []).measured;
  // Half and twice the mean; the usual output price is four times the input's.
  expect(short!.outputUsd / short!.inputUsd).toBeCloseTo(4 / 2, 9);
  expect(long!.outputUsd / long!.inputUsd).toBeCloseTo(4 * 2, 9);
  expect(short!.inputUsd).toBeCloseTo(0.001 / (100 + 4 * 50), 12);
});

test('who is better in the same table stands higher, also across tables that share a candidate', () => {
  const pool = policy(
    [measured('weak', 100), measured('middle', 100), measured('strong', 100)],
    [
      { candidates: [0, 1], success: [0.3, 0.6] },
      { candidates: [1, 2], success: [0.3, 0.6] },
    ],
  );
  const [weak, middle, strong] = standingsOf(pool, none, []).measured.map(({ ability }) => ability);
  expect(middle! - weak!).toBeGreaterThan(0.5);
  expect(strong! - middle!).toBeGreaterThan(0.5);
});
