/**
 * Where candidates stand when the prompt itself says nothing: abilities on one scale from published scores,
 * from the tables they were measured on and from their prices, and what a call costs by the prompt's length.
 *
 * Every benchmark and every table is a scale of unknown hardness: logit(score) = ability - hardness + noise.
 * Candidates that several scales share say how far these are apart, so that a candidate with an easy benchmark
 * alone does not look stronger than one with a hard benchmark alone; price pulls those together whose scores
 * say little. All of it is one least-squares problem.
 */
import type { BenchmarkName } from '../../catalog/benchmarks.ts';
import type { Candidate } from '../../catalog/candidate.ts';
import { tokenPriceUsd } from '../../catalog/price.ts';
import { abilityOf, BENCHMARK_SCALE, UNMEASURED } from '../ability.ts';
import { REASONING_FACTOR, TYPICAL_REQUEST } from '../choose.ts';
import { promptTokens } from './embedding.ts';
import { Scales } from './scales.ts';
import type { CandidateWeights, PolicyWeights } from './weights.ts';

/** One candidate, whether the policy has measured it, a catalog describes it, or both. */
export interface Standing {
  /** On the logit scale of MMLU-Pro. */
  ability: number;
  /** Whether a catalog says so too, and not the policy's tables alone. */
  published: boolean;
  /** Per token, with what this candidate writes beyond the usual in the output's; 0 where no price is known. */
  inputUsd: number;
  outputUsd: number;
}

export interface Standings {
  /** Of the policy's candidates, in their order and at the prices of training. */
  measured: Standing[];
  /** Of the described ones that the policy has not measured, in their order. */
  described: Standing[];
  /** Hardness of a prompt of which nothing is known. */
  difficulty: number;
  /** What a call costs there over what prices and length say. */
  costRatio: number;
}

/** Residual of the fit behind `BENCHMARK_SCALE`, of a benchmark whose weight is 3. */
const BENCHMARK_DEVIATION = 0.41;
/** Tables rank candidates less alike than benchmarks do: what held for one says less about prompts of another. */
const TABLE_DEVIATION = 0.6;
const PRICE_DEVIATION = 0.6;
/** Hardness beforehand: as fitted over the catalog for benchmarks, give or take a logit; anything for a table. */
const HARDNESS_DEVIATION = 1;
const TABLE_HARDNESS_DEVIATION = 3;

/** Output over input price where only their mix is known. */
const USUAL_PRICE_RATIO = 4;
/** Answers get longer with their prompts, by this power; by the prompts and answers of the outcome tables. */
const ANSWER_GROWTH = 0.5;
/** Below it no table says how long answers are; a short question may want a long one. */
const SHORTEST_PROMPT_TOKENS = 100;

/**
 * @param catalog entries of the policy's candidates by id, as far as there are any
 * @param described candidates that the policy has not measured
 */
export function standingsOf(
  { candidates, experts, embedding }: Pick<PolicyWeights, 'candidates' | 'experts' | 'embedding'>,
  catalog: ReadonlyMap<string, Candidate>,
  described: readonly Candidate[],
): Standings {
  const scales = new Scales();
  const entries = [...candidates.map(({ id }) => catalog.get(id)), ...described];
  entries.forEach((entry, who) => {
    if (entry) addPublished(scales, who, entry, who >= candidates.length);
  });
  experts.forEach((expert, e) => {
    expert.candidates.forEach((who, j) => {
      const prior = { mean: 0, deviation: TABLE_HARDNESS_DEVIATION };
      scales.add(who, `table ${e}`, prior, logit(expert.success[j]!), TABLE_DEVIATION);
    });
  });
  const { ability, hardness } = scales.solve(entries.length);
  const tables = experts.map((_, e) => hardness.get(`table ${e}`)!);
  const verbosity = verbosities(candidates, experts);
  const measured = candidates.map((candidate, i) => ({
    ability: ability[i]!,
    published: catalog.has(candidate.id),
    ...trainingPrices(candidate, catalog.get(candidate.id), verbosity[i]!),
  }));
  return {
    measured,
    described: described.map((candidate, i) => ({
      ability: ability[candidates.length + i]!,
      published: true,
      inputUsd: tokenPrices(candidate)?.inputUsd ?? 0,
      outputUsd: (tokenPrices(candidate)?.outputUsd ?? 0) * (candidate.reasoning ? REASONING_FACTOR : 1),
    })),
    // Tables are collections of problems; what people ask besides is rather easier.
    difficulty: tables.length > 0 ? Math.min(...tables) : 0,
    // Beside candidates known by their price alone, calls cost what prices say; else what they did in training.
    costRatio: described.length > 0 ? 1 : trainingCostRatio(candidates, measured, experts, embedding),
  };
}

function addPublished(scales: Scales, who: number, candidate: Candidate, alone: boolean): void {
  const usd = typicalUsd(candidate);
  let scores = 0;
  for (const name in candidate.benchmarks) {
    const benchmark = BENCHMARK_SCALE[name as BenchmarkName] as
      | (typeof BENCHMARK_SCALE)[BenchmarkName]
      | undefined;
    const weight = benchmark?.weight.general ?? 0;
    if (!benchmark || weight === 0) continue;
    // MMLU-Pro is the scale itself.
    const prior = { mean: benchmark.hardness, deviation: name === 'mmlu_pro' ? 0.01 : HARDNESS_DEVIATION };
    const score = candidate.benchmarks[name]!.score / 100;
    scales.add(who, name, prior, logit(score), BENCHMARK_DEVIATION * Math.sqrt(3 / weight));
    scores++;
  }
  const unscored = scores === 0 && alone;
  // Without a date there is no telling where on the scale of today's candidates it stands, only where by price.
  if (unscored && (candidate.released || !usd)) {
    const own = { mean: 0, deviation: 0.01 };
    scales.add(who, 'unmeasured', own, abilityOf(candidate, 'general', usd), PRICE_DEVIATION);
  } else if (usd) {
    const { at, atUsd, perDoubling, caution } = UNMEASURED;
    const prior = { mean: at, deviation: HARDNESS_DEVIATION };
    const byPrice = perDoubling * Math.log2(usd / atUsd) - (unscored ? caution : 0);
    scales.add(who, 'price', prior, byPrice, PRICE_DEVIATION);
  }
}

/** In USD; `undefined` without a price. */
export function typicalUsd(candidate: Candidate): number | undefined {
  const { inputTokens, outputTokens } = TYPICAL_REQUEST;
  return tokenPriceUsd(candidate, inputTokens, outputTokens * (candidate.reasoning ? REASONING_FACTOR : 1));
}

/** Prices of one token; `undefined` where they are unknown. */
function tokenPrices(candidate: Candidate): { inputUsd: number; outputUsd: number } | undefined {
  const [request, input, output] = [
    [0, 0],
    [1, 0],
    [0, 1],
  ].map(([inputTokens, outputTokens]) => tokenPriceUsd(candidate, inputTokens!, outputTokens!));
  if (request === undefined || input === undefined || output === undefined) return undefined;
  return { inputUsd: input - request, outputUsd: output - request };
}

/** What a call on a prompt of that many tokens costs, in USD, if answers are as long as they usually are. */
export function usualCostUsd({ inputUsd, outputUsd }: Standing, inputTokens: number, outputTokens: number) {
  return inputUsd * inputTokens + outputUsd * outputTokens;
}

export function usualAnswerTokens(inputTokens: number): number {
  const counted = Math.max(inputTokens, SHORTEST_PROMPT_TOKENS);
  return TYPICAL_REQUEST.outputTokens * (counted / TYPICAL_REQUEST.inputTokens) ** ANSWER_GROWTH;
}

function trainingPrices(
  { meanCostUsd, meanInputTokens, meanOutputTokens }: CandidateWeights,
  candidate: Candidate | undefined,
  verbosity: number,
): { inputUsd: number; outputUsd: number } {
  const today = candidate && tokenPrices(candidate);
  const ratio = today?.inputUsd ? today.outputUsd / today.inputUsd : USUAL_PRICE_RATIO;
  const { inputTokens, outputTokens } = TYPICAL_REQUEST;
  const tokens = (meanInputTokens ?? inputTokens) + ratio * (meanOutputTokens ?? outputTokens);
  const inputUsd = tokens > 0 ? meanCostUsd / tokens : 0;
  return { inputUsd, outputUsd: inputUsd * ratio * verbosity };
}

/** What calls cost in training over what prices and the prompts' mean length say. */
function trainingCostRatio(
  candidates: readonly CandidateWeights[],
  measured: readonly Standing[],
  experts: PolicyWeights['experts'],
  embedding: PolicyWeights['embedding'],
): number {
  const usualTokens = promptTokens({ structure: Float64Array.from(embedding.structureMean) });
  let sum = 0;
  let mass = 0;
  for (const expert of experts) {
    expert.candidates.forEach((i, j) => {
      const { meanCostUsd, meanInputTokens = usualTokens } = candidates[i]!;
      const usual = usualCostUsd(measured[i]!, meanInputTokens, usualAnswerTokens(meanInputTokens));
      if (usual <= 0) return;
      sum += expert.relevance[j]! * (meanCostUsd / usual);
      mass += expert.relevance[j]!;
    });
  }
  return mass > 0 ? sum / mass : 1;
}

/** How much longer each candidate's answers were than those of the candidates measured beside it. */
function verbosities(
  candidates: readonly CandidateWeights[],
  experts: PolicyWeights['experts'],
): Float64Array {
  const out = new Float64Array(candidates.length).fill(1);
  for (const expert of experts) {
    const logs = Array.from(expert.candidates, (i) =>
      Math.log(candidates[i]!.meanOutputTokens || Number.NaN),
    );
    const known = logs.filter((log) => !Number.isNaN(log));
    const mean = known.reduce((sum, log) => sum + log, 0) / Math.max(1, known.length);
    expert.candidates.forEach((i, j) => {
      if (!Number.isNaN(logs[j]!)) out[i] = Math.exp(logs[j]! - mean);
    });
  }
  return out;
}

export function logit(share: number): number {
  const held = Math.max(0.02, Math.min(0.985, share));
  return Math.log(held / (1 - held));
}
