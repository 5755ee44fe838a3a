/**
 * Requests with a verifier: the steps so far are told to a `Sequence` again at each decision, since a policy
 * keeps nothing between them, and its next action becomes the decision.
 */
import type { Decision, Estimate, PolicyState } from '../policy.ts';
import { STOP } from './lookahead.ts';
import type { PoolPrediction, PoolPredictor } from './pool.ts';
import type { Sequence, SequencePlanner } from './sequence.ts';

/** A verifier whose error rate was never measured is taken to be right this often. */
const UNMEASURED_ACCURACY = 0.8;

/** Probability that a verdict is right; `undefined` where nothing judges the answers. */
export function verifierAccuracy(state: PolicyState): number | undefined {
  return state.verifierAccuracy ?? (state.request.verifier ? UNMEASURED_ACCURACY : undefined);
}

/**
 * The next decision of a request whose answers are judged; `undefined` where the last call failed in a way
 * that leaves nothing to weigh, or an accuracy floor decides.
 */
export function decideSequence(
  policy: string,
  planner: SequencePlanner,
  pool: PoolPredictor,
  prediction: PoolPrediction,
  state: PolicyState,
): Decision | undefined {
  const accuracy = verifierAccuracy(state);
  if (accuracy === undefined || state.minSuccess !== undefined) return undefined;
  const scale = pool.referenceUsd > 0 ? state.lambda / pool.referenceUsd : 0;
  const callable = new Set(state.candidates.map(({ id }) => id));
  const made = state.steps.reduce((sum, { calls }) => sum + calls.length, 0);
  const sequence = planner.begin(
    {
      models: pool.ids,
      success: prediction.success,
      charge: pool.rankingCosts(prediction.costUsd).map((usd) => usd * scale),
      verifierAccuracy: accuracy,
      task: prediction.task,
      closed: pool.ids.flatMap((id, i) => (callable.has(id) ? [] : [i])),
    },
    made + state.callsLeft,
  );
  const callIds = tell(sequence, pool, state);
  const { action, set, value } = sequence.next();
  const estimates: Estimate[] = Array.from(set.actions, (j, i) => ({ j, utility: value[i]! }))
    .filter(({ j }) => j !== STOP)
    .sort((a, b) => b.utility - a.utility)
    .map(({ j, utility }) => ({
      model: pool.ids[j]!,
      success: sequence.success(j),
      ...(pool.priced(j) ? { costUsd: prediction.costUsd[j]! } : {}),
      utility,
    }));
  const common = { policy, estimates, propensity: 1 };
  if (action !== STOP) {
    const again = callIds.size > 0 ? 'another answer is worth its cost' : 'best start of a sequence';
    const reason = `${again} at lambda ${state.lambda}, verdicts right ${Math.round(accuracy * 100)} % of the time`;
    return { ...common, action: { type: 'call', calls: [{ model: pool.ids[action]! }] }, reason };
  }
  const answer = sequence.answer();
  if (answer === STOP) return undefined;
  const percent = Math.round(sequence.success(answer) * 100);
  const reason = `no further call is worth its cost; this answer is right with ${percent} %`;
  return { ...common, action: { type: 'stop', callId: callIds.get(answer) }, reason };
}

/** Tells what was called and judged so far; returns the calls that gave an answer, by candidate. */
function tell(sequence: Sequence, pool: PoolPredictor, state: PolicyState): Map<number, string> {
  const answered = new Map<number, string>();
  for (const call of state.steps.flatMap(({ calls }) => calls)) {
    const model = pool.ids.indexOf(call.model);
    if (model < 0) continue;
    if (call.status === 'completed' && call.verdict && !answered.has(model)) {
      sequence.observe(model, call.verdict.pass);
      answered.set(model, call.callId);
    } else {
      sequence.fail(model);
    }
  }
  return answered;
}
