/**
 * Who can solve what. Each model has a latent skill for each kind of prompt, each prompt a difficulty that is
 * the same for all models; success is drawn against a logistic of the difference. Two models therefore fail
 * on the same hard prompts more often than chance would have it, as real ones do, and a prompt's looks
 * (its kind, its sizes, its length) tell much of its difficulty, but not all.
 */
import type { BenchmarkName } from '../catalog/benchmarks.ts';
import type { Candidate } from '../catalog/candidate.ts';
import { hashText, unit } from './random.ts';

export const KINDS = ['math', 'code', 'knowledge', 'language', 'logic'] as const;
export type Kind = (typeof KINDS)[number];

/** Published scores that tell of a kind, with the score (percent) that is worth a skill of one half. */
const BENCHMARK_HALVES: Record<Kind, Partial<Record<BenchmarkName, number>>> = {
  math: { math_500: 75, aime_2025: 40 },
  code: { livecodebench: 40, swe_bench_verified: 35 },
  knowledge: { mmlu_pro: 65, gpqa_diamond: 50, humanity_last_exam: 6 },
  language: { mmlu_pro: 65 },
  logic: { gpqa_diamond: 50, mmlu_pro: 65, humanity_last_exam: 6 },
};

/** Percent of score that are worth 0.1 of skill. */
const POINTS_PER_TENTH = 9;
/** How steeply success falls when difficulty passes skill. */
const STEEPNESS = 9;
/** Half the width of what a prompt's looks do not tell of its difficulty. */
const HIDDEN = 0.18;

/** Skill of 0..1; difficulty has the same scale: equal means even odds. */
export function skillOf(seed: number, candidate: Candidate, kind: Kind): number {
  const jitter = (unit(seed, 'skill', nameOf(candidate), kind) - 0.5) * 0.12;
  return clamp(generalSkill(seed, candidate, kind) + jitter);
}

function generalSkill(seed: number, candidate: Candidate, kind: Kind): number {
  const own = meanSkill(candidate, BENCHMARK_HALVES[kind]);
  if (own !== undefined) return own;
  const others = KINDS.map((other) => meanSkill(candidate, BENCHMARK_HALVES[other])).filter(
    (skill) => skill !== undefined,
  );
  if (others.length > 0) return others.reduce((sum, skill) => sum + skill, 0) / others.length;
  const price = candidate.price?.periods[0]?.prices.outputUsdPerMTok;
  const thinking = candidate.reasoning ? 0.08 : 0;
  // Among models without scores the dearer is the better: 0.5 at $1, a quarter more at $10.
  if (price !== undefined && price > 0) return 0.5 + 0.25 * Math.log10(price) + thinking;
  return 0.3 + 0.5 * unit(seed, 'skill', nameOf(candidate));
}

/** The same weights at another provider have the same skill, and fail on the same prompts. */
function nameOf({ model }: Candidate): string {
  return (model.split('/').at(-1) ?? model).toLowerCase();
}

function meanSkill(candidate: Candidate, halves: Partial<Record<BenchmarkName, number>>): number | undefined {
  let sum = 0;
  let count = 0;
  for (const [name, half] of Object.entries(halves)) {
    const score = candidate.benchmarks[name]?.score;
    if (score === undefined) continue;
    sum += clamp(0.5 + (score - half) / POINTS_PER_TENTH / 10);
    count++;
  }
  return count === 0 ? undefined : sum / count;
}

/** Probability that the model answers a prompt of this kind and difficulty rightly. */
export function successProbability(skill: number, difficulty: number): number {
  return 1 / (1 + Math.exp(-STEEPNESS * (skill - difficulty)));
}

/** The draw itself: whether this model solves this prompt. Always the same for the same seed. */
export function solves(
  seed: number,
  candidate: Candidate,
  prompt: string,
  kind: Kind,
  difficulty: number,
): boolean {
  const hash = hashText(prompt);
  const hidden = (unit(seed, 'prompt', hash) * 2 - 1) * HIDDEN;
  const probability = successProbability(skillOf(seed, candidate, kind), difficulty + hidden);
  return unit(seed, 'draw', nameOf(candidate), hash) < probability;
}

const KEYWORDS: [Kind, RegExp][] = [
  [
    'code',
    /```|\b(code|function|python|javascript|typescript|sql|regex|bug|compile|algorithm|refactor|class|api)\b/gi,
  ],
  [
    'math',
    /\b(solve|equation|integral|derivative|prove|sum|product|percent|probability|compute|calculate|how many|how much)\b|\d\s*[-+*/^=]\s*\d/gi,
  ],
  [
    'logic',
    /\b(if|then|therefore|puzzle|deduce|implies|either|neither|taller|older|schedule|plan|constraint)\b/gi,
  ],
  [
    'language',
    /\b(write|translate|summari[sz]e|rewrite|poem|email|essay|tone|grammar|headline|letter|word|sentence)\b/gi,
  ],
  [
    'knowledge',
    /\b(who|when|where|which|capital|history|explain|what is|describe|law|chemistry|biology|physics|medicine)\b/gi,
  ],
];

const HARD =
  /\b(prove|derive|optimi[sz]e|rigorous|concurren\w*|distributed|theorem|np-hard|research|multi-?step|edge cases?|trade-?offs?|formal\w*|architecture|asymptotic\w*)\b/gi;
const EASY = /\b(hi|hello|thanks?|say|repeat|spell|translate|list|name one|what is your name|ping|test)\b/gi;

/** Kind and difficulty of a prompt that no solver knows, from its words, numbers and length. */
export function judge(prompt: string): { kind: Kind; difficulty: number } {
  // A megabyte of pasted text is not read in full: its beginning and end hold the question.
  const text = prompt.length > 8000 ? `${prompt.slice(0, 4000)}\n${prompt.slice(-4000)}` : prompt;
  let kind: Kind = 'knowledge';
  let most = 0;
  for (const [name, words] of KEYWORDS) {
    const count = text.match(words)?.length ?? 0;
    if (count > most) {
      most = count;
      kind = name;
    }
  }
  const length = Math.log2(Math.max(prompt.length, 16) / 16) * 0.035;
  const hard = Math.min(text.match(HARD)?.length ?? 0, 4) * 0.09;
  const easy = Math.min(text.match(EASY)?.length ?? 0, 2) * 0.1;
  const numbers = Math.min(text.match(/\d+/g)?.length ?? 0, 12) * 0.012;
  const depth = Math.min(text.match(/[([{]/g)?.length ?? 0, 12) * 0.01;
  return { kind, difficulty: clamp(0.22 + length + hard - easy + numbers + depth) };
}

function clamp(value: number): number {
  return Math.min(0.98, Math.max(0.02, value));
}
