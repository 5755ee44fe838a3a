/** From the ledger to what the page is told: reads on, and sums up what is asked for. */
import type { BudgetScope, Router } from '../../../src/index.ts';
import { XrouterError } from '../../../src/index.ts';
import type { BudgetState, DashboardData, RequestTexts } from './data.ts';
import { rowOf, textsOf } from './explain.ts';
import { requestFigures } from './figures.ts';
import { cut } from './names.ts';
import { Requests } from './requests.ts';
import { Spending } from './spending.ts';
import { type Sums, sumUp } from './sums.ts';
import { type Range, ZonedClock } from './time.ts';

const LATEST = 25;
const MOST_BUDGETS = 30;
/** Keys of the configuration whose balance is read; each takes some 10 µs. */
const MOST_READ = 1_000;
/** Readers of the same moment share what was read. */
const FRESH_MS = 200;
const MOST_CACHED = 16;

interface Summary {
  /** What it was made of. */
  stamp: string;
  figures: Figures;
  /** Budgets of those who spent most in the range. */
  seen: BudgetScope[];
}

type Figures = Omit<DashboardData, 'at' | 'budgets' | 'empty' | 'countedSince'>;

export class Board {
  readonly #router: Router;
  readonly #spending: Spending;
  readonly #requests = new Requests();
  readonly #cached = new Map<string, Summary>();
  #reading: Promise<void> | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #keepsRequests = false;

  constructor(router: Router, mostCalls?: number) {
    this.#router = router;
    this.#spending = new Spending(router.ledger, mostCalls);
  }

  /**
   * @param reader name of the key by which somebody asks; texts are only shown to who asked for them
   * @throws XrouterError `ledger_unavailable`
   */
  async data(
    range: Range,
    zone: string,
    reader: string | undefined,
    nowMs = Date.now(),
  ): Promise<DashboardData> {
    await this.#follow(nowMs);
    const { figures, seen } = await this.#summary(range, zone, nowMs);
    const { droppedUntilMs } = this.#spending;
    const isCut = droppedUntilMs !== undefined && droppedUntilMs >= Date.parse(figures.from);
    return {
      ...figures,
      at: new Date(nowMs).toISOString(),
      empty: this.#spending.size === 0 && this.#requests.size === 0,
      ...(isCut && { countedSince: new Date(droppedUntilMs).toISOString() }),
      budgets: await this.#budgets(seen, nowMs),
      latest: figures.latest.map((row) => ({
        ...row,
        texts: row.texts && isOwn(row.key, reader && cut(reader)),
      })),
    };
  }

  /**
   * @param reader as above
   * @throws XrouterError `unknown_episode` where it is not kept, or its texts are not, or are not the reader's own
   */
  async texts(id: string, reader: string | undefined): Promise<RequestTexts> {
    const store = await this.#router.episodeStore();
    const [episode] = (await store?.episodes({ id })) ?? [];
    const texts = episode && isOwn(episode.budgetKey, reader) && textsOf(episode);
    if (texts) return texts;
    throw new XrouterError('unknown_episode', 'The texts of this request are not kept, or not shown.', {
      hint: 'They are kept with episodes.storePrompts, and shown to who has the key that the request was made with.',
    });
  }

  #follow(nowMs: number): Promise<void> {
    if (performance.now() - this.#readAtMs < FRESH_MS) return Promise.resolve();
    this.#reading ??= this.#read(nowMs).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(nowMs: number): Promise<void> {
    await this.#spending.follow(nowMs);
    const store = await this.#router.episodeStore();
    this.#keepsRequests = store !== undefined;
    if (store) await this.#requests.follow(store, nowMs);
    this.#readAtMs = performance.now();
  }

  async #summary(range: Range, zone: string, nowMs: number): Promise<Summary> {
    const clock = new ZonedClock(zone);
    const columns = clock.columns(range, nowMs);
    const stamp = [this.#spending.version, this.#requests.version, columns.end].join();
    const name = `${range} ${zone}`;
    const cached = this.#cached.get(name);
    if (cached?.stamp === stamp) return cached;
    const store = await this.#router.episodeStore();
    const latest = (await store?.episodes({ limit: LATEST })) ?? [];
    const fromMs = columns.starts[0]!;
    const sums = await sumUp(this.#spending, clock, nowMs, columns);
    const figures: Figures = {
      range,
      zone,
      from: new Date(fromMs).toISOString(),
      ...sums.figures,
      requests: requestFigures(this.#requests, this.#keepsRequests, fromMs, sums.firstCallMs),
      latest: latest.map((episode) => rowOf(episode)),
    };
    const summary = { stamp, figures, seen: sums.spenders.flatMap((one) => this.#bounded(one)) };
    this.#cached.delete(name);
    this.#cached.set(name, summary);
    if (this.#cached.size > MOST_CACHED) this.#cached.delete(this.#cached.keys().next().value!);
    return summary;
  }

  /** Those that bound something or stand in the configuration; the fullest first. */
  async #budgets(seen: readonly BudgetScope[], nowMs: number): Promise<BudgetState[]> {
    const { ledger, parts } = this.#router;
    const scopes = [...parts.standingBudgets(nowMs).slice(0, MOST_READ), ...seen];
    const distinct = new Map(scopes.map((scope) => [`${scope.kind} ${scope.key}`, scope]));
    const states = await Promise.all(
      [...distinct.values()].map(async ({ kind, key, limitUsd }) => {
        const balance = await ledger.balance({ kind, key });
        return { kind, key: cut(key), limitUsd, ...balance };
      }),
    );
    const full = ({ limitUsd, spentUsd, reservedUsd }: BudgetState) =>
      limitUsd === undefined ? -1 : limitUsd === 0 ? 1 : (spentUsd + reservedUsd) / limitUsd;
    return states.sort((a, b) => full(b) - full(a)).slice(0, MOST_BUDGETS);
  }

  /** The bounded budgets of a session, or of a key, which the configuration may not name. */
  #bounded({ kind, key }: Sums['spenders'][number]): BudgetScope[] {
    const request = { messages: [], ...(kind === 'session' ? { session: key } : { budgetKey: key }) };
    try {
      const scopes = this.#router.parts.scopesOf(request, '', Date.now());
      return scopes.filter((scope) => scope.kind === kind && scope.limitUsd !== undefined);
    } catch {
      // A key that the configuration knew once and does not know any more.
      return [];
    }
  }
}

function isOwn(key: string | undefined, reader: string | undefined): boolean {
  return reader !== undefined && key === reader;
}
