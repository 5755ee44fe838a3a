/** Days, weeks and columns in the reader's zone. */
import { describe, expect, it } from 'vitest';
import { isZone, RANGES, ZonedClock } from '../../../adapters/openai/dashboard/time.ts';

const at = (iso: string) => Date.parse(iso);
const iso = (ms: number) => new Date(ms).toISOString();

describe('the day and the week', () => {
  it.each([
    ['UTC', '2026-11-22T16:30:00Z', '2026-11-22T00:00:00.000Z', '2026-11-16T00:00:00.000Z'],
    ['Europe/Berlin', '2026-11-22T23:30:00Z', '2026-11-22T23:00:00.000Z', '2026-11-22T23:00:00.000Z'],
    ['America/New_York', '2026-11-23T02:00:00Z', '2026-11-22T05:00:00.000Z', '2026-11-16T05:00:00.000Z'],
    ['Asia/Kathmandu', '2026-11-22T18:20:00Z', '2026-11-22T18:15:00.000Z', '2026-11-22T18:15:00.000Z'],
    // Clocks went back on Sunday 25 October: midnight was still two hours ahead of UTC.
    ['Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00.000Z', '2026-10-18T22:00:00.000Z'],
    ['Europe/Berlin', '2026-10-26T12:00:00Z', '2026-10-25T23:00:00.000Z', '2026-10-25T23:00:00.000Z'],
    ['Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00.000Z', '2026-03-22T23:00:00.000Z'],
  ])('%s at %s began %s, the week %s', (zone, now, day, week) => {
    const clock = new ZonedClock(zone);
    expect(iso(clock.startOfDay(at(now)))).toBe(day);
    expect(iso(clock.startOfWeek(at(now)))).toBe(week);
  });
});

describe('columns', () => {
  it.each(['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'Pacific/Apia'])(
    '%s: they rise, cover the range and hold now',
    (zone) => {
      const clock = new ZonedClock(zone);
      for (const now of ['2026-10-25T00:30:00Z', '2026-10-30T12:34:56Z', '2026-04-01T10:15:00Z'].map(at)) {
        for (const range of RANGES) {
          const { starts, end } = clock.columns(range, now);
          const edges = [...starts, end];
          expect(edges.every((edge, index) => index === 0 || edge > edges[index - 1]!)).toBe(true);
          expect(starts.at(-1)!).toBeLessThanOrEqual(now);
          expect(end).toBeGreaterThan(now);
          expect(starts).toHaveLength({ hour: 60, day: 24, week: 28, month: 30 }[range]);
        }
      }
    },
  );

  it('days begin at the midnight of the zone, also across a change of clocks', () => {
    const { starts } = new ZonedClock('Europe/Berlin').columns('month', at('2026-11-02T12:00:00Z'));
    const hours = starts.map((ms) =>
      new Intl.DateTimeFormat('en-GB', {
        timeZone: 'Europe/Berlin',
        hour: '2-digit',
        hourCycle: 'h23',
      }).format(ms),
    );
    expect(new Set(hours)).toEqual(new Set(['00']));
  });

  it('hours begin with the hour of the zone', () => {
    const { starts } = new ZonedClock('Asia/Kathmandu').columns('day', at('2026-11-22T10:00:00Z'));
    expect(iso(starts.at(-1)!)).toBe('2026-11-22T09:15:00.000Z');
  });
});

it('knows which zones there are', () => {
  expect(['UTC', 'Europe/Berlin'].map(isZone)).toEqual([true, true]);
  expect(['', 'Mars/Olympus'].map(isZone)).toEqual([false, false]);
});
