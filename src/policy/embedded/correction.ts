/**
 * What reinforcement adds to the lookahead: a small network that corrects the value of each action. It sees
 * one action at a time, described by numbers that mean the same for every candidate, so the pool may change
 * at any time and one network serves all lambdas. With its last layer at zero it corrects nothing.
 */
import { expected, type Judged } from './belief.ts';
import { type Outlook, type Plan, STOP } from './lookahead.ts';

export const ACTION_FEATURES = 14;
export const HIDDEN = 16;
/** Weights of the network: hidden × (features), then hidden to one. */
export const CORRECTION_SIZE = HIDDEN * ACTION_FEATURES + HIDDEN;

/** What happened before this decision. */
export interface SequenceState {
  /** Answers in hand. */
  judged: readonly Judged[];
  /** Sum of the charges of the calls made. */
  spent: number;
  callsLeft: number;
  weight: Float64Array;
}

/** The actions of one state: those the lookahead followed, and STOP where there is an answer in hand. */
export interface ActionSet {
  actions: Int32Array;
  /** Value by the lookahead. */
  value: Float64Array;
  /** `[action * ACTION_FEATURES + feature]`. */
  features: Float64Array;
}

/** Charges beyond this are all the same: not worth it. */
const MOST_CHARGE = 2;

export function describeActions(outlook: Outlook, state: SequenceState, planned: Plan): ActionSet {
  const { belief, charge, accuracy, pool } = outlook;
  const { judged, weight, spent, callsLeft } = state;
  const open = pool.filter((j) => planned.call[j]! > Number.NEGATIVE_INFINITY);
  const actions = Int32Array.from(judged.length === 0 ? open : [STOP, ...open]);
  const value = new Float64Array(actions.length);
  const features = new Float64Array(actions.length * ACTION_FEATURES);
  let strongest = planned.stop;
  const own = Float64Array.from(actions, (j) => (j === STOP ? planned.stop : expected(belief, weight, j)));
  for (const p of own) strongest = Math.max(strongest, p);
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < actions.length; i++) {
    value[i] = actions[i] === STOP ? planned.stop : planned.call[actions[i]!]!;
    most = Math.max(most, value[i]!);
  }
  for (let i = 0; i < actions.length; i++) {
    const j = actions[i]!;
    const price = j === STOP ? 0 : Math.min(MOST_CHARGE, charge[j]!);
    let square = 0;
    if (j !== STOP) {
      for (let s = 0, k = j * belief.cases; s < belief.cases; s++, k++) {
        square += weight[s]! * (belief.success[k]! - own[i]!) ** 2;
      }
    }
    features.set(
      [
        1,
        j === STOP ? 1 : 0,
        Math.max(-1, value[i]! - most) * 4,
        own[i]!,
        price,
        Math.log10(price + 1e-3) / 3,
        accuracy * 2 - 1,
        judged.length / 2,
        Math.min(MOST_CHARGE, spent),
        planned.stop,
        own[i]! - planned.stop,
        Math.sqrt(square) * 2,
        strongest - own[i]!,
        callsLeft / 3,
      ],
      i * ACTION_FEATURES,
    );
  }
  return { actions, value, features };
}

/** The network's correction of one action, in units of success; fills `hidden` for the way back. */
export function correct(
  theta: Float64Array,
  features: Float64Array,
  action: number,
  hidden: Float64Array,
): number {
  let out = 0;
  for (let h = 0; h < HIDDEN; h++) {
    let x = 0;
    for (let f = 0, w = h * ACTION_FEATURES, k = action * ACTION_FEATURES; f < ACTION_FEATURES; f++) {
      x += theta[w++]! * features[k++]!;
    }
    hidden[h] = Math.tanh(x);
    out += theta[HIDDEN * ACTION_FEATURES + h]! * hidden[h]!;
  }
  return out;
}
