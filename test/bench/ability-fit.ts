/**
 * Fits the scale of `src/policy/ability.ts` to the catalog's published scores: ability of each model and
 * hardness of each benchmark by alternating least squares on logits, then ability by price and release date.
 * Run: node test/bench/ability-fit.ts
 */
import { tokenPriceUsd } from '../../src/catalog/price.ts';
import type { Candidate } from '../../src/index.ts';
import { createCatalog } from '../../src/index.ts';

const models = new Map<string, Candidate>();
for (const candidate of createCatalog().candidates) {
  const name = candidate.displayName ?? candidate.model;
  if (!models.has(name) && Object.keys(candidate.benchmarks).length > 0) models.set(name, candidate);
}
const scored = [...models.values()];
const logit = (percent: number) => {
  const share = Math.min(0.985, Math.max(0.02, percent / 100));
  return Math.log(share / (1 - share));
};
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Weight of the pull towards 0 on a model's ability, so that one odd score does not make it. */
const SHRINKAGE = 0.3;
const hardness = new Map<string, number>();
for (const { benchmarks } of scored) for (const name of Object.keys(benchmarks)) hardness.set(name, 0);
const ability = new Map<Candidate, number>();
for (let round = 0; round < 300; round++) {
  for (const model of scored) {
    const seen = Object.entries(model.benchmarks).map(
      ([name, { score }]) => logit(score) + hardness.get(name)!,
    );
    ability.set(model, (mean(seen) * seen.length) / (seen.length + SHRINKAGE));
  }
  for (const name of hardness.keys()) {
    const having = scored.filter(({ benchmarks }) => benchmarks[name]);
    hardness.set(
      name,
      mean(having.map((model) => ability.get(model)! - logit(model.benchmarks[name]!.score))),
    );
  }
  const origin = hardness.get('mmlu_pro')!;
  for (const [name, value] of hardness) hardness.set(name, value - origin);
}
for (const [name, value] of hardness) {
  const count = scored.filter(({ benchmarks }) => benchmarks[name]).length;
  console.log(`${name.padEnd(20)} hardness ${value.toFixed(2).padStart(5)} from ${count} models`);
}

/** Ability on [1, doublings of price, years], by the normal equations. */
const rows = scored.flatMap((model) => {
  const usd = tokenPriceUsd(model, 600, 600);
  if (!usd || !model.released) return [];
  const years = (Date.parse(model.released) - Date.UTC(2026, 0, 1)) / (365.25 * 24 * 3_600_000);
  return [{ x: [1, Math.log2(usd / 0.001), years], y: ability.get(model)! }];
});
const matrix = [0, 1, 2].map((i) => [
  ...[0, 1, 2].map((j) => rows.reduce((sum, { x }) => sum + x[i]! * x[j]!, 0)),
  rows.reduce((sum, { x, y }) => sum + x[i]! * y, 0),
]);
for (let pivot = 0; pivot < 3; pivot++) {
  for (let row = 0; row < 3; row++) {
    if (row === pivot) continue;
    const factor = matrix[row]![pivot]! / matrix[pivot]![pivot]!;
    for (let column = pivot; column < 4; column++) matrix[row]![column]! -= factor * matrix[pivot]![column]!;
  }
}
const [at, perDoubling, perYear] = matrix.map((row, i) => row[3]! / row[i]!) as [number, number, number];
const residual = Math.sqrt(
  mean(rows.map(({ x, y }) => (y - at * x[0]! - perDoubling * x[1]! - perYear * x[2]!) ** 2)),
);
console.log(
  `ability = ${at.toFixed(2)} + ${perDoubling.toFixed(2)} a doubling + ${perYear.toFixed(2)} a year, residual ${residual.toFixed(2)}, ${rows.length} models`,
);
