/** How the gain falls as the verifier gets worse: the policy, the lookahead alone, the rule made by hand. */
import type { Estimate, EvaluationReport } from '../evaluation/report.ts';
import { type Markup, markup } from './markup.ts';
import { points } from './numbers.ts';
import { axes, figure, type Key, line, linearScale, type Size } from './plot.ts';

interface Series {
  kind: string;
  label: string;
  values: { accuracy: number; gain: Estimate }[];
}

export function verifierPlot(report: EvaluationReport): Markup {
  const series = seriesOf(report);
  const one = (report.noVerifier?.policy ?? report.oneShot[0]!).gain;
  const keys: Key[] = [
    ...series.map(({ kind, label }) => ({ kind, label, mark: 'line' as const })),
    { kind: 'flat', label: 'policy without a verifier, one call', mark: 'line' },
  ];
  return figure(
    (size) => draw(series, one, size),
    {
      title: 'Gain against the verifier’s accuracy',
      alternative: series
        .map(
          ({ label, values }) =>
            `${label}: ${values.map(({ accuracy, gain }) => `${points(gain.value)} at ${Math.round(100 * accuracy)} %`).join(', ')}.`,
        )
        .join(' '),
      caption: markup`Up to three calls a request; all calls are paid. A verifier that is right in 50 % of its verdicts is a coin and teaches nothing. Bars are 95 % intervals.`,
      keys,
    },
    { wide: 400, narrow: 360 },
  );
}

function seriesOf({ verifiers, policy }: EvaluationReport): Series[] {
  const of = (pick: (figures: EvaluationReport['verifiers'][number]) => Estimate | undefined) =>
    verifiers.flatMap((figures) => {
      const gain = pick(figures);
      return gain ? [{ accuracy: figures.accuracy, gain }] : [];
    });
  return [
    ...(policy.reinforced
      ? [{ kind: 'sequence', label: 'policy: lookahead with DAPO', values: of(({ dapo }) => dapo?.gain) }]
      : []),
    {
      kind: policy.reinforced ? 'plugin' : 'sequence',
      label: 'lookahead without RL',
      values: of(({ plugIn }) => plugIn.gain),
    },
    { kind: 'rule', label: 'rule made by hand', values: of(({ rule }) => rule.gain) },
  ];
}

/** Series stand beside each other, so that their bars do not hide each other. */
const DODGE = 6;

function draw(series: readonly Series[], one: Estimate, size: Size): Markup {
  const margin = { left: 44, right: 20, top: 28, bottom: 48 };
  const all = [
    one.value,
    0,
    ...series.flatMap(({ values }) => values.flatMap(({ gain }) => [gain.low, gain.high])),
  ];
  const accuracies = series[0]!.values.map(({ accuracy }) => accuracy);
  const x = linearScale(
    [Math.min(...accuracies) - 0.03, Math.max(...accuracies) + 0.03],
    [margin.left, size.width - margin.right],
    5,
    (value) => `${Math.round(100 * value)} %`,
  );
  const y = linearScale(
    [Math.min(...all) - 0.5, Math.max(...all) + 0.5],
    [size.height - margin.bottom, margin.top],
    6,
    (value) => (value === 0 ? '0' : points(value).replace(/\.0$/, '')),
  );
  const shift = (at: number) => (at - (series.length - 1) / 2) * DODGE;
  return markup`
    ${axes({ size, margin, x, y, xTitle: 'verdicts that are right', yTitle: 'gain in points' })}
    ${line(
      [
        [margin.left, y(one.value)],
        [size.width - margin.right, y(one.value)],
      ],
      'flat',
    )}
    ${series.map(({ kind, values }, at) => [
      line(
        values.map(({ accuracy, gain }) => [x(accuracy) + shift(at), y(gain.value)] as const),
        kind,
      ),
      ...values.map(({ accuracy, gain }) => {
        const middle = (x(accuracy) + shift(at)).toFixed(1);
        return markup`
    <path class="whisker ${kind}" d="M${middle} ${y(gain.low).toFixed(1)}V${y(gain.high).toFixed(1)}"/>
    <circle class="dot ${kind}" cx="${middle}" cy="${y(gain.value)}" r="4"><title>${points(gain.value)} at ${Math.round(100 * accuracy)} %</title></circle>`;
      }),
    ])}`;
}
