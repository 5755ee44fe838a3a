/** Sequences of up to three calls, at several accuracies of the verifier: lookahead alone, with DAPO, and by hand. */
import { MOST_CALLS, SequencePlanner } from '../../policy/embedded/sequence.ts';
import type { PolicyWeights } from '../../policy/embedded/weights.ts';
import { Random } from '../random.ts';
import { operations } from '../replay.ts';
import { type Bench, SEQUENCE_LAMBDAS, type Training, takeBench } from './bench.ts';
import type { VerifierFigures } from './report.ts';
import { type NamedRouter, resample } from './resample.ts';
import { FOLDS, rowFolds, simpleRouters } from './simple-routers.ts';

export const VERIFIER_ACCURACIES: readonly number[] = [0.6, 0.7, 0.8, 0.9, 1];
/** Bounds the time: every row is planned for at every lambda and accuracy. */
const MOST_ROWS = 800;

export function withVerifier(
  whole: Bench,
  sequence: NonNullable<PolicyWeights['sequence']>,
  { seed, draws, progress }: { seed: number; draws: number; progress: (line: string) => void },
  training?: Training,
): { verifiers: VerifierFigures[]; verifierRows: number } {
  const sample = new Random(seed).order(whole.rows.length).subarray(0, MOST_ROWS).sort();
  const bench = sample.length < whole.rows.length ? takeBench(whole, sample) : whole;
  const { rows, outcomes, data } = bench;
  const simple = simpleRouters(rows, outcomes, rowFolds(rows.length, FOLDS, seed), seed, training);
  const plugIn = new SequencePlanner({ copula: sequence.copula });
  const dapo = sequence.correction && new SequencePlanner(sequence);
  const verifiers = VERIFIER_ACCURACIES.map((accuracy): VerifierFigures => {
    progress(`sequences with a verifier right in ${Math.round(100 * accuracy)} % of its verdicts`);
    const replay = (planner: SequencePlanner) =>
      operations(data, planner, {
        lambdas: SEQUENCE_LAMBDAS,
        verifier: accuracy,
        maxCalls: MOST_CALLS,
        seed,
      });
    const routers: NamedRouter[] = [
      { id: 'plug-in', name: 'lookahead without RL', operations: replay(plugIn) },
      { id: 'rule', name: 'rule made by hand', operations: simple.rule(accuracy, MOST_CALLS, seed) },
      ...(dapo ? [{ id: 'dapo', name: 'policy (lookahead with DAPO)', operations: replay(dapo) }] : []),
    ];
    const { figures, difference } = resample(outcomes, routers, { seed, draws });
    const [withoutRl, rule, withRl] = figures;
    return {
      accuracy,
      plugIn: withoutRl!,
      rule: rule!,
      ...(withRl ? { dapo: withRl, dapoLessPlugIn: difference(2, 0) } : {}),
    };
  });
  return { verifiers, verifierRows: rows.length };
}
