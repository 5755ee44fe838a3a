/**
 * How likely a candidate of some ability succeeds on a prompt, by those that were measured on prompts like it: a
 * straight line through their logits of success over their abilities. Beforehand it rises by a logit for a point of
 * ability (Rasch 1960); where the measured candidates say otherwise (prompts that only the strongest solve, prompts
 * that tell nobody apart) it turns towards them, as a discrimination does (Birnbaum 1968). Only candidates whose
 * ability is published turn it: of the others nothing but their success says how able they are. Beyond the abilities
 * that were measured it goes on as beforehand.
 */
import type { Standing } from './standing.ts';

/**
 * Variance of a candidate around the line over that of the line's slope beforehand. Chosen by
 * `test/bench/transfer-quality.ts` (newcomer); 0.05 to 0.2 are about as good.
 */
const SLOPE_DOUBT = 0.1;
/** Abilities further from the mean than this many of their deviations were not measured. */
const REACH = 2;

export class AbilityLine {
  /** Of all measured candidates, and of what is believed beforehand. */
  private mass = 0;
  private difficulties = 0;
  private priorMass = 0;
  /** Sums over those whose ability is published: of weights, their squares, abilities and what success is beyond. */
  private weight = 0;
  private squares = 0;
  private ability = 0;
  private beyond = 0;
  private abilitySquared = 0;
  private crossed = 0;
  /** Of the line as fitted. */
  private difficulty = 0;
  private steeper = 0;
  private middle = 0;
  private reach = 0;

  clear(): void {
    this.mass = this.difficulties = this.priorMass = 0;
    this.weight = this.squares = this.ability = this.beyond = this.abilitySquared = this.crossed = 0;
  }

  /** A measured candidate. */
  add(weight: number, { ability, published }: Pick<Standing, 'ability' | 'published'>, logit: number): void {
    const beyond = logit - ability;
    this.mass += weight;
    this.difficulties -= weight * beyond;
    if (!published) return;
    this.weight += weight;
    this.squares += weight * weight;
    this.ability += weight * ability;
    this.beyond += weight * beyond;
    this.abilitySquared += weight * ability * ability;
    this.crossed += weight * ability * beyond;
  }

  /** What is believed of the prompt before any candidate was measured on prompts like it. */
  addPrior(weight: number, difficulty: number): void {
    this.mass += weight;
    this.priorMass += weight;
    this.difficulties += weight * difficulty;
  }

  fit(): void {
    const { weight } = this;
    this.difficulty = this.difficulties / this.mass;
    this.steeper = this.middle = this.reach = 0;
    if (weight === 0) return;
    this.middle = this.ability / weight;
    const spread = Math.max(0, this.abilitySquared - this.ability * this.middle);
    const together = this.crossed - this.beyond * this.middle;
    // The fewer candidates carry the weight, the less they turn it.
    const doubt = SLOPE_DOUBT * (this.squares / weight + this.priorMass);
    // A line that falls would call the stronger candidate the worse one.
    this.steeper = Math.max(-1, together / (spread + doubt));
    this.reach = REACH * Math.sqrt(spread / weight);
  }

  /** Of success, of a candidate that was not measured on prompts like this one. */
  logitAt(ability: number): number {
    const aside = Math.max(-this.reach, Math.min(this.reach, ability - this.middle));
    return ability - this.difficulty + this.steeper * aside;
  }

  successAt(ability: number): number {
    return 1 / (1 + Math.exp(-this.logitAt(ability)));
  }
}
