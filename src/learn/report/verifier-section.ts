/** Up to three calls: what a verifier is worth, how that falls as it errs, and that without one there is one call. */
import type { EvaluationReport, VerifierFigures } from '../evaluation/report.ts';
import { type Markup, markup } from './markup.ts';
import { count, interval, points } from './numbers.ts';
import { matchCell, table, withInterval } from './table.ts';
import { verifierPlot } from './verifier-plot.ts';

export function withVerifier(report: EvaluationReport): Markup {
  const title = markup`<h2>With a verifier</h2>`;
  const { verifiers, noVerifier } = report;
  if (!noVerifier || verifiers.length === 0) {
    return markup`${title}<p>This policy was trained without sequences: it makes one call, whether there is a verifier or not.</p>`;
  }
  const gain = ({ dapo, plugIn }: VerifierFigures) => points((dapo ?? plugIn).gain.value);
  const coin = verifiers.find(({ accuracy }) => accuracy === 0.5);
  const { policy, mostCalls } = noVerifier;
  return markup`${title}
<p><strong>${
    mostCalls === 1
      ? 'Without a verifier the policy stays with one call'
      : `Without a verifier the policy made up to ${mostCalls} calls`
  }</strong>: on each of ${count(report.verifierRows)} rows, at every λ, it made ${mostCalls === 1 ? 'one' : `${mostCalls} at most`}, and gains ${points(policy.gain.value)} points (${interval(policy.gain)}).
${coin && markup`Told that its verifier is a coin, which is as good as none, it makes ${coin.calls.toFixed(2)} calls on average.`}
With one it may try a cheap model first and ask another where the answer is judged bad. What that gains, from the best verifier to the worst: ${verifiers
    .toReversed()
    .map((one) => `${gain(one)} at ${share(one.accuracy)}`)
    .join(', ')} of the verdicts right.</p>
${verifierPlot(report)}
${verifierTable(report, noVerifier)}
<p>A verifier that is always right is the bound of what any can give. “Calls” is the mean number of calls where the policy is as accurate as the best single model at the least cost, else where it is most accurate.</p>`;
}

const share = (accuracy: number): string => `${Math.round(100 * accuracy)} %`;

function verifierTable(
  { verifiers, verifierRows, table: of, policy: { reinforced } }: EvaluationReport,
  { policy, mostCalls }: NonNullable<EvaluationReport['noVerifier']>,
): Markup {
  const drawn = verifierRows < of.rows ? `, on ${count(verifierRows)} rows drawn from the table` : '';
  const only = <T>(cell: T): T[] => (reinforced ? [cell] : []);
  return table({
    caption: `Gain in points by the verifier’s accuracy${drawn}`,
    head: [
      'verdicts right',
      'policy',
      ...only('without RL'),
      ...only('DAPO adds'),
      'rule by hand',
      'as accurate at',
      'calls',
    ],
    rows: [
      [
        'no verifier',
        withInterval(policy.gain),
        ...only(''),
        ...only(''),
        '',
        matchCell(policy),
        mostCalls.toFixed(2),
      ],
      ...verifiers.map(({ accuracy, dapo, plugIn, rule, dapoLessPlugIn, calls }) => [
        share(accuracy),
        withInterval((dapo ?? plugIn).gain),
        ...only(withInterval(plugIn.gain)),
        ...only(withInterval(dapoLessPlugIn)),
        withInterval(rule.gain),
        matchCell(dapo ?? plugIn),
        calls.toFixed(2),
      ]),
    ],
  });
}
