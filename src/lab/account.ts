/**
 * The lab's own count of tokens and money. It shares no code with the router's ledger or its price
 * arithmetic, so that comparing the two is a real check.
 */
import type { Candidate, PricePeriod, TokenPrices } from '../catalog/candidate.ts';
import type { FaultName } from './fault-list.ts';

export interface CallTokens {
  inputTokens: number;
  outputTokens: number;
  /** Part of the input that was read from the prompt cache. */
  cachedTokens: number;
  /** Part of the output that was reasoning. */
  reasoningTokens: number;
}

export interface UsageCount extends CallTokens {
  calls: number;
  completed: number;
  failed: number;
  aborted: number;
  /** Cost of the calls whose price is known, in USD. */
  costUsd: number;
  /** Billed calls whose model has no price. */
  unpricedCalls: number;
}

/** One request as the lab saw it. */
export interface SeenRequest {
  /** Id of the response, `undefined` where the lab refused before there was one. */
  id?: string;
  provider: string;
  /** Candidate id; `undefined` where no candidate was found. */
  model?: string;
  stream: boolean;
  /** `aborted`: the client went away; what was sent until then is billed. */
  status: 'completed' | 'failed' | 'aborted';
  httpStatus?: number;
  fault?: FaultName;
  tokens: CallTokens;
  /** `undefined`: nothing is known of the price. */
  costUsd: number | undefined;
  /** First characters of the human's last message. */
  prompt: string;
  startedAtMs: number;
  endedAtMs: number;
}

export interface LabUsage extends UsageCount {
  models: Record<string, UsageCount>;
  /** The last requests, oldest first. */
  requests: SeenRequest[];
}

export const NO_TOKENS: CallTokens = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, reasoningTokens: 0 };

export class Account {
  #total = emptyCount();
  #models = new Map<string, UsageCount>();
  #requests: SeenRequest[] = [];
  readonly #keep: number;

  /** @param keep how many requests to remember */
  constructor(keep = 2000) {
    this.#keep = keep;
  }

  add(request: SeenRequest): void {
    this.#requests.push(request);
    // Dropping half at a time keeps adding cheap.
    if (this.#requests.length > this.#keep * 2) this.#requests.splice(0, this.#requests.length - this.#keep);
    const counts = [this.#total];
    if (request.model !== undefined) {
      const count = this.#models.get(request.model) ?? emptyCount();
      this.#models.set(request.model, count);
      counts.push(count);
    }
    for (const count of counts) addTo(count, request);
  }

  usage(): LabUsage {
    const models: Record<string, UsageCount> = {};
    for (const [id, count] of this.#models) models[id] = { ...count };
    return { ...this.#total, models, requests: this.#requests.slice(-this.#keep) };
  }

  clear(): void {
    this.#total = emptyCount();
    this.#models.clear();
    this.#requests = [];
  }
}

function emptyCount(): UsageCount {
  return { calls: 0, completed: 0, failed: 0, aborted: 0, ...NO_TOKENS, costUsd: 0, unpricedCalls: 0 };
}

function addTo(count: UsageCount, { status, tokens, costUsd }: SeenRequest): void {
  count.calls++;
  count[status]++;
  count.inputTokens += tokens.inputTokens;
  count.outputTokens += tokens.outputTokens;
  count.cachedTokens += tokens.cachedTokens;
  count.reasoningTokens += tokens.reasoningTokens;
  if (costUsd !== undefined) count.costUsd += costUsd;
  else if (tokens.inputTokens > 0) count.unpricedCalls++;
}

/** What a call costs at the candidate's list price, in USD; `undefined` where it has none. */
export function listCostUsd(candidate: Candidate, tokens: CallTokens, at: Date): number | undefined {
  if (tokens.inputTokens === 0 && tokens.outputTokens === 0) return 0;
  const period = candidate.price?.periods.find((one) => holds(one, at));
  if (!period) return undefined;
  let prices: TokenPrices = period.prices;
  let above = -1;
  for (const tier of period.tiers ?? []) {
    if (tokens.inputTokens > tier.aboveInputTokens && tier.aboveInputTokens > above) {
      prices = tier;
      above = tier.aboveInputTokens;
    }
  }
  const fresh = tokens.inputTokens - tokens.cachedTokens;
  const perMillion =
    fresh * prices.inputUsdPerMTok +
    tokens.cachedTokens * (prices.cacheReadUsdPerMTok ?? prices.inputUsdPerMTok) +
    (tokens.outputTokens - tokens.reasoningTokens) * prices.outputUsdPerMTok +
    tokens.reasoningTokens * (prices.reasoningUsdPerMTok ?? prices.outputUsdPerMTok);
  return perMillion / 1e6 + (prices.requestUsd ?? 0);
}

function holds(period: PricePeriod, at: Date): boolean {
  const day = at.toISOString();
  if (period.from !== undefined && day < period.from) return false;
  if (period.until !== undefined && day >= period.until) return false;
  const { dailyFromMinute: from, dailyUntilMinute: until } = period;
  if (from === undefined && until === undefined) return true;
  const minute = at.getUTCHours() * 60 + at.getUTCMinutes();
  const start = from ?? 0;
  const end = until ?? 1440;
  return start <= end ? minute >= start && minute < end : minute >= start || minute < end;
}
