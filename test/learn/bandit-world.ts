/** A made-up world of traffic: three candidates, prompts of two kinds, a policy that was told wrong of one candidate. */
import type { BanditRow } from '../../src/learn/bandit-log.ts';
import { fitPredictor, type TableRow } from '../../src/learn/index.ts';
import { forecastLog } from '../../src/learn/log-forecast.ts';
import { Random } from '../../src/learn/random.ts';
import { storeFeatures } from '../../src/policy/embedded/stored-features.ts';
import type { PolicyWeights } from '../../src/policy/embedded/weights.ts';
import { viewPrompt } from '../../src/policy/prompt-view.ts';

export const MODELS = ['dear', 'middle', 'cheap'];
export const COST_USD = [0.01, 0.003, 0.001];
export type Truth = (kind: number) => number[];

/** Success by kind of prompt: 0 sums, 1 letters. */
export const usual: Truth = (kind) => (kind === 0 ? [0.9, 0.8, 0.4] : [0.8, 0.5, 0.3]);
/** The cheap one is in truth nearly as good as the dear one with letters. */
export const surprising: Truth = (kind) => (kind === 0 ? [0.9, 0.8, 0.4] : [0.8, 0.5, 0.78]);

const WORDS = 'apple river stone cloud lamp forest window bridge candle garden mirror'.split(' ');

function prompt(kind: number, random: Random): string {
  const number = () => 10 + random.below(900);
  const word = () => WORDS[random.below(WORDS.length)]!;
  return kind === 0
    ? `What is ${number()} + ${number()} - ${number()}? Give the number.`
    : `Spell the words ${word()}, ${word()} and ${word()} backwards, in capital letters.`;
}

function view(kind: number, random: Random) {
  return viewPrompt({ messages: [{ role: 'user', content: prompt(kind, random) }] });
}

/** A policy that was trained on outcomes of the usual world. */
export function policyOf(truth: Truth, seed: number): PolicyWeights {
  const random = new Random(seed);
  const rows = Array.from({ length: 160 }, (_, i): TableRow => {
    const kind = i % 2;
    return {
      id: `table-${i}`,
      view: view(kind, random),
      outcomes: new Map(
        truth(kind).map((success, j) => [MODELS[j]!, { score: success, costUsd: COST_USD[j]! }]),
      ),
    };
  });
  return fitPredictor([{ path: 'made up', rows, models: [...MODELS].sort() }], { seed }).weights;
}

export interface TrafficOptions {
  seed: number;
  /** Share of even exploration. */
  epsilon?: number;
  lambda?: number;
}

/** Traffic that the policy answered, with even exploration. */
export function traffic(
  policy: PolicyWeights,
  count: number,
  truth: Truth,
  { seed, epsilon = 0.3, lambda = 0.3 }: TrafficOptions,
): BanditRow[] {
  const random = new Random(seed);
  const kinds = Array.from({ length: count }, () => random.below(2));
  const asked = kinds.map(
    (kind, i): BanditRow => ({
      id: `request-${i}`,
      at: new Date(1_790_000_000_000 + i * 1000).toISOString(),
      policy: 'made-up@1',
      lambda,
      features: storeFeatures(view(kind, random)),
      candidates: MODELS.map((model) => ({ model, propensity: 0 })),
      action: 0,
      score: 0,
      costUsd: 0,
      sources: ['tests'],
    }),
  );
  const choices = [...forecastLog(policy, asked)].map(({ choice }) => choice);
  return asked.map((row, i) => {
    const best = choices[i]!;
    const action = random.next() < epsilon ? random.below(MODELS.length) : best;
    const score = random.next() < truth(kinds[i]!)[action]! ? 1 : 0;
    const costUsd = COST_USD[action]! * (0.5 + random.next());
    return {
      ...row,
      candidates: MODELS.map((model, j) => ({
        model,
        propensity: epsilon / MODELS.length + (j === best ? 1 - epsilon : 0),
      })),
      action,
      score,
      costUsd,
      firstScore: score,
      firstCostUsd: costUsd,
    };
  });
}

/** What the policy really earns per request: score less lambda times relative cost. */
export function reward(policy: PolicyWeights, truth: Truth, lambda = 0.3): number {
  const random = new Random(77);
  const kinds = Array.from({ length: 2_000 }, () => random.below(2));
  const rows = traffic(policy, kinds.length, truth, { seed: 77, epsilon: 0, lambda });
  let sum = 0;
  rows.forEach(({ action }, i) => {
    sum += truth(kinds[i]!)[action]! - (lambda * COST_USD[action]!) / COST_USD[0]!;
  });
  return sum / rows.length;
}
