/** How figures are written. Nothing known is rounded away: money to the micro-dollar, below that to the nano-dollar. */

const FORMAT = new Intl.NumberFormat('en-US', { minimumFractionDigits: 6, maximumFractionDigits: 6 });

/** `1,234.500000`; `0.000000123` where there is less than a micro-dollar to see. */
export function usdDigits(usd) {
  const nano = Math.round(usd * 1e9);
  const least = Math.abs(usd) < 0.001 && nano % 1000 !== 0;
  return least ? (nano / 1e9).toFixed(9) : FORMAT.format(usd);
}

/** With its unit; "unknown" for what nobody knows. */
export function usdText(usd) {
  return usd === undefined ? 'unknown' : `${usdDigits(usd)} USD`;
}

export const count = (value) => value.toLocaleString('en-US');

export const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

export function percentText(share) {
  const value = 100 * share;
  if (value > 0 && value < 0.05) return '<0.1\u00a0%';
  return `${value !== 0 && value < 10 ? value.toFixed(1) : Math.round(value)}\u00a0%`;
}

export function msText(ms) {
  if (ms === undefined) return '–';
  if (ms < 1000) return `${Math.round(ms)}\u00a0ms`;
  return ms < 99_950
    ? `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)}\u00a0s`
    : `${Math.round(ms / 1000)}\u00a0s`;
}

/** On an axis, where 0.5 says what 0.500000 does. */
export function usdTick(usd) {
  if (usd === 0) return '0';
  return Number(usd.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 9 });
}

export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

const OPTIONS = {
  hour: { hour: '2-digit', minute: '2-digit' },
  day: { hour: '2-digit', minute: '2-digit' },
  week: { weekday: 'short', day: 'numeric' },
  month: { day: 'numeric', month: 'short' },
  clock: { hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short' },
  moment: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  full: { dateStyle: 'medium', timeStyle: 'long' },
  minute: {
    weekday: 'short',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  },
};
const formats = new Map();

/** Local time, 24 hours. */
export function timeText(iso, kind) {
  if (!formats.has(kind)) {
    formats.set(
      kind,
      new Intl.DateTimeFormat('en-GB', { ...OPTIONS[kind], hourCycle: 'h23', timeZone: ZONE }),
    );
  }
  return formats.get(kind).format(new Date(iso));
}

export const RANGE_WORDS = {
  hour: 'last hour',
  day: 'last 24 hours',
  week: 'last 7 days',
  month: 'last 30 days',
};
