/**
 * How often a candidate that is no better is promoted where the log is judged every day as it grows.
 *
 *   node test/bench/repeated-promotion.ts [--logs 1000] [--days 30] [--per-day 60]        three minutes
 */
import { parseArgs } from 'node:util';
import { differenceInterval, type LoggedChoice } from '../../src/learn/off-policy.ts';
import { Random } from '../../src/learn/random.ts';

const { values } = parseArgs({
  options: {
    logs: { type: 'string', default: '1000' },
    days: { type: 'string', default: '30' },
    'per-day': { type: 'string', default: '60' },
  },
});
const [logs, days, perDay] = [values.logs, values.days, values['per-day']].map(Number) as [
  number,
  number,
  number,
];
/** Exploration is shared by three candidates, all equally good. */
const PROPENSITY = [0.8, 0.1, 0.1];
/** On so many rows the candidate chooses otherwise. */
const DIFFERENT = 0.4;
const LEAST_MATCHED = 20;

const random = new Random(7);
const around = (centre: number, width: number) => centre + width * (random.next() - 0.5);

function request(): LoggedChoice {
  const drawn = random.next();
  const success = around(0.7, 0.3);
  return {
    action: drawn < 0.8 ? 0 : drawn < 0.9 ? 1 : 2,
    reward: random.next() < success ? 1 : 0,
    range: [0, 1],
    propensity: PROPENSITY,
    expected: PROPENSITY.map(() => around(success, 0.2)),
  };
}

const promoted = { 'one question, on the last day': 0, 'a question a day': 0, 'a question a day, shared': 0 };
for (let log = 0; log < logs; log++) {
  const rows: LoggedChoice[] = [];
  const after: number[] = [];
  let [last, daily, shared] = [false, false, false];
  for (let day = 1; day <= days; day++) {
    for (let i = 0; i < perDay; i++) {
      rows.push(request());
      after.push(random.next() < DIFFERENT ? 1 : 0);
    }
    if (after.filter((choice, i) => choice === 1 && rows[i]!.action === 1).length < LEAST_MATCHED) continue;
    const before = new Uint8Array(rows.length);
    const passes = (confidence: number, draws?: number) =>
      differenceInterval(rows, before, after, { confidence, draws }).low > 0;
    last = passes(0.95, 300);
    daily ||= last;
    // The wider interval holds the narrower one.
    if (last) shared ||= passes(1 - 0.05 / days);
  }
  promoted['one question, on the last day'] += Number(last);
  promoted['a question a day'] += Number(daily);
  promoted['a question a day, shared'] += Number(shared);
}
console.log(
  `Promoted of ${logs} logs of ${days} days with ${perDay} requests each, the candidate no better:`,
);
for (const [name, count] of Object.entries(promoted)) console.log(`  ${name.padEnd(30)} ${count}`);
