/** Published benchmark scores on one scale. */
import type { Candidate } from '../catalog/candidate.ts';

export type TaskKind = 'general' | 'code' | 'math' | 'knowledge' | 'language';

/**
 * `hardness` places each benchmark on the logit scale of MMLU-Pro: a model with ability a scores about
 * sigmoid(a - hardness). Set so that models with several published scores get about the same ability from
 * each. `weight` says how much the score tells about the kind of task.
 */
const BENCHMARKS: Record<string, { hardness: number; weight: Partial<Record<TaskKind, number>> }> = {
  mmlu_pro: { hardness: 0, weight: { general: 3, knowledge: 3, language: 2, math: 1, code: 1 } },
  mmlu: { hardness: -0.8, weight: { general: 1, knowledge: 2, language: 1 } },
  gpqa_diamond: { hardness: 0.5, weight: { general: 2, knowledge: 3, math: 1, code: 1, language: 1 } },
  humanity_last_exam: { hardness: 3, weight: { general: 1, knowledge: 2 } },
  math_500: { hardness: -1, weight: { general: 1, math: 2 } },
  aime_2024: { hardness: 0.6, weight: { general: 1, math: 3 } },
  aime_2025: { hardness: 0.8, weight: { general: 1, math: 3 } },
  livecodebench: { hardness: 0.8, weight: { general: 1, code: 3 } },
  swe_bench_verified: { hardness: 0.9, weight: { general: 1, code: 3 } },
  humaneval: { hardness: -0.7, weight: { code: 1 } },
  ifeval: { hardness: -0.7, weight: { language: 2, general: 1 } },
  simpleqa: { hardness: 2, weight: { knowledge: 1 } },
};

/**
 * Without any score, price is the only hint: over the catalog's models ability grows by about 0.35 for each
 * doubling of a typical request's price, and a request of $0.001 goes with an ability of about 0.6. Half a
 * point is taken off, so that an unmeasured model never wins over an equal one that was measured.
 */
const PRICE_PRIOR = { perDoubling: 0.35, at: 0.6, atUsd: 0.001, penalty: 0.5 };
const LOWEST = -2;
const HIGHEST = 3.5;

/** Ability on the logit scale of MMLU-Pro: 0 is 50 %, 2 is 88 %. `typicalUsd`: price of a typical request. */
export function abilityOf(candidate: Candidate, kind: TaskKind, typicalUsd: number | undefined): number {
  let sum = 0;
  let weights = 0;
  for (const name in candidate.benchmarks) {
    const benchmark = BENCHMARKS[name];
    const weight = benchmark?.weight[kind] ?? 0;
    if (!benchmark || weight === 0) continue;
    const share = Math.min(0.985, Math.max(0.02, candidate.benchmarks[name]!.score / 100));
    sum += weight * (Math.log(share / (1 - share)) + benchmark.hardness);
    weights += weight;
  }
  if (weights > 0) return clamp(sum / weights);
  if (kind !== 'general') return abilityOf(candidate, 'general', typicalUsd);
  if (!typicalUsd) return -PRICE_PRIOR.penalty;
  const { perDoubling, at, atUsd, penalty } = PRICE_PRIOR;
  return clamp(at + perDoubling * Math.log2(typicalUsd / atUsd) - penalty);
}

function clamp(ability: number): number {
  return Math.min(HIGHEST, Math.max(LOWEST, ability));
}
