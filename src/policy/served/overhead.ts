/** What deciding costs: the router model's own tokens, at the price the user says it has. */
import type { TokenPrices } from '../../catalog/candidate.ts';
import { usageUsd } from '../../catalog/price.ts';
import { addUsage, type Cost, sumUsd, type Usage } from '../../money.ts';
import type { Decision } from '../policy.ts';

/** One's own GPUs: the time a turn took, as its share of what they cost an hour. */
export interface GpuPrice {
  usdPerGpuHour: number;
  /** GPUs one replica runs on. Default 1. */
  gpus?: number;
  /** Turns a replica works on at once, on average; they share its price. Default 1: each pays in full. */
  concurrency?: number;
}

export type RouterPrice = TokenPrices | GpuPrice;

const HOUR_MS = 3_600_000;

/** Adds up the turns of one decision. */
export class OverheadMeter {
  readonly #model: string;
  readonly #price: RouterPrice | undefined;
  readonly #asOf: string;
  readonly #usd: (number | undefined)[] = [];
  #usage: Usage | undefined;
  #estimated = false;

  /** @param asOf ISO date the price was given at */
  constructor(model: string, price: RouterPrice | undefined, asOf: string) {
    this.#model = model;
    this.#price = price;
    this.#asOf = asOf;
  }

  /** @param usage `undefined` where the server reported none; the turn then has no known token price */
  add(usage: Usage | undefined, ms: number): void {
    if (usage) this.#usage = this.#usage ? addUsage(this.#usage, usage) : usage;
    this.#usd.push(this.#turnUsd(usage, ms));
  }

  /** `undefined` where no turn was taken. */
  get overhead(): Decision['overhead'] {
    if (this.#usd.length === 0) return undefined;
    const usd = sumUsd(this.#usd);
    const cost: Cost = { usd };
    if (usd !== undefined) {
      cost.provenance = { source: 'user', name: 'price of the served policy', asOf: this.#asOf };
    }
    if (this.#estimated) cost.estimated = true;
    return { model: this.#model, ...(this.#usage && { usage: this.#usage }), cost };
  }

  #turnUsd(usage: Usage | undefined, ms: number): number | undefined {
    const price = this.#price;
    if (price === undefined) return undefined;
    if (!('usdPerGpuHour' in price)) return usage && usageUsd(price, usage);
    this.#estimated = true;
    return ((ms / HOUR_MS) * price.usdPerGpuHour * (price.gpus ?? 1)) / (price.concurrency ?? 1);
  }
}
