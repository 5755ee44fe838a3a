/** What all plots share: two sizes, scales, axes, and the figure around them. Colours come from the style sheet. */
import { type Markup, markup } from './markup.ts';

/** Plots are drawn twice, for a desk and for a phone, since scaled text cannot be read. */
export interface Size {
  width: number;
  height: number;
  narrow: boolean;
}

/** Room between the edge of a plot and its axes. */
export interface Margin {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Scale {
  (value: number): number;
  ticks: { at: number; label: string }[];
  from: number;
  to: number;
}

/** Steps of 1, 2 or 5 times a power of ten. */
export function linearScale(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
  wanted: number,
  label: (value: number) => string,
): Scale {
  const rough = (to - from) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough * 0.999) ?? 10);
  const ticks = [];
  for (let k = Math.ceil(from / step - 1e-9); k * step <= to + 1e-9 * step; k++) {
    ticks.push({ at: k * step, label: label(k * step) });
  }
  const scale = (value: number) => start + ((value - from) / (to - from)) * (end - start);
  return Object.assign(scale, { ticks, from, to });
}

/** Powers of ten, with 2 and 5 between them where there is room, and some of them left out where there is none. */
export function logScale(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
  wanted: number,
  label: (value: number) => string,
): Scale {
  const decades = Math.log10(to / from);
  const factors = decades * 3 <= wanted ? [1, 2, 5] : decades * 1.6 <= wanted ? [1, 3] : [1];
  const every = Math.ceil(decades / (wanted + 1));
  const ticks = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power++) {
    if (power % every !== 0) continue;
    for (const factor of factors) {
      const at = Number((factor * 10 ** power).toPrecision(6));
      if (at >= from * 0.999 && at <= to * 1.001) ticks.push({ at, label: label(at) });
    }
  }
  const scale = (value: number) => start + (Math.log(value / from) / Math.log(to / from)) * (end - start);
  return Object.assign(scale, { ticks, from, to });
}

export interface Frame {
  size: Size;
  margin: Margin;
  x: Scale;
  y: Scale;
  xTitle: string;
  yTitle: string;
}

/** Grid, tick labels and axis titles. The title of the y axis stands above it, where it can be read. */
export function axes({ size, margin, x, y, xTitle, yTitle }: Frame): Markup {
  const left = margin.left;
  const right = size.width - margin.right;
  const bottom = size.height - margin.bottom;
  return markup`
    ${y.ticks.map(
      ({ at, label }) => markup`
    <line class="grid" x1="${left}" x2="${right}" y1="${y(at)}" y2="${y(at)}"/>
    <text class="tick" x="${left - 8}" y="${y(at) + 4}" text-anchor="end">${label}</text>`,
    )}
    ${x.ticks.map(
      ({ at, label }) => markup`
    <line class="grid" x1="${x(at)}" x2="${x(at)}" y1="${margin.top}" y2="${bottom}"/>
    ${tickBelow(label, x(at), bottom + 18, size)}`,
    )}
    <line class="axis" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>
    <text class="axis-title" x="${right}" y="${bottom + 38}" text-anchor="end">${xTitle}</text>
    <text class="axis-title" x="${4}" y="${14}">${yTitle}</text>`;
}

/** In the middle below its line; at the right edge it ends where the plot does. */
function tickBelow(label: string, x: number, y: number, { width }: Size): Markup {
  const middle = x + 4 * label.length <= width;
  return markup`<text class="tick" x="${middle ? x : width - 1}" y="${y}" text-anchor="${middle ? 'middle' : 'end'}">${label}</text>`;
}

export function line(points: readonly (readonly [number, number])[], kind: string): Markup {
  const path = points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
  return markup`<path class="line ${kind}" d="${path}"/>`;
}

/** Round the dot that matters most, which colour alone would not tell from the others. */
export function ring(x: number, y: number): Markup {
  return markup`<circle class="ring" cx="${x}" cy="${y}" r="6.5"/>`;
}

/** What stands for a line or mark in a legend. */
export interface Key {
  kind: string;
  label: string;
  mark: 'line' | 'dot' | 'ring';
}

export interface FigureText {
  title: string;
  /** What the picture shows, for those who do not see it. */
  alternative: string;
  caption: Markup;
  keys: readonly Key[];
}

const WIDE = 720;
const NARROW = 360;

/** A plot in both sizes; the style sheet shows one. */
export function figure(
  draw: (size: Size) => Markup,
  { title, alternative, caption, keys }: FigureText,
  heights: { wide: number; narrow: number },
): Markup {
  const svg = (
    size: Size,
  ) => markup`<svg class="${size.narrow ? 'narrow' : 'wide'}" role="img" aria-label="${alternative}"
    viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}">${draw(size)}</svg>`;
  return markup`<figure>
  <h3>${title}</h3>
  ${keys.length > 0 && markup`<ul class="keys">${keys.map(legend)}</ul>`}
  ${svg({ width: WIDE, height: heights.wide, narrow: false })}
  ${svg({ width: NARROW, height: heights.narrow, narrow: true })}
  <figcaption>${caption}</figcaption>
</figure>`;
}

function legend({ kind, label, mark }: Key): Markup {
  const shapes = {
    line: markup`<path class="line ${kind}" d="M1 7H25"/>`,
    dot: markup`<circle class="dot ${kind}" cx="13" cy="7" r="4.5"/>`,
    ring: markup`${ring(13, 7)}<circle class="dot ${kind}" cx="13" cy="7" r="4"/>`,
  };
  return markup`<li><svg aria-hidden="true" width="26" height="14" viewBox="0 0 26 14">${shapes[mark]}</svg>${label}</li>`;
}
