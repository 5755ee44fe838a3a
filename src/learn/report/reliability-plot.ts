/** Expected success against what came of it, in tenths. */
import type { EvaluationReport } from '../evaluation/report.ts';
import { type Markup, markup } from './markup.ts';
import { percent, shortCount } from './numbers.ts';
import { axes, figure, linearScale, type Size } from './plot.ts';

export function reliabilityPlot(report: EvaluationReport): Markup {
  const { tenths } = report.reliability;
  return figure(
    (size) => draw(report, size),
    {
      title: 'Does expected success mean what it says?',
      alternative: `Reached against expected success: ${tenths
        .map(({ expected, reached }) => `${percent(expected)} expected, ${percent(reached)} reached`)
        .join('; ')}.`,
      caption: markup`Every row with every model, gathered by what the policy expected. On the line: as promised. Below it: promised too much. Bars are 95 % intervals; the numbers along the axis say how many pairs.`,
      keys: [],
    },
    { wide: 420, narrow: 360 },
  );
}

function draw({ reliability: { tenths } }: EvaluationReport, size: Size): Markup {
  const margin = { left: 52, right: 28, top: 28, bottom: 66 };
  const bottom = size.height - margin.bottom;
  const label = (value: number) => `${Math.round(100 * value)} %`;
  const x = linearScale([0, 1], [margin.left, size.width - margin.right], 5, label);
  const y = linearScale([0, 1], [bottom, margin.top], 5, label);
  const most = Math.max(...tenths.map(({ pairs }) => pairs));
  const within = (value: number) => Math.max(0, Math.min(1, value));
  return markup`
    ${axes({ size, margin, x, y, xTitle: 'expected success', yTitle: 'reached' })}
    <text class="tick small" x="4" y="${size.height - 6}">pairs</text>
    <path class="line mixing" d="M${x(0)} ${y(0)}L${x(1)} ${y(1)}"/>
    ${tenths.map(({ expected, reached, error = 0, pairs, from, to }) => {
      const [low, high] = [within(reached - 1.96 * error), within(reached + 1.96 * error)];
      return markup`
    <path class="whisker policy" d="M${x(expected).toFixed(1)} ${y(low).toFixed(1)}V${y(high).toFixed(1)}"/>
    <circle class="dot policy" cx="${x(expected)}" cy="${y(reached)}" r="${3 + 4 * Math.sqrt(pairs / most)}"><title>${from.toFixed(1)} to ${to.toFixed(1)}: ${percent(expected)} expected, ${percent(reached)} reached, ${pairs} pairs</title></circle>
    <text class="tick small" x="${x((from + to) / 2)}" y="${size.height - 6}" text-anchor="middle">${shortCount(pairs)}</text>`;
    })}`;
}
