/** Gains side by side, each with its interval. */
import type { Estimate, EvaluationReport } from '../evaluation/report.ts';
import { SHOWN_ACCURACY } from './frontier-plot.ts';
import { type Markup, markup } from './markup.ts';
import { interval, points } from './numbers.ts';
import { figure, linearScale, type Size } from './plot.ts';

export interface Bar {
  name: string;
  gain: Estimate;
  kind: 'policy' | 'sequence' | 'simple';
}

export interface BarGroup {
  title: string;
  bars: Bar[];
}

export function gainGroups({ oneShot, verifiers }: EvaluationReport): BarGroup[] {
  const one = oneShot.map(
    ({ id, name, gain }): Bar => ({
      name,
      gain,
      kind: id === 'policy' || id === 'predictor' ? 'policy' : 'simple',
    }),
  );
  const shown = verifiers.find(({ accuracy }) => accuracy === SHOWN_ACCURACY);
  const several = shown && [
    ...(shown.dapo ? [{ name: shown.dapo.name, gain: shown.dapo.gain, kind: 'sequence' } as const] : []),
    { name: shown.plugIn.name, gain: shown.plugIn.gain, kind: 'sequence' } as const,
    { name: shown.rule.name, gain: shown.rule.gain, kind: 'simple' } as const,
  ];
  return [
    { title: 'One call', bars: one },
    ...(several ? [{ title: 'Up to three calls, verifier right 90 %', bars: several }] : []),
  ];
}

const GROUP_ROOM = 34;

export function gainBars(groups: readonly BarGroup[], title: string, caption: Markup): Markup {
  const bars = groups.flatMap((group) => group.bars);
  const height = (row: number) => groups.length * GROUP_ROOM + bars.length * row + 14;
  const alternative = groups
    .map(
      (group) =>
        `${group.title}: ${group.bars.map(({ name, gain }) => `${name} ${points(gain.value)}`).join(', ')}.`,
    )
    .join(' ');
  return figure(
    (size) => draw(groups, size),
    { title, alternative: `Gain in points. ${alternative}`, caption, keys: [] },
    { wide: height(30), narrow: height(42) },
  );
}

function draw(groups: readonly BarGroup[], size: Size): Markup {
  const all = groups.flatMap(({ bars }) => bars.flatMap(({ gain }) => [gain.low, gain.high, gain.value]));
  const range = [Math.min(0, ...all), Math.max(0.5, ...all)] as const;
  const left = size.narrow ? 8 : 228;
  const right = size.width - (size.narrow ? 8 : 172);
  const x = linearScale(range, [left, right], 5, points);
  const row = size.narrow ? 42 : 30;
  // Where names stand above the bars, the line of no gain keeps clear of them.
  const half = size.narrow ? 12 : row / 2;
  let top = 0;
  const parts: Markup[] = [];
  for (const { title, bars } of groups) {
    parts.push(markup`<text class="group" x="${size.narrow ? 8 : 0}" y="${top + 22}">${title}</text>`);
    top += GROUP_ROOM;
    for (const { name, gain, kind } of bars) {
      const middle = top + (size.narrow ? 29 : 14);
      const from = Math.min(x(0), x(gain.value));
      parts.push(markup`
    <line class="axis" x1="${x(0)}" x2="${x(0)}" y1="${middle - half}" y2="${middle + half}"/>
    <text class="bar-name" x="${size.narrow ? 8 : left - 12}" y="${size.narrow ? top + 14 : middle + 4}" text-anchor="${size.narrow ? 'start' : 'end'}">${name}</text>
    <rect class="fill ${kind}" x="${from}" y="${middle - 8}" width="${Math.max(1, Math.abs(x(gain.value) - x(0)))}" height="16"/>
    <path class="whisker" d="M${x(gain.low).toFixed(1)} ${middle - 4}v8M${x(gain.low).toFixed(1)} ${middle}H${x(gain.high).toFixed(1)}m0 -4v8"/>
    <text class="value" x="${size.width - (size.narrow ? 8 : 0)}" y="${size.narrow ? top + 14 : middle + 4}" text-anchor="end">${points(gain.value)} (${interval(gain)})</text>`);
      top += row;
    }
  }
  return markup`${parts}`;
}
