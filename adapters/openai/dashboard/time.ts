/** Ranges of time and their columns, in the reader's own zone. */

export const RANGES = ['hour', 'day', 'week', 'month'] as const;
export type Range = (typeof RANGES)[number];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** How far back is looked: a month, and the day before it in other time zones. */
export const KEPT_MS = 32 * DAY_MS;
/** What follows a file reads this much again, so that a clock that was set back a little hides nothing. */
export const OVERLAP_MS = 2_000;

/** Whether this runtime knows the zone, for example `Europe/Berlin`. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

export class ZonedClock {
  readonly #format: Intl.DateTimeFormat;

  constructor(zone: string) {
    this.#format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  }

  /** What local time is ahead of UTC. */
  offsetMs(atMs: number): number {
    const name = this.#format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
    const [, sign, hours, minutes = '0'] = /GMT([+-])(\d+):?(\d+)?/.exec(name) ?? [];
    if (!sign) return 0;
    return (sign === '-' ? -1 : 1) * (Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS);
  }

  startOfDay(atMs: number): number {
    const localMs = atMs + this.offsetMs(atMs);
    const midnight = localMs - (localMs % DAY_MS);
    // On a day when clocks change, midnight has another offset than now.
    return midnight - this.offsetMs(midnight - this.offsetMs(atMs));
  }

  /** Monday. */
  startOfWeek(atMs: number): number {
    const today = this.startOfDay(atMs);
    // The day of the week of noon, in which no change of clocks falls.
    const weekday = new Date(today + DAY_MS / 2 + this.offsetMs(today)).getUTCDay();
    return this.startOfDay(today - ((weekday + 6) % 7) * DAY_MS + DAY_MS / 2);
  }

  /** The starts of the columns of a range, oldest first, and where the last ends. */
  columns(range: Range, nowMs: number): { starts: number[]; end: number } {
    if (range === 'hour') return steps(nowMs, MINUTE_MS, 60, 0);
    if (range === 'day') return steps(nowMs, HOUR_MS, 24, this.offsetMs(nowMs));
    const days = [this.startOfDay(nowMs)];
    while (days.length < (range === 'week' ? 8 : 30)) days.unshift(this.startOfDay(days[0]! - DAY_MS / 2));
    const end = this.startOfDay(days.at(-1)! + 1.5 * DAY_MS);
    if (range === 'month') return { starts: days, end };
    const quarters = days.flatMap((start, at) => {
      const quarterMs = ((days[at + 1] ?? end) - start) / 4;
      return [0, 1, 2, 3].map((part) => start + part * quarterMs);
    });
    const starts = quarters.filter((start) => start <= nowMs).slice(-28);
    return { starts, end: quarters.find((start) => start > nowMs) ?? end };
  }
}

function steps(nowMs: number, stepMs: number, count: number, offsetMs: number) {
  const last = nowMs - ((nowMs + offsetMs) % stepMs);
  return {
    starts: Array.from({ length: count }, (_, at) => last - (count - 1 - at) * stepMs),
    end: last + stepMs,
  };
}
