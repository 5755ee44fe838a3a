/** What the kept requests of a range say about the models: shares, latency, failures, feedback. */
import { fromNanoUsd, toNanoUsd } from '../../../src/index.ts';
import type { Interval, LatencyFigures, ModelFigures, RequestFigures } from './data.ts';
import { fixedModels } from './fixed-models.ts';
import { cut, entryOf } from './names.ts';
import type { RequestDigest, Requests } from './requests.ts';

const MOST_MODELS = 40;

class ModelTally {
  answers = 0;
  calls = 0;
  failedCalls = 0;
  failovers = 0;
  escalations = 0;
  knownNano = 0;
  knownCalls = 0;
  readonly latenciesMs: number[] = [];
  readonly scores: number[] = [];
}

/** @param firstCallMs when the first call of the range was made: of an older one the request is not kept any more */
export function requestFigures(
  requests: Requests,
  kept: boolean,
  fromMs: number,
  firstCallMs: number,
): RequestFigures {
  const models = new Map<string, ModelTally>();
  const inRange: RequestDigest[] = [];
  for (const request of requests.all) if (request.atMs >= fromMs) inRange.push(request);
  for (const request of inRange) count(request, models);
  const tallies = [...models].sort(([, a], [, b]) => b.answers - a.answers || b.calls - a.calls);
  const answered = tallies.reduce((sum, [, { answers }]) => sum + answers, 0);
  const sum = (field: 'failovers' | 'escalations') =>
    tallies.reduce((total, [, one]) => total + one[field], 0);
  const { oldestMs } = requests;
  const younger = oldestMs !== undefined && oldestMs > Math.max(fromMs, firstCallMs);
  return {
    kept,
    counted: inRange.length,
    answered,
    failovers: sum('failovers'),
    escalations: sum('escalations'),
    ...(younger && { countedSince: new Date(oldestMs).toISOString() }),
    models: tallies.slice(0, MOST_MODELS).map(([name, tally]) => figuresOf(name, tally, answered)),
    otherModels: Math.max(0, tallies.length - MOST_MODELS),
    latency: latencyFigures(tallies.flatMap(([, { latenciesMs }]) => latenciesMs)),
    feedback: tallies.reduce((total, [, { scores }]) => total + scores.length, 0),
    fixed: fixedModels(inRange),
  };
}

function count(request: RequestDigest, models: Map<string, ModelTally>): void {
  const tallyOf = (model: string) => entryOf(models, model, () => new ModelTally());
  if (request.model !== undefined) {
    const tally = tallyOf(request.model);
    tally.answers++;
    if (request.score !== undefined) tally.scores.push(request.score);
  }
  for (const { model, status, latencyMs, usd } of request.calls) {
    const tally = tallyOf(model);
    tally.calls++;
    if (status === 'completed') tally.latenciesMs.push(latencyMs);
    else tally.failedCalls++;
    if (usd === undefined) continue;
    tally.knownCalls++;
    tally.knownNano += toNanoUsd(usd);
  }
  for (const model of request.failovers) tallyOf(model).failovers++;
  for (const model of request.escalations) tallyOf(model).escalations++;
}

function figuresOf(name: string, tally: ModelTally, answered: number): ModelFigures {
  const { answers, calls, failedCalls, failovers, escalations, knownCalls, knownNano, scores } = tally;
  const latencies = tally.latenciesMs.sort((a, b) => a - b);
  return {
    name: cut(name),
    answers,
    share: answered === 0 ? 0 : answers / answered,
    calls,
    failedCalls,
    failovers,
    escalations,
    ...(knownCalls > 0 && { meanCallUsd: fromNanoUsd(knownNano / knownCalls) }),
    unknownCalls: calls - knownCalls,
    p50Ms: quantile(latencies, 0.5),
    p95Ms: quantile(latencies, 0.95),
    ...(scores.length > 0 && { feedback: { ...wilson(scores), requests: scores.length } }),
  };
}

/** The smallest that so large a share does not exceed. */
export function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/**
 * Mean of scores with Wilson's 95 % interval (Wilson 1927), which keeps to 0..1 and holds for few. Scores between 0
 * and 1 vary less than yes and no do, so for them it is rather too wide.
 */
export function wilson(scores: readonly number[]): Interval {
  const z = 1.96;
  const n = scores.length;
  const mean = scores.reduce((sum, score) => sum + score, 0) / n;
  const middle = (mean + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z * Math.sqrt((mean * (1 - mean)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
  return { mean, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** Columns of equal width on a logarithmic axis, five a power of ten: 10, 16, 25, 40, 63, 100. */
const COLUMNS_A_DECADE = 5;

export function latencyFigures(latenciesMs: number[]): LatencyFigures | undefined {
  if (latenciesMs.length === 0) return undefined;
  const sorted = latenciesMs.sort((a, b) => a - b);
  const columnOf = (ms: number) => Math.floor(COLUMNS_A_DECADE * Math.log10(Math.max(1, ms)) + 1e-9);
  const first = columnOf(sorted[0]!);
  const counts = new Array<number>(columnOf(sorted.at(-1)!) - first + 1).fill(0);
  for (const ms of sorted) counts[columnOf(ms) - first]!++;
  const edge = (column: number) => Number((10 ** (column / COLUMNS_A_DECADE)).toPrecision(2));
  return {
    calls: sorted.length,
    p50Ms: quantile(sorted, 0.5)!,
    p95Ms: quantile(sorted, 0.95)!,
    edgesMs: Array.from({ length: counts.length + 1 }, (_, at) => edge(first + at)),
    counts,
  };
}
