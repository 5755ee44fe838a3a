/**
 * Whether a prompt is like those of training. Two distances from the nearest task must be usual: the plain one
 * (Mahalanobis), and the one relative to how far the prompt is from all training prompts taken together (Ren et
 * al. 2021, arXiv 2106.09022; here their ratio, where the paper takes the difference): everyday questions lie amid
 * all benchmarks, so near to some task, but nearer still to the mean of everything.
 */
import { Centres, type Spread } from './spread.ts';

/** Prompts of all kinds together, as one kind. */
export interface BackgroundWeights {
  spread: Spread;
  /** Placed. */
  centre: Float32Array;
  /** Mean of their hardness, and what nineteen of twenty are harder than. */
  usualHardness: number;
  leastHardness: number;
}

/** What the prompts of some tasks look like. */
export interface FamiliarityWeights {
  spread: Spread;
  /** The mean of each task's vectors, placed. */
  centres: Float32Array;
  /** Distance from the nearest task that nearly all prompts keep to, and the same relative to the background. */
  usualDistance: number;
  usualRatio: number;
}

/** Added to the distance from the background, so that a prompt in the very middle is not far from all tasks. */
const AMID = 0.3;
/** Times the usual distance from which a prompt is nothing like the training. */
const FOREIGN = 1.1;

export class Background {
  private readonly centre: Centres;

  constructor({ spread, centre }: BackgroundWeights) {
    this.centre = new Centres(spread, centre);
  }

  distance(vector: ArrayLike<number>): number {
    return this.centre.distance(vector);
  }
}

/** What distances from the nearest task are relative to. */
export function yardstick(fromBackground: number): number {
  return fromBackground + AMID;
}

export class Familiarity {
  private readonly weights: FamiliarityWeights;
  private readonly tasks: Centres;

  constructor(weights: FamiliarityWeights) {
    this.weights = weights;
    this.tasks = new Centres(weights.spread, weights.centres);
  }

  /**
   * 1 for a prompt like those, 0 for one that is nothing like it.
   * @param fromBackground the prompt's distance there
   */
  of(vector: ArrayLike<number>, fromBackground: number): number {
    const { usualDistance, usualRatio } = this.weights;
    // The plain and the relative distance are one, measured against two limits.
    const usual = Math.min(usualDistance, usualRatio * yardstick(fromBackground));
    const excess = this.tasks.distance(vector, FOREIGN * usual) / usual;
    return Math.max(0, Math.min(1, (FOREIGN - excess) / (FOREIGN - 1)));
  }
}
