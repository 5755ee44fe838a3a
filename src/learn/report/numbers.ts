/** How figures are written on the page. */
import type { CostMatch, Estimate, RouterFigures } from '../evaluation/report.ts';

/** A minus sign that is as wide as the plus. */
const sign = (value: string): string => (value.startsWith('-') ? `−${value.slice(1)}` : `+${value}`);

/** Points of accuracy, with their sign. */
export function points(value: number): string {
  const text = value.toFixed(1);
  return text === '0.0' || text === '-0.0' ? '0.0' : sign(text);
}

export function interval({ low, high }: Pick<Estimate, 'low' | 'high'>): string {
  return `${points(low)} to ${points(high)}`;
}

/** A share as percent; small shares keep two digits. */
export function percent(share: number): string {
  const value = Math.abs(share) * 100;
  const text = value !== 0 && value < 1 ? value.toPrecision(2) : value.toFixed(1);
  return `${share < 0 ? '−' : ''}${text} %`;
}

export function costMatch({ costMatch: match }: RouterFigures): string {
  return match ? `${percent(match.value)} (${matchInterval(match)})` : 'never';
}

export function matchInterval({ low, high }: CostMatch): string {
  return `${percent(low)} to ${high === undefined ? 'never' : percent(high)}`;
}

export const count = (value: number): string => value.toLocaleString('en-US');

/** In little room: 1.2k. */
export function shortCount(value: number): string {
  return value < 1000 ? String(value) : `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)}k`;
}

/** A model's name in little room: without its provider, cut where it is long. */
export function shortName(model: string, most: number): string {
  const name = model.split('/').at(-1) || model;
  // By whole characters, of which an emoji is one.
  const letters = [...name];
  return letters.length <= most ? name : `${letters.slice(0, most - 1).join('')}…`;
}
