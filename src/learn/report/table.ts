/** Tables of the page: scrolled sideways where a phone is too narrow, sortable where they are long. */
import type { Estimate, RouterFigures } from '../evaluation/report.ts';
import { type Markup, markup } from './markup.ts';
import { interval, matchInterval, percent, points } from './numbers.ts';

export interface Cell {
  text: string;
  /** Below the text, smaller: its interval. */
  small?: string;
  /** What a sortable table sorts by; absent for an empty cell. */
  value?: number;
}

export interface TableText {
  caption: string;
  head: readonly string[];
  rows: readonly (readonly (string | Cell)[])[];
  sortable?: boolean;
}

export function table({ caption, head, rows, sortable = false }: TableText): Markup {
  return markup`<p class="caption">${caption}</p><div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table aria-label="${caption}">
  <thead><tr>${head.map((title) => markup`<th scope="col">${sortable ? markup`<button type="button">${title}</button>` : title}</th>`)}</tr></thead>
  <tbody>${rows.map(
    ([first, ...others]) => markup`
  <tr><th scope="row">${textOf(first!)}</th>${others.map(cell)}</tr>`,
  )}</tbody>
</table></div>`;
}

const textOf = (content: string | Cell): string => (typeof content === 'string' ? content : content.text);

function cell(content: string | Cell): Markup {
  if (typeof content === 'string') return markup`<td>${content}</td>`;
  const { text, small, value } = content;
  return markup`<td data-value="${value === undefined ? '' : String(value)}">${text}${small !== undefined && markup`<small>${small}</small>`}</td>`;
}

/** Points, with their interval below. */
export function withInterval(estimate: Estimate | undefined): Cell {
  if (!estimate) return { text: '' };
  return { text: points(estimate.value), small: interval(estimate), value: estimate.value };
}

export function matchCell({ costMatch: match }: RouterFigures): Cell {
  if (!match) return { text: 'never' };
  return { text: percent(match.value), small: matchInterval(match), value: match.value };
}
