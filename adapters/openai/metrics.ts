/** Counts since the start, in the text format of Prometheus. Models are those of the catalog, so labels are bounded. */
import type { Episode } from '../../src/index.ts';

/** Upper bounds in seconds: from a refusal to an answer that was thought about for minutes. */
const BOUNDS = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

export type Outcome = 'completed' | 'failed' | 'aborted' | 'refused';

export class Metrics {
  inFlight = 0;
  readonly #requests = new Map<string, number>();
  readonly #costUsd = new Map<string, number>();
  readonly #unknownCosts = new Map<string, number>();
  readonly #within = new Array<number>(BOUNDS.length).fill(0);
  #seconds = 0;
  #count = 0;

  /** @param model who answered, '' where nobody did */
  add(outcome: Outcome, model: string, seconds: number, episode?: Episode): void {
    increase(this.#requests, `model=${label(model)},outcome="${outcome}"`, 1);
    this.#seconds += seconds;
    this.#count++;
    for (let at = BOUNDS.length - 1; at >= 0 && seconds <= BOUNDS[at]!; at--) this.#within[at]!++;
    for (const { calls } of episode?.steps ?? []) {
      for (const { model: called, cost } of calls) {
        if (cost.usd === undefined) increase(this.#unknownCosts, `model=${label(called)}`, 1);
        else increase(this.#costUsd, `model=${label(called)}`, cost.usd);
      }
    }
  }

  text(): string {
    const seconds = 'xrouter_request_seconds';
    return [
      ...family('xrouter_requests_total', 'counter', 'Chat completions by who answered and how they ended.'),
      ...lines('xrouter_requests_total', this.#requests),
      ...family('xrouter_cost_usd_total', 'counter', 'Known cost of calls in USD, failed ones included.'),
      ...lines('xrouter_cost_usd_total', this.#costUsd),
      ...family('xrouter_unknown_cost_calls_total', 'counter', 'Calls whose cost is not known.'),
      ...lines('xrouter_unknown_cost_calls_total', this.#unknownCosts),
      ...family(seconds, 'histogram', 'Time from a request to the end of its answer.'),
      ...BOUNDS.map((bound, at) => `${seconds}_bucket{le="${bound}"} ${this.#within[at]}`),
      `${seconds}_bucket{le="+Inf"} ${this.#count}`,
      `${seconds}_sum ${this.#seconds}`,
      `${seconds}_count ${this.#count}`,
      ...family('xrouter_requests_in_flight', 'gauge', 'Requests being answered.'),
      `xrouter_requests_in_flight ${this.inFlight}`,
      '',
    ].join('\n');
  }
}

function increase(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function family(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function lines(name: string, counts: ReadonlyMap<string, number>): string[] {
  return [...counts].map(([labels, value]) => `${name}{${labels}} ${value}`);
}

function label(value: string): string {
  return `"${value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`))}"`;
}
