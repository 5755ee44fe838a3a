/** Plots as SVG, drawn for the room there is. Each says in words what it shows; the figures stand in a table below. */

import { el, named, svg } from './dom.js';
import { count, msText, usdDigits, usdTick } from './words.js';

/** Room of a plot in pixels; redrawn where the window changes. */
export function roomOf(id) {
  return Math.max(280, Math.min(1140, document.getElementById(id).clientWidth || 700));
}

/** Steps of 1, 2 or 5 times a power of ten from 0 to at least `most`. */
export function niceSteps(most, wanted) {
  if (!(most > 0)) return [0, 1];
  const rough = most / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough * 0.999) ?? 10);
  const steps = [];
  for (let k = 0; (k - 1) * step < most * 0.9999; k++) steps.push(Number((k * step).toPrecision(12)));
  return steps;
}

function frame(width, height, label, ...children) {
  return svg(
    'svg',
    { role: 'img', 'aria-label': label, viewBox: `0 0 ${width} ${height}`, width, height },
    ...children,
  );
}

export function swatch(kind) {
  return svg(
    'svg',
    { 'aria-hidden': 'true', width: 12, height: 12 },
    svg('rect', { class: `k${kind}`, width: 12, height: 12, rx: 2 }),
  );
}

export function legend(names) {
  return el(
    'ul',
    { class: 'keys' },
    names.map(([name, kind]) => el('li', {}, swatch(kind), named(name))),
  );
}

/** Grid lines with their labels at the left. */
function yAxis(steps, y, { left, right }, label) {
  return steps.map((at) => [
    svg('line', { class: 'grid', x1: left, x2: right, y1: y(at), y2: y(at) }),
    svg('text', { class: 'tick', x: left - 6, y: y(at) + 4, 'text-anchor': 'end' }, label(at)),
  ]);
}

/**
 * Stacked columns.
 * @param series `{ name, kind, values }`, one value a column
 * @param labels one a column, '' where there is none; `titles` are read when one is pointed at
 */
export function stackedColumns({ width, label, series, labels, titles, unit }) {
  const height = width < 500 ? 200 : 240;
  const columns = labels.length;
  const sums = labels.map((_, at) => series.reduce((sum, { values }) => sum + values[at], 0));
  const steps = niceSteps(Math.max(...sums), 4);
  const box = {
    left: 12 + 7 * Math.max(...steps.map((at) => usdTick(at).length)),
    right: width - 4,
    top: 24,
    bottom: height - 24,
  };
  const y = (value) => box.bottom - (value / steps.at(-1)) * (box.bottom - box.top);
  const wide = (box.right - box.left) / columns;
  const bars = [];
  for (let at = 0; at < columns; at++) {
    let below = 0;
    const x = box.left + at * wide;
    for (const { name, kind, values } of series) {
      if (!(values[at] > 0)) continue;
      const top = y(below + values[at]);
      const title = svg('title', {}, `${titles[at]}\n${name}: ${usdDigits(values[at])} ${unit}`);
      const size = {
        x: x + 0.08 * wide,
        y: top,
        width: Math.max(1, 0.84 * wide),
        height: Math.max(0.5, y(below) - top),
      };
      bars.push(svg('rect', { class: `column k${kind}`, ...size }, title));
      below += values[at];
    }
  }
  const ticks = labels.map((text, at) => {
    const end = at > columns - 2 && box.left + (at + 0.5) * wide + 4 * text.length > width;
    return (
      text &&
      svg(
        'text',
        {
          class: 'tick',
          x: end ? width - 1 : box.left + (at + 0.5) * wide,
          y: height - 7,
          'text-anchor': end ? 'end' : 'middle',
        },
        text,
      )
    );
  });
  return frame(
    width,
    height,
    label,
    yAxis(steps, y, box, usdTick),
    svg('line', { class: 'axis', x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
    bars,
    ticks,
    svg('text', { class: 'tick', x: 2, y: 12 }, unit),
  );
}

/** How many calls took how long, on a logarithmic axis, with the median and the 95th percentile. */
export function latencyPlot({ width, latency, label }) {
  const { edgesMs, counts, p50Ms, p95Ms } = latency;
  const height = 210;
  const steps = niceSteps(Math.max(...counts), 4);
  const box = {
    // No narrower than what stands above the axis.
    left: Math.max(38, 12 + 7 * Math.max(...steps.map((at) => count(at).length))),
    right: width - 8,
    top: 36,
    bottom: height - 24,
  };
  const y = (value) => box.bottom - (value / steps.at(-1)) * (box.bottom - box.top);
  const wide = (box.right - box.left) / counts.length;
  const [least, most] = [Math.log(edgesMs[0]), Math.log(edgesMs.at(-1))];
  const x = (ms) =>
    box.left + Math.min(1, Math.max(0, (Math.log(ms) - least) / (most - least))) * (box.right - box.left);
  const every = Math.ceil((edgesMs.length * 56) / (box.right - box.left));
  const bars = counts.map((calls, at) =>
    svg(
      'rect',
      {
        class: 'column k0',
        x: box.left + at * wide,
        y: y(calls),
        width: wide,
        height: box.bottom - y(calls),
      },
      svg('title', {}, `${msText(edgesMs[at])} to ${msText(edgesMs[at + 1])}: ${count(calls)}`),
    ),
  );
  const ticks = edgesMs.map((ms, at) => {
    const end = box.left + at * wide > width - 24;
    const place = { x: end ? width - 1 : box.left + at * wide, 'text-anchor': end ? 'end' : 'middle' };
    return at % every === 0 && svg('text', { class: 'tick', y: height - 7, ...place }, msText(ms));
  });
  const mark = (ms, name, row) => {
    const text = `${name} ${msText(ms)}`;
    // Some 6.6 pixels a character.
    const anchor = x(ms) + 5 + 6.6 * text.length > width ? 'end' : 'start';
    return [
      svg('line', { class: 'rule', x1: x(ms), x2: x(ms), y1: row - 4, y2: box.bottom }),
      svg(
        'text',
        { class: 'mark', x: x(ms) + (anchor === 'end' ? -5 : 5), y: row + 4, 'text-anchor': anchor },
        text,
      ),
    ];
  };
  return frame(
    width,
    height,
    label,
    yAxis(steps.filter(Number.isInteger), y, box, count),
    svg('line', { class: 'axis', x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
    bars,
    ticks,
    mark(p95Ms, '95 % within', 28),
    mark(p50Ms, 'half within', 12),
    svg('text', { class: 'tick', x: 2, y: 12 }, 'calls'),
  );
}

/** One bar in parts: `[value, class]`, all of `most`. */
export function bar(parts, most, { width = 160, label, over = false }) {
  let left = 0;
  const rects = parts.map(([value, kind]) => {
    const size = Math.max(0, Math.min(width - left, (value / most) * width));
    const rect = svg('rect', { class: kind, x: left, width: value > 0 ? Math.max(1, size) : 0, height: 12 });
    left += size;
    return rect;
  });
  return svg(
    'svg',
    {
      role: 'img',
      'aria-label': label,
      width,
      height: 12,
      viewBox: `0 0 ${width} 12`,
      class: over && 'over',
    },
    svg('rect', { class: 'track', width, height: 12, rx: 2 }),
    rects,
  );
}

/** A mean with its interval between 0 and 1. */
export function whisker({ mean, low, high }, label) {
  const x = (share) => 6 + 108 * share;
  return svg(
    'svg',
    { role: 'img', 'aria-label': label, width: 120, height: 14, viewBox: '0 0 120 14' },
    svg('line', { class: 'grid', x1: x(0), x2: x(1), y1: 7, y2: 7 }),
    svg('path', { class: 'whisker', d: `M${x(low)} 3v8M${x(low)} 7H${x(high)}M${x(high)} 3v8` }),
    svg('circle', { class: 'dot', cx: x(mean), cy: 7, r: 4 }),
  );
}
