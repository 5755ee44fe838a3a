/** A candidate in words for a model that has to choose: what the catalog knows, and nothing that it does not. */
import { type Candidate, pricesAt } from '../../../src/index.ts';

/** What the scores say, in words that a model knows; the order is that of the description. */
const STRENGTHS: Record<string, string> = {
  mmlu_pro: 'knowledge (MMLU-Pro)',
  gpqa_diamond: 'science (GPQA Diamond)',
  math_500: 'mathematics (MATH-500)',
  aime_2025: 'hard mathematics (AIME 2025)',
  livecodebench: 'code (LiveCodeBench)',
  swe_bench_verified: 'software engineering (SWE-bench Verified)',
  humanity_last_exam: "expert questions (Humanity's Last Exam)",
};

/** @param pool all that may be chosen among, since a score says little alone */
export function describe(candidate: Candidate, pool: readonly Candidate[]): string {
  const sentences = [`Asks ${candidate.displayName ?? candidate.model} (${candidate.provider}).`];
  sentences.push(price(candidate));
  if (candidate.contextTokens !== undefined) sentences.push(`Context ${candidate.contextTokens} tokens.`);
  if (candidate.reasoning) sentences.push('Reasons before it answers.');
  const scores = Object.entries(STRENGTHS).flatMap(([name, words]) => scoreOf(name, words, candidate, pool));
  sentences.push(scores.length > 0 ? `Published scores: ${scores.join(', ')}.` : 'No published scores.');
  return sentences.join(' ');
}

function price(candidate: Candidate): string {
  const prices = candidate.price && pricesAt(candidate.price, Date.now(), 0);
  if (!prices) return 'Price unknown.';
  const { inputUsdPerMTok, outputUsdPerMTok } = prices;
  return `$${inputUsdPerMTok} input, $${outputUsdPerMTok} output per million tokens.`;
}

function scoreOf(name: string, words: string, candidate: Candidate, pool: readonly Candidate[]): string[] {
  const score = candidate.benchmarks[name]?.score;
  if (score === undefined) return [];
  const others = pool.filter((other) => other !== candidate && other.benchmarks[name] !== undefined);
  const best = others.length > 0 && others.every((other) => other.benchmarks[name]!.score < score);
  return [`${words} ${score}%${best ? ', best of these' : ''}`];
}
