/**
 * How likely a candidate of some ability succeeds on a prompt, by those that were measured on prompts like it: a
 * straight line through their logits of success over their abilities. Beforehand it rises by a logit for a point of
 * ability (Rasch 1960); where the measured candidates say otherwise (prompts that only the strongest solve, prompts
 * that tell nobody apart) it turns towards them, as a discrimination does (Birnbaum 1968). Beyond the abilities that
 * were measured it goes on as beforehand.
 */

/**
 * Variance of a candidate around the line over that of the line's slope beforehand. Chosen by
 * `test/bench/transfer-quality.ts` (newcomer); 0.05 to 0.2 are about as good.
 */
const SLOPE_DOUBT = 0.1;
/** Abilities further from the mean than this many of their deviations were not measured. */
const REACH = 2;

export class AbilityLine {
  private weight = 0;
  private ability = 0;
  private beyond = 0;
  private squared = 0;
  private crossed = 0;
  private doubt = 0;
  private priorWeight = 0;
  private priorDifficulty = 0;
  /** Of the line as fitted. */
  private difficulty = 0;
  private steeper = 0;
  private middle = 0;
  private reach = 0;

  clear(): void {
    this.weight = this.ability = this.beyond = this.squared = this.crossed = this.doubt = 0;
    this.priorWeight = this.priorDifficulty = 0;
  }

  /** A measured candidate. */
  add(weight: number, ability: number, logit: number): void {
    const beyond = logit - ability;
    this.weight += weight;
    this.ability += weight * ability;
    this.beyond += weight * beyond;
    this.squared += weight * ability * ability;
    this.crossed += weight * ability * beyond;
  }

  /** How few candidates speak for a group that was added: `share` over their effective number. */
  addDoubt(share: number): void {
    this.doubt += share;
  }

  /** What is believed of the prompt before any candidate was measured on prompts like it. */
  addPrior(weight: number, difficulty: number): void {
    this.priorWeight += weight;
    this.priorDifficulty += weight * difficulty;
    this.doubt += weight;
  }

  fit(): void {
    const { weight } = this;
    this.difficulty = (this.priorDifficulty - this.beyond) / (this.priorWeight + weight);
    this.middle = weight > 0 ? this.ability / weight : 0;
    const spread = Math.max(0, this.squared - this.ability * this.middle);
    const together = this.crossed - this.beyond * this.middle;
    // A line that falls would call the stronger candidate the worse one.
    this.steeper = weight > 0 ? Math.max(-1, together / (spread + SLOPE_DOUBT * this.doubt)) : 0;
    this.reach = weight > 0 ? REACH * Math.sqrt(spread / weight) : 0;
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
