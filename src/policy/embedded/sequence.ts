/**
 * Several calls for one request: which candidate first, whom next given the verdicts so far, when to stop,
 * and which answer to return. The predictor says what to expect, the copula how a verdict on one candidate
 * changes what is expected of the others, the lookahead what follows from each action, and the correction
 * what reinforcement learned beyond that.
 */
import { XrouterError } from '../../errors.ts';
import { bestAnswer, expected, type Judged, judge, mean, observe } from './belief.ts';
import { type Copula, emptyBelief, fillBelief, normalPoints, type TaskLoadings } from './copula.ts';
import {
  type ActionSet,
  CORRECTION_SIZE,
  correct,
  describeActions,
  HIDDEN,
  type SequenceState,
} from './correction.ts';
import { type Outlook, plan, STOP } from './lookahead.ts';

/** The part of a policy file that this file reads. */
export interface SequenceWeights {
  copula: Copula;
  /** Weights of the correction; left out: the lookahead decides alone. */
  correction?: Float32Array | Float64Array;
  /** The same for requests without a verifier, where one call is made. */
  oneShot?: Float32Array | Float64Array;
}

/** What a sequence starts from. Candidates are positions in these arrays. */
export interface SequenceStart {
  /** Candidate ids. */
  models: readonly string[];
  /** Expected success of each, 0..1. */
  success: ArrayLike<number>;
  /** lambda times expected cost, relative to the mean cost of the pool's dearest candidate. */
  charge: Float64Array;
  /** Measured probability that a verdict is right, right answer or wrong; `undefined`: no verifier, one call. */
  verifierAccuracy: number | undefined;
  /** Task the prompt was recognised as, see `Prediction`. */
  task?: number;
  /** Positions that may not be called now. */
  closed?: readonly number[];
}

export interface NextAction {
  /** Position of the candidate to call, or STOP. */
  action: number;
  /** Every action that was weighed, with its value, correction included. */
  set: ActionSet;
  value: Float64Array;
}

/** Most calls of one request; what the policy was trained for. */
export const MOST_CALLS = 3;
/** Candidates kept in sight, by expected success less charge. */
const IN_SIGHT = 12;
const WIDTH: readonly [number, number] = [6, 3];
/** A verifier is never worse than a coin; one that claims to be perfect is nearly believed. */
const LEAST_ACCURACY = 0.5;
const ROUNDING = 1e-9;

/** The calls of one request, as far as they have come. */
export class Sequence {
  readonly outlook: Outlook;
  private readonly state: SequenceState & { judged: Judged[] };
  private readonly correction: Float64Array | undefined;
  private readonly hidden = new Float64Array(HIDDEN);

  constructor(planner: SequencePlanner, start: SequenceStart, callsLeft: number) {
    const { models, success, charge, verifierAccuracy, closed = [], task = -1 } = start;
    const belief = emptyBelief(models.length);
    fillBelief(
      belief,
      success,
      planner.loadings(models, task),
      planner.points,
      planner.weights.copula.sharpness,
    );
    belief.decisive = planner.decisive(task);
    const utility = Float64Array.from(charge, (price, j) => success[j]! - price);
    const pool = Array.from(models, (_, j) => j)
      .filter((j) => !closed.includes(j))
      .sort((a, b) => utility[b]! - utility[a]! || a - b)
      .slice(0, IN_SIGHT);
    const accuracy = Math.min(1, Math.max(LEAST_ACCURACY, verifierAccuracy ?? LEAST_ACCURACY));
    this.outlook = { belief, charge, accuracy, pool, width: WIDTH };
    this.state = {
      judged: [],
      spent: 0,
      callsLeft: verifierAccuracy === undefined ? 1 : Math.min(callsLeft, MOST_CALLS),
      weight: Float64Array.from(belief.weight),
    };
    this.correction = verifierAccuracy === undefined ? planner.oneShot : planner.correction;
  }

  /** What to do now. */
  next(): NextAction {
    const { outlook, state } = this;
    const planned = plan(outlook, state.weight, state.judged, state.callsLeft);
    const set = describeActions(outlook, state, planned);
    const value = Float64Array.from(set.value);
    if (this.correction) {
      for (let i = 0; i < value.length; i++) {
        value[i]! += correct(this.correction, set.features, i, this.hidden);
      }
    }
    let action = STOP;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < value.length; i++) {
      // STOP comes first: a call that adds nothing but rounding is not made.
      if (value[i]! > most + ROUNDING) {
        most = value[i]!;
        action = set.actions[i]!;
      }
    }
    return { action, set, value };
  }

  /** Records a call and the verdict on its answer. */
  observe(model: number, pass: boolean): void {
    const { belief, accuracy, charge } = this.outlook;
    const { state } = this;
    state.judged.push(judge(belief, model, pass, accuracy));
    observe(belief, state.weight, model, pass, accuracy, state.weight);
    this.pay(charge[model]!);
  }

  /** Records a call that gave no answer to judge: it is paid for, and not repeated. */
  fail(model: number): void {
    this.outlook.pool = this.outlook.pool.filter((j) => j !== model);
    this.pay(this.outlook.charge[model]!);
  }

  private pay(charge: number): void {
    this.state.spent += charge;
    this.state.callsLeft--;
  }

  /** Success expected of the answer in hand from a candidate, or of calling it. */
  success(model: number): number {
    const { judged, weight } = this.state;
    const answer = judged.find((one) => one.model === model);
    return answer ? mean(weight, answer.right) : expected(this.outlook.belief, weight, model);
  }

  /** Candidate whose answer is most likely right; STOP where there is no answer. The earlier of equals. */
  answer(): number {
    return bestAnswer(this.state.judged, this.state.weight) ?? STOP;
  }
}

/** What is shared by all sequences of a policy. */
export class SequencePlanner {
  readonly weights: SequenceWeights;
  readonly points: Float64Array;
  readonly correction: Float64Array | undefined;
  readonly oneShot: Float64Array | undefined;

  /** @throws XrouterError `invalid_file` when the correction is of another version */
  constructor(weights: SequenceWeights) {
    this.weights = weights;
    this.points = normalPoints(weights.copula.traits);
    this.correction = checked(weights.correction);
    this.oneShot = checked(weights.oneShot);
  }

  /** Loadings of candidates on the traits of a task, in the order given. */
  loadings(models: readonly string[], task: number): Float64Array {
    const { traits, loadings, fallback } = this.weights.copula;
    const out = new Float64Array(models.length * traits);
    for (let j = 0; j < models.length; j++) out.set(loadings[models[j]!] ?? fallback, j * traits);
    const group = this.tasksOf(task);
    if (!group) return out;
    const width = group.models.length * traits;
    for (let j = 0; j < models.length; j++) {
      const own = group.models.indexOf(models[j]!);
      if (own < 0) continue;
      const at = (task - group.first) * width + own * traits;
      out.set(group.loadings.subarray(at, at + traits), j * traits);
    }
    return out;
  }

  /** How much of the success on a task comes from answers that are wholly right, see `Belief`. */
  decisive(task: number): number {
    const group = this.tasksOf(task);
    return group?.decisive?.[task - group.first] ?? this.weights.copula.decisive ?? 1;
  }

  private tasksOf(task: number): TaskLoadings | undefined {
    return this.weights.copula.tasks?.find(({ first, count }) => task >= first && task < first + count);
  }

  /** @param maxCalls beyond `MOST_CALLS` there is no more to plan */
  begin(start: SequenceStart, maxCalls: number): Sequence {
    return new Sequence(this, start, maxCalls);
  }
}

/** For a policy that was trained without sequences: one hidden trait, difficulty, as strong as is usual. */
const USUAL: SequenceWeights = {
  copula: { traits: 1, sharpness: 1, loadings: {}, fallback: [1.5] },
};

/** The sequences of a policy. */
export function sequencePlanner({ sequence = USUAL }: { sequence?: SequenceWeights }): SequencePlanner {
  return new SequencePlanner(sequence);
}

function checked(correction: Float32Array | Float64Array | undefined): Float64Array | undefined {
  if (!correction) return undefined;
  if (correction.length !== CORRECTION_SIZE) {
    throw new XrouterError(
      'invalid_file',
      `The policy's correction has ${correction.length} weights, not ${CORRECTION_SIZE}.`,
      { hint: 'Train the policy again with this program.' },
    );
  }
  return Float64Array.from(correction);
}
