/** Sums over calls, exact to the nano-dollar: by time, model, key and session. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fromNanoUsd } from '../../../src/index.ts';
import type { DashboardData, NamedSpend, Spend, SpendOverTime } from './data.ts';
import { cut, entryOf } from './names.ts';
import type { Call, Spending } from './spending.ts';
import type { ZonedClock } from './time.ts';

/** Rows of a table; the rest is summed up in one. */
const MOST_ROWS = { models: 25, others: 12 };
/** Sessions, and keys, whose budgets are shown. */
const MOST_SPENDERS = 5;
/** Calls added up before others get their turn; a few milliseconds. */
const PART = 10_000;
/** Models told apart in the plot. */
const MOST_COLOURS = 8;

class Sum {
  knownNano = 0;
  heldNano = 0;
  calls = 0;
  failedCalls = 0;
  unknownCalls = 0;
  inputTokens = 0;
  outputTokens = 0;

  add(call: Call): void {
    this.calls++;
    if (call.failed) this.failedCalls++;
    if (call.costNano === undefined) this.unknownCalls++;
    else this.knownNano += call.costNano;
    this.heldNano += call.heldNano;
    this.inputTokens += call.inputTokens;
    this.outputTokens += call.outputTokens;
  }

  addSum(other: Sum): void {
    for (const field of Object.keys(this) as (keyof Sum)[]) {
      if (typeof this[field] === 'number') (this[field] as number) += other[field] as number;
    }
  }

  toSpend(): Spend {
    const { knownNano, heldNano, ...counts } = this;
    return { knownUsd: fromNanoUsd(knownNano), ...counts, heldUsd: fromNanoUsd(heldNano) };
  }
}

const newSum = () => new Sum();

type Figures = Pick<DashboardData, 'spent' | 'overTime' | 'byModel' | 'byKey' | 'bySession'>;

export interface Sums {
  figures: Figures;
  /** When the first call of the range was made; infinite where there was none. */
  firstCallMs: number;
  /** The sessions and keys that spent most, by their whole names. */
  spenders: { kind: 'session' | 'key'; key: string }[];
}

export async function sumUp(
  spending: Spending,
  clock: ZonedClock,
  nowMs: number,
  columns: { starts: number[]; end: number },
): Promise<Sums> {
  const fromMs = columns.starts[0]!;
  const todayMs = clock.startOfDay(nowMs);
  const weekMs = clock.startOfWeek(nowMs);
  const [today, week, range] = [new Sum(), new Sum(), new Sum()];
  const byModel = new Map<string, Sum>();
  const byKey = new Map<string | undefined, Sum>();
  const bySession = new Map<string | undefined, Sum>();
  const inTime = new Map<string, number[]>();
  let firstCallMs = Number.POSITIVE_INFINITY;
  let added = 0;
  // As it is now: others may add to it between two parts.
  for (const call of [...spending.calls]) {
    if (++added % PART === 0) await nextTurn();
    if (call.atMs >= weekMs) week.add(call);
    if (call.atMs >= todayMs) today.add(call);
    if (call.atMs < fromMs) continue;
    firstCallMs = Math.min(firstCallMs, call.atMs);
    range.add(call);
    entryOf(byModel, call.model, newSum).add(call);
    entryOf(byKey, call.key, newSum).add(call);
    entryOf(bySession, call.session, newSum).add(call);
    if (!call.costNano) continue;
    const nano = entryOf(inTime, call.model, () => new Array<number>(columns.starts.length).fill(0));
    nano[columnOf(columns.starts, call.atMs)]! += call.costNano;
  }
  const figures = {
    spent: { today: today.toSpend(), week: week.toSpend(), range: range.toSpend() },
    overTime: overTime(columns, byModel, inTime),
    byModel: rows(byModel, MOST_ROWS.models),
    byKey: rows(byKey, MOST_ROWS.others),
    bySession: rows(bySession, MOST_ROWS.others),
  };
  const spenders = [...topOf(bySession, 'session'), ...topOf(byKey, 'key')];
  return { figures, firstCallMs, spenders };
}

function topOf<K extends 'session' | 'key'>(sums: ReadonlyMap<string | undefined, Sum>, kind: K) {
  return ranked(sums)
    .flatMap(([key]) => (key === undefined ? [] : [{ kind, key }]))
    .slice(0, MOST_SPENDERS);
}

/** By halving; columns are not all of one length where clocks change. */
function columnOf(starts: readonly number[], atMs: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= atMs) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What cost most comes first; of equals, what was called more. */
function ranked<K>(sums: ReadonlyMap<K, Sum>): [K, Sum][] {
  return [...sums].sort(([, a], [, b]) => b.knownNano - a.knownNano || b.calls - a.calls);
}

function rows(sums: ReadonlyMap<string | undefined, Sum>, most: number): NamedSpend[] {
  const all = ranked(sums);
  const listed = all.length > most + 1 ? all.slice(0, most) : all;
  const rest = all.slice(listed.length);
  const named: NamedSpend[] = listed.map(([name, sum]) => ({
    ...(name !== undefined && { name: cut(name) }),
    ...sum.toSpend(),
  }));
  if (rest.length === 0) return named;
  const others = new Sum();
  for (const [, sum] of rest) others.addSum(sum);
  return [...named, { others: rest.length, ...others.toSpend() }];
}

function overTime(
  { starts, end }: { starts: number[]; end: number },
  byModel: ReadonlyMap<string, Sum>,
  inTime: ReadonlyMap<string, number[]>,
): SpendOverTime {
  const models = ranked(byModel)
    .map(([name]) => name)
    .filter((name) => inTime.has(name));
  const shown = models.length > MOST_COLOURS + 1 ? models.slice(0, MOST_COLOURS) : models;
  const rest = models.slice(shown.length);
  const usd = (nano: readonly number[]) => nano.map(fromNanoUsd);
  const parts: SpendOverTime['models'] = shown.map((name) => ({
    name: cut(name),
    usd: usd(inTime.get(name)!),
  }));
  if (rest.length > 0) {
    const sum = starts.map((_, at) => rest.reduce((nano, name) => nano + inTime.get(name)![at]!, 0));
    parts.push({ name: 'others', others: rest.length, usd: usd(sum) });
  }
  const iso = (ms: number) => new Date(ms).toISOString();
  return { starts: starts.map(iso), end: iso(end), models: parts };
}
