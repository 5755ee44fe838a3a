/** Cost against accuracy: the singles, their best random mix, the policy with its interval, the oracle. */
import type { EvaluationReport, RouterFigures } from '../evaluation/report.ts';
import { accuracyAt, type FrontierPoint, hull } from '../frontier.ts';
import { placeLabels } from './labels.ts';
import { type Markup, markup } from './markup.ts';
import { percent, points, shortName } from './numbers.ts';
import { axes, figure, type Key, line, linearScale, logScale, ring, type Scale, type Size } from './plot.ts';

/** The sequence shown beside one call: what a good verifier gives. */
export const SHOWN_ACCURACY = 0.9;

export function shownSequence({ verifiers }: EvaluationReport): RouterFigures | undefined {
  const shown = verifiers.find(({ accuracy }) => accuracy === SHOWN_ACCURACY);
  return shown && (shown.dapo ?? shown.plugIn);
}

export function frontierPlot(report: EvaluationReport): Markup {
  const policy = report.oneShot[0]!;
  const sequence = shownSequence(report);
  const keys: Key[] = [
    { kind: 'policy', mark: 'line', label: 'policy, one call (95 % interval shaded)' },
    ...(sequence
      ? [{ kind: 'sequence', mark: 'line', label: 'policy, up to three calls, verifier right 90 %' } as const]
      : []),
    { kind: 'mixing', mark: 'line', label: 'mixing line: best random mix of two models' },
    { kind: 'oracle', mark: 'line', label: 'oracle' },
    { kind: 'single', mark: 'dot', label: 'a single model' },
    { kind: 'best', mark: 'ring', label: 'the best single model' },
  ];
  const [lowest] = accuracyRange(report, sequence);
  const free = report.singles.some(({ costShare }) => costShare === 0);
  const below = report.singles.filter(({ accuracy }) => accuracy < lowest).length;
  const alternative =
    `Accuracy against cost. The best single model, ${report.best.model}, reaches ${percent(report.best.accuracy)}. ` +
    `In one call the policy is ${points(policy.gain.value)} points over the mixing line on average` +
    (sequence
      ? `, with a verifier right in 90 % of its verdicts ${points(sequence.gain.value)} points.`
      : '.');
  return figure(
    (size) => draw(report, sequence, size),
    {
      title: 'Frontier: what accuracy costs',
      alternative,
      caption: markup`Mean cost of a request as a share of what the best single model costs, on a logarithmic axis; the upright line is at 100 %. The shade is how far chance may have moved the policy’s accuracy; the mixing line moves with it, so whether there is a gain is said by the interval of the gain and not by the shade. Names that find no room are in the table of single models.${free && ' Models that cost nothing stand at the left edge.'}${below > 0 && ` ${below} of the models lie below what is drawn.`}`,
      keys,
    },
    { wide: 460, narrow: 400 },
  );
}

function draw(report: EvaluationReport, sequence: RouterFigures | undefined, size: Size): Markup {
  const { singles, mixing, oracle, band, best } = report;
  const policy = hull(report.oneShot[0]!.points);
  const lines = [policy, mixing, oracle, ...(sequence ? [hull(sequence.points)] : [])];
  const margin = { left: 48, right: 16, top: 28, bottom: 48 };
  const priced = [
    ...lines.flat().map(({ cost }) => cost),
    ...singles.map(({ costShare }) => costShare),
  ].filter((cost) => cost > 0);
  const [lowest, highest] = accuracyRange(report, sequence);
  const least = Math.min(...priced);
  const x = logScale(
    [least * 0.8, Math.max(1, ...priced) * 1.25],
    [margin.left, size.width - margin.right],
    size.narrow ? 4 : 8,
    (share) => `${Number((100 * share).toPrecision(3))} %`,
  );
  const y = linearScale(
    [lowest, highest],
    [size.height - margin.bottom, margin.top],
    size.narrow ? 5 : 7,
    (accuracy) => `${Number((100 * accuracy).toFixed(1))} %`,
  );
  const curve = (points: readonly FrontierPoint[], kind: string) => line(along(points, x, y), kind);
  const drawn = band.filter(({ budget }) => budget >= x.from && budget <= x.to);
  const shade = [
    ...drawn.map(({ budget, high }) => [x(budget), y(clamp(high, lowest, highest))] as const),
    ...drawn.toReversed().map(({ budget, low }) => [x(budget), y(clamp(low, lowest, highest))] as const),
  ];
  const free = least * 0.8;
  const dots = singles
    .filter((single) => single.accuracy >= lowest)
    .map((single) => ({ ...single, x: x(Math.max(single.costShare, free)), y: y(single.accuracy) }))
    .sort((a, b) => rank(b, report) - rank(a, report));
  const labels = placeLabels(
    dots.map((dot) => ({ x: dot.x, y: dot.y, name: shortName(dot.model, size.narrow ? 18 : 26) })),
    lines.flatMap((points) => along(points, x, y)),
    { left: margin.left, right: size.width - 4, top: margin.top, bottom: size.height - margin.bottom },
    size.narrow ? 5 : 14,
  );
  return markup`
    ${axes({ size, margin, x, y, xTitle: 'cost, share of the best single model’s', yTitle: 'accuracy' })}
    <line class="axis" x1="${x(1)}" x2="${x(1)}" y1="${margin.top}" y2="${size.height - margin.bottom}"/>
    ${shade.length > 2 && markup`<polygon class="band policy" points="${shade.map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join(' ')}"/>`}
    ${curve(oracle, 'oracle')}${curve(mixing, 'mixing')}
    ${sequence && curve(hull(sequence.points), 'sequence')}${curve(policy, 'policy')}
    ${dots.map(
      (dot) =>
        markup`${dot.model === best.model && ring(dot.x, dot.y)}<circle class="dot single${dot.model === best.model && ' best'}" cx="${dot.x}" cy="${dot.y}" r="4"><title>${dot.model}: ${percent(dot.accuracy)} at ${percent(dot.costShare)}</title></circle>`,
    )}
    ${labels.map(({ x: at, y: top, anchor, name }) => markup`<text class="label" x="${at}" y="${top}" text-anchor="${anchor}">${name}</text>`)}`;
}

/** What the lines reach, and a little more: one hopeless model must not press everything else together. */
function accuracyRange(report: EvaluationReport, sequence: RouterFigures | undefined): [number, number] {
  const { mixing, oracle, oneShot, best } = report;
  const lines = [mixing, oracle, hull(oneShot[0]!.points), ...(sequence ? [hull(sequence.points)] : [])];
  const reached = [best, ...lines.flat()].map(({ accuracy }) => accuracy);
  const [least, most] = [Math.min(...reached), Math.max(...reached)];
  return [Math.max(0, least - 0.4 * (most - least) - 0.02), Math.min(1, most + 0.03)];
}

/** A random mix of two points is straight in cost, so it bends on a logarithmic axis. */
function along(points: readonly FrontierPoint[], x: Scale, y: Scale): [number, number][] {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return [];
  const from = Math.max(first.cost, x.from);
  const out: [number, number][] = [];
  const steps = 160;
  const costs = Array.from(
    { length: steps + 1 },
    (_, k) => from * (Math.max(last.cost, from) / from) ** (k / steps),
  );
  for (const cost of [...costs, ...points.map((point) => point.cost).filter((at) => at > from)].sort(
    (a, b) => a - b,
  )) {
    out.push([x(cost), y(accuracyAt(points, cost) ?? first.accuracy)]);
  }
  // What is reached stays reached with more to spend.
  if (last.cost < 1) out.push([x(1), y(last.accuracy)]);
  return out;
}

function rank(
  single: EvaluationReport['singles'][number],
  { best, cheapest, mixing }: EvaluationReport,
): number {
  if (single.model === best.model) return 4;
  const onLine = mixing.some(
    ({ cost, accuracy }) => cost === single.costShare && accuracy === single.accuracy,
  );
  return single.accuracy + (onLine ? 2 : 0) + (single.model === cheapest.model ? 1 : 0);
}

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value));
