/** Sequences of up to three calls, at several accuracies of the verifier: lookahead alone, with DAPO, and by hand. */
import { MOST_CALLS } from '../../policy/embedded/sequence.ts';
import type { PolicyWeights } from '../../policy/embedded/weights.ts';
import { Random } from '../random.ts';
import { type Bench, type Training, takeBench } from './bench.ts';
import { workingPoint } from './by-task.ts';
import type { NoVerifierFigures, VerifierFigures } from './report.ts';
import { type NamedRouter, resample } from './resample.ts';
import { FOLDS, rowFolds, simpleRouters } from './simple-routers.ts';
import { play } from './trained-anew.ts';

export const VERIFIER_ACCURACIES: readonly number[] = [0.6, 0.7, 0.8, 0.9, 1];
/** Verdicts that say nothing: how much the policy calls on its own account where calling again cannot help. */
const COIN = 0.5;
/** Bounds the time: every row is planned for at every lambda and accuracy. */
const MOST_ROWS = 800;

export function withVerifier(
  whole: Bench,
  sequence: NonNullable<PolicyWeights['sequence']>,
  { seed, draws, progress }: { seed: number; draws: number; progress: (line: string) => void },
  training?: Training,
): { verifiers: VerifierFigures[]; verifierRows: number; noVerifier: NoVerifierFigures } {
  const sample = new Random(seed).order(whole.rows.length).subarray(0, MOST_ROWS).sort();
  const bench = sample.length < whole.rows.length ? takeBench(whole, sample) : whole;
  const { rows, outcomes, data } = bench;
  const simple = simpleRouters(rows, outcomes, rowFolds(rows.length, FOLDS, seed), seed, { training });
  const { copula, correction } = sequence;
  const verifiers = [COIN, ...VERIFIER_ACCURACIES].map((accuracy): VerifierFigures => {
    progress(`sequences with a verifier right in ${Math.round(100 * accuracy)} % of its verdicts`);
    const plain = play(data, { copula }, accuracy, seed);
    const reinforced = correction && play(data, sequence, accuracy, seed);
    const routers: NamedRouter[] = [
      { id: 'plug-in', name: 'lookahead without RL', operations: plain },
      { id: 'rule', name: 'rule made by hand', operations: simple.rule(accuracy, MOST_CALLS, seed) },
      ...(reinforced ? [{ id: 'dapo', name: 'policy (lookahead with DAPO)', operations: reinforced }] : []),
    ];
    const { figures, difference } = resample(outcomes, routers, { seed, draws });
    const [withoutRl, rule, withRl] = figures;
    const played = reinforced ?? plain;
    const { calls } = played[workingPoint(bench, played).at]!;
    return {
      accuracy,
      plugIn: withoutRl!,
      rule: rule!,
      ...(withRl ? { dapo: withRl, dapoLessPlugIn: difference(2, 0) } : {}),
      calls: calls.reduce((sum, one) => sum + one, 0) / calls.length,
    };
  });
  const alone = play(data, sequence, undefined, seed);
  const { figures } = resample(
    outcomes,
    [{ id: 'policy', name: 'policy without a verifier', operations: alone }],
    { seed, draws },
  );
  const mostCalls = Math.max(...alone.map(({ calls }) => calls.reduce((a, b) => Math.max(a, b), 0)));
  return { verifiers, verifierRows: rows.length, noVerifier: { policy: figures[0]!, mostCalls } };
}
