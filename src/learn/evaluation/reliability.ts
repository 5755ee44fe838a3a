/** Whether expected success means what it says: in each tenth of the range, and where an accuracy floor is asked for. */
import { chooseByFloor } from '../../policy/embedded/choose.ts';
import type { Forecasts } from '../environment.ts';
import type { FloorCheck, Reliability, ReliabilityTenth } from './report.ts';
import { meanAndError } from './resample.ts';

const TENTHS = 10;
/** Fewer pairs than this say little about a tenth. */
export const LEAST_PAIRS = 100;
const FLOORS = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95];

type Expected = Pick<Forecasts, 'rows' | 'models' | 'success' | 'expectedCost' | 'score'>;

/** Over every row and every model of the pool. */
export function reliability(data: Expected): Reliability {
  const tenths = Array.from({ length: TENTHS }, (_, tenth) => tenthOf(data, tenth));
  const gaps = tenths
    .filter(({ pairs }) => pairs >= LEAST_PAIRS)
    .map(({ expected, reached }) => 100 * Math.abs(reached - expected));
  const filled = tenths.filter(({ pairs }) => pairs > 0);
  return {
    tenths: filled,
    judged: gaps.length,
    ...(gaps.length > 0 ? { worst: Math.max(...gaps) } : {}),
    floors: FLOORS.map((floor) => checkFloor(data, floor)),
  };
}

function tenthOf({ rows, models, success, score }: Expected, tenth: number): ReliabilityTenth {
  const count = models.length;
  let pairs = 0;
  let expected = 0;
  let reached = 0;
  let square = 0;
  let seen = 0;
  for (let row = 0; row < rows; row++) {
    const before = pairs;
    let missed = 0;
    for (let at = row * count; at < (row + 1) * count; at++) {
      if (Math.min(TENTHS - 1, Math.floor(success[at]! * TENTHS)) !== tenth) continue;
      pairs++;
      expected += success[at]!;
      reached += score[at]!;
      missed += score[at]! - success[at]!;
    }
    // The models of one row succeed and fail together, so rows are what is independent.
    square += missed ** 2;
    if (pairs > before) seen++;
  }
  const share = pairs > 0 ? 1 / pairs : 0;
  return {
    from: tenth / TENTHS,
    to: (tenth + 1) / TENTHS,
    pairs,
    expected: expected * share,
    reached: reached * share,
    // Of a single row nobody knows how far others would lie from it.
    ...(seen > 1 && { error: Math.sqrt(square) * share }),
  };
}

function checkFloor({ rows, models, success, expectedCost, score }: Expected, floor: number): FloorCheck {
  const count = models.length;
  const pool = models.map((_, j) => j);
  const expected: number[] = [];
  const scores: number[] = [];
  for (let row = 0; row < rows; row++) {
    const own = (values: Float64Array) => values.subarray(row * count, (row + 1) * count);
    const options = { success: own(success), costUsd: own(expectedCost) };
    const { chosen, reached } = chooseByFloor(pool, options, floor);
    if (!reached) continue;
    expected.push(options.success[chosen]!);
    scores.push(score[row * count + chosen]!);
  }
  if (expected.length === 0) return { floor, rows: 0 };
  const { mean: reached, ...error } = meanAndError(scores);
  return { floor, rows: expected.length, expected: meanAndError(expected).mean, reached, ...error };
}
