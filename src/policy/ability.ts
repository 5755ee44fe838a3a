/** Published benchmark scores on one scale. */
import type { BenchmarkName } from '../catalog/benchmarks.ts';
import type { Candidate } from '../catalog/candidate.ts';

export type TaskKind = 'general' | 'code' | 'math' | 'knowledge' | 'language';

/**
 * `hardness` places each benchmark on the logit scale of MMLU-Pro: a model with ability a scores about
 * sigmoid(a - hardness). Fitted by alternating least squares on the catalog's models, residual 0.41
 * (`node test/bench/ability-fit.ts` prints the fit); MATH-500, with few scores, by its easiest models.
 * `weight` says how much the score tells about the kind of task.
 */
export const BENCHMARK_SCALE: Record<
  BenchmarkName,
  { hardness: number; weight: Partial<Record<TaskKind, number>> }
> = {
  mmlu_pro: { hardness: 0, weight: { general: 3, knowledge: 3, language: 2, math: 1, code: 1 } },
  gpqa_diamond: { hardness: 0.2, weight: { general: 2, knowledge: 3, math: 1, code: 1, language: 1 } },
  humanity_last_exam: { hardness: 3.25, weight: { general: 1, knowledge: 2, math: 1, code: 1, language: 1 } },
  math_500: { hardness: -1.5, weight: { general: 1, math: 2 } },
  aime_2025: { hardness: -0.1, weight: { general: 1, math: 3 } },
  livecodebench: { hardness: 0.9, weight: { general: 1, code: 3 } },
  swe_bench_verified: { hardness: 0.95, weight: { general: 1, code: 3 } },
};

/**
 * Without any score, price and date are the hints: over the catalog's models ability grows by 0.17 for each
 * doubling of a typical request's price and by 0.96 a year; a request of $0.001 to a model of the first of
 * 2026 goes with 1.6 (same fit, residual 0.42). `caution` keeps an unmeasured model below an equal one that
 * was measured; an undated one is taken for a year old.
 */
export const UNMEASURED = { at: 1.6, atUsd: 0.001, perDoubling: 0.17, perYear: 0.96, caution: 0.3 };
const YEAR_MS = 365.25 * 24 * 3_600_000;
const FIT_YEAR_MS = Date.UTC(2026, 0, 1);
const LOWEST = -2;
const HIGHEST = 3.5;

/** Ability on the logit scale of MMLU-Pro: 0 is 50 %, 2 is 88 %. `typicalUsd`: price of a typical request. */
export function abilityOf(candidate: Candidate, kind: TaskKind, typicalUsd: number | undefined): number {
  let sum = 0;
  let weights = 0;
  for (const name in candidate.benchmarks) {
    const benchmark = BENCHMARK_SCALE[name as BenchmarkName] as
      | (typeof BENCHMARK_SCALE)[BenchmarkName]
      | undefined;
    const weight = benchmark?.weight[kind] ?? 0;
    if (!benchmark || weight === 0) continue;
    const share = Math.min(0.985, Math.max(0.02, candidate.benchmarks[name]!.score / 100));
    sum += weight * (Math.log(share / (1 - share)) + benchmark.hardness);
    weights += weight;
  }
  if (weights > 0) return clamp(sum / weights);
  if (kind !== 'general') return abilityOf(candidate, 'general', typicalUsd);
  const { at, atUsd, perDoubling, perYear, caution } = UNMEASURED;
  const years = candidate.released ? (Date.parse(candidate.released) - FIT_YEAR_MS) / YEAR_MS : -1;
  const doublings = typicalUsd ? Math.log2(typicalUsd / atUsd) : 0;
  return clamp(at + perDoubling * doublings + perYear * years - caution);
}

function clamp(ability: number): number {
  return Math.min(HIGHEST, Math.max(LOWEST, ability));
}
