/** The requests kept beside the account, each in few words, brought up to date by what has changed since. */
import { answeringCall, type CallRecord, type EpisodeStore, type StoredEpisode } from '../../../src/index.ts';
import { entryOf } from './names.ts';
import { KEPT_MS, OVERLAP_MS } from './time.ts';

export interface RequestDigest {
  id: string;
  atMs: number;
  /** That answered; `undefined`: nobody did. */
  model?: string;
  calls: CallDigest[];
  /** Models whose call failed before another was asked. */
  failovers: string[];
  /** Models whose answer was rejected before another was asked. */
  escalations: string[];
  /** Mean of the scores of all sources, and how many they are. */
  score?: number;
  sources: number;
  expectations?: Expectations;
}

export interface CallDigest {
  model: string;
  status: CallRecord['status'];
  latencyMs: number;
  usd?: number;
}

/** What the first decision expected of each model, in the order of `pool.models`; NaN: unknown. */
export interface Expectations {
  pool: Pool;
  chosen: string;
  success: Float64Array;
  costUsd: Float64Array;
  /** What the first call of the chosen model did cost. */
  measuredUsd?: number;
}

/** The models a policy compared; the same object for all requests in which they are the same. */
export interface Pool {
  models: readonly string[];
}

/** A ledger keeps 10,000 unless it is told otherwise. */
const MOST_REQUESTS = 10_000;

export class Requests {
  readonly #byId = new Map<string, RequestDigest>();
  readonly #pools = new Map<string, Pool>();
  #followedUntilMs: number | undefined;
  version = 0;

  get all(): Iterable<RequestDigest> {
    return this.#byId.values();
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Start of the oldest. */
  get oldestMs(): number | undefined {
    let oldest: number | undefined;
    for (const { atMs } of this.#byId.values()) if (oldest === undefined || atMs < oldest) oldest = atMs;
    return oldest;
  }

  /** Reads on. @throws XrouterError `ledger_unavailable` */
  async follow(store: EpisodeStore, nowMs: number): Promise<void> {
    const sinceMs =
      this.#followedUntilMs === undefined ? nowMs - KEPT_MS : this.#followedUntilMs - OVERLAP_MS;
    for await (const part of store.changed(new Date(sinceMs).toISOString(), MOST_REQUESTS)) {
      for (const episode of part) this.#add(episode);
    }
    this.#followedUntilMs = nowMs;
    for (const [id, { atMs }] of this.#byId) {
      if (this.#byId.size <= MOST_REQUESTS && atMs >= nowMs - KEPT_MS) break;
      this.#byId.delete(id);
      this.version++;
    }
  }

  #add(episode: StoredEpisode): void {
    const digest = this.#digest(episode);
    const before = this.#byId.get(digest.id);
    if (before && before.score === digest.score && before.sources === digest.sources) return;
    this.#byId.set(digest.id, digest);
    this.version++;
  }

  #digest(episode: StoredEpisode): RequestDigest {
    const calls = episode.steps.flatMap((step) => step.calls);
    const scores = episode.feedback.map(({ score }) => score);
    return {
      id: episode.id,
      atMs: Date.parse(episode.startedAt),
      model: answeringModel(episode),
      calls: calls.map(({ model, status, latencyMs, cost }) => ({ model, status, latencyMs, usd: cost.usd })),
      ...movesOn(episode),
      sources: scores.length,
      ...(scores.length > 0 && { score: scores.reduce((sum, score) => sum + score, 0) / scores.length }),
      expectations: this.#expectations(episode),
    };
  }

  #expectations({ steps, turnOf }: StoredEpisode): Expectations | undefined {
    const [first] = steps;
    const action = first?.decision.action;
    if (!first || turnOf !== undefined || action?.type !== 'call' || action.calls.length !== 1)
      return undefined;
    const estimates = first.decision.estimates
      .filter(({ success }) => success !== undefined)
      .sort((a, b) => (a.model < b.model ? -1 : 1));
    if (estimates.length === 0) return undefined;
    const models = estimates.map(({ model }) => model);
    return {
      pool: entryOf(this.#pools, JSON.stringify(models), () => ({ models })),
      chosen: action.calls[0].model,
      success: Float64Array.from(estimates, ({ success }) => success!),
      costUsd: Float64Array.from(estimates, ({ costUsd }) => costUsd ?? Number.NaN),
      measuredUsd: first.calls[0]?.cost.usd,
    };
  }
}

/** The model whose answer was released; the policy's own where it answered itself. */
export function answeringModel(episode: StoredEpisode): string | undefined {
  const last = episode.steps.at(-1)?.decision;
  if (last?.action.type === 'answer') return last.overhead?.model ?? last.policy;
  return answeringCall(episode)?.model;
}

/** Why another model was asked after these calls: all failed, an answer was judged, or the policy asks on by design. */
export function whyMovedOn(calls: readonly CallRecord[]): 'failed' | 'judged' | 'planned' {
  if (calls.every(({ status }) => status !== 'completed')) return 'failed';
  return calls.some(({ verdict }) => verdict !== undefined) ? 'judged' : 'planned';
}

/**
 * Each time another model was asked after a step: because its calls failed, or because a verifier judged an answer and
 * the policy went on. A policy that asks several models by design counts as neither.
 */
function movesOn({ steps }: StoredEpisode): Pick<RequestDigest, 'failovers' | 'escalations'> {
  const failovers: string[] = [];
  const escalations: string[] = [];
  steps.forEach(({ calls }, at) => {
    if (calls.length === 0 || !steps[at + 1]?.calls.length) return;
    if (whyMovedOn(calls) === 'failed') failovers.push(...calls.map(({ model }) => model));
    else escalations.push(...calls.flatMap(({ verdict, model }) => (verdict === undefined ? [] : [model])));
  });
  return { failovers, escalations };
}
