/** What all routes of one server work with. */
import type { RouteEnd, Router } from '../../src/index.ts';
import type { Exchange } from './exchange.ts';
import type { KeepAliveClock } from './keep-alive.ts';
import type { Metrics } from './metrics.ts';
import type { Settings } from './options.ts';

export interface Service {
  router: Router;
  settings: Settings;
  metrics: Metrics;
  clock: KeepAliveClock;
  /** Aborts what is under way, one for each request. */
  running: Set<AbortController>;
  /** True once no new request is taken. */
  ending: boolean;
  /** Notes how a chat completion ended. */
  ended(exchange: Exchange, end: RouteEnd): void;
}
