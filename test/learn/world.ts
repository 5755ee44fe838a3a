/** A made-up world for tests: prompts with a hidden difficulty, models of different ability and price. */
import type { Forecasts } from '../../src/learn/environment.ts';
import { Random } from '../../src/learn/random.ts';

const ABILITY = [-0.6, 0, 0.4, 0.8, 1.2];
const COST = [0.0002, 0.0008, 0.002, 0.006, 0.02];

export function gauss(random: Random): number {
  return Math.sqrt(-2 * Math.log(random.next() + 1e-12)) * Math.cos(2 * Math.PI * random.next());
}

/** @param shared how much of a prompt's difficulty is the same for all models and hidden from the forecast */
export function world(rows: number, seed: number, shared = 1.5): Forecasts {
  const random = new Random(seed);
  const models = ABILITY.map((_, j) => `model-${j}`);
  const size = rows * models.length;
  const [score, cost, success, expectedCost] = Array.from({ length: 4 }, () => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const scale = Math.sqrt(1 + (Math.PI / 8) * shared * shared);
  for (let i = 0; i < rows; i++) {
    const visible = gauss(random);
    const hidden = gauss(random);
    for (let j = 0; j < models.length; j++) {
      const at = i * models.length + j;
      const logit = 1.5 * (ABILITY[j]! - visible);
      success[at] = 1 / (1 + Math.exp(-logit));
      score[at] = random.next() < 1 / (1 + Math.exp(-(scale * logit - shared * hidden))) ? 1 : 0;
      const size = Math.exp(0.3 * gauss(random));
      expectedCost[at] = COST[j]!;
      cost[at] = COST[j]! * size;
    }
  }
  const ids = Array.from({ length: rows }, (_, i) => `row-${i}`);
  return {
    rows,
    ids,
    models,
    meanCost: Float64Array.from(COST),
    score,
    cost,
    success,
    expectedCost,
    task: new Int32Array(rows).fill(-1),
  };
}
