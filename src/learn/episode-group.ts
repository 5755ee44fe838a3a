/**
 * What the episodes of one DAPO group have in common: a prompt, a lambda, a pool, and one verdict for each
 * model, so that they differ by their actions alone. States that several episodes come to are shared.
 */
import { type Judged, judge, observe } from '../policy/embedded/belief.ts';
import { type ActionSet, describeActions } from '../policy/embedded/correction.ts';
import { type Outlook, plan } from '../policy/embedded/lookahead.ts';
import { MOST_CALLS, type SequencePlanner } from '../policy/embedded/sequence.ts';
import { type Forecasts, measured, passes, referenceCost } from './environment.ts';
import type { Random } from './random.ts';

export interface GroupState {
  set: ActionSet;
  /** Probability of each action under the policy that rolls out; filled when first asked for. */
  old?: Float64Array;
  weight: Float64Array;
  judged: readonly Judged[];
  /** Sum of the expected charges of the calls made. */
  spent: number;
  callsLeft: number;
  next: Map<number, GroupState>;
}

export class EpisodeGroup {
  /** Of each model of the pool. */
  readonly score: Float64Array;
  /** lambda times the relative real cost of a call of each. */
  readonly paid: Float64Array;
  private readonly outlook: Outlook;
  private readonly verdict: boolean[];

  /** @param pool positions of the models that may be called; lambda is relative to the dearest of them */
  constructor(
    data: Forecasts,
    planner: SequencePlanner,
    row: number,
    pool: readonly number[],
    lambda: number,
    accuracy: number,
    random: Random,
  ) {
    const count = data.models.length;
    const at = (values: Float64Array) => Float64Array.from(pool, (j) => values[row * count + j]!);
    const scale = lambda / referenceCost(data, row, pool);
    const start = {
      models: pool.map((j) => data.models[j]!),
      success: at(data.success),
      charge: at(data.expectedCost).map((cost) => scale * cost),
      verifierAccuracy: accuracy,
      task: data.task[row]!,
    };
    this.outlook = planner.begin(start, MOST_CALLS).outlook;
    this.score = at(data.score);
    this.paid = at(data.cost).map((cost) => scale * cost);
    this.verdict = Array.from(this.score, (score) => passes(score, accuracy, random.next()));
  }

  root(maxCalls: number): GroupState {
    return this.state(this.outlook.belief.weight, [], 0, Math.min(maxCalls, MOST_CALLS));
  }

  /** The state after a call of a model of the pool and the verdict on it. */
  after(state: GroupState, model: number): GroupState {
    let next = state.next.get(model);
    if (!next) {
      const { belief, accuracy, charge } = this.outlook;
      const pass = this.verdict[model]!;
      const weight = new Float64Array(belief.cases);
      observe(belief, state.weight, model, pass, accuracy, weight);
      const judged = [...state.judged, judge(belief, model, pass, accuracy)];
      next = this.state(weight, judged, state.spent + charge[model]!, state.callsLeft - 1);
      state.next.set(model, next);
    }
    return next;
  }

  private state(
    weight: Float64Array,
    judged: readonly Judged[],
    spent: number,
    callsLeft: number,
  ): GroupState {
    const planned = plan(this.outlook, weight, judged, callsLeft);
    const set = describeActions(this.outlook, { weight, judged, spent, callsLeft }, planned);
    return { set, weight, judged, spent, callsLeft, next: new Map() };
  }
}

const LEAST_POOL = 4;

/** A random prompt, lambda, verifier and, every other time, a random part of the pool. */
export function drawGroup(
  data: Forecasts,
  planner: SequencePlanner,
  range: { lambda: readonly [number, number]; verifier: readonly [number, number] },
  random: Random,
): EpisodeGroup {
  const row = random.below(data.rows);
  const [low, high] = range.lambda;
  const lambda = low * (high / low) ** random.next();
  const accuracy = range.verifier[0] + (range.verifier[1] - range.verifier[0]) * random.next();
  const present = measured(data, row);
  const shuffled = Array.from(random.order(present.length), (i) => present[i]!);
  const least = Math.min(LEAST_POOL, present.length);
  const whole = random.next() < 0.5;
  const size = whole ? present.length : least + random.below(present.length - least + 1);
  const pool = shuffled.slice(0, size).sort((a, b) => a - b);
  return new EpisodeGroup(data, planner, row, pool, lambda, accuracy, random);
}
