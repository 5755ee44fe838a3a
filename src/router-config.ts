/** What a router is configured with: one object. Every part is optional. */
import type { CatalogOptions } from './catalog/catalog.ts';
import type { Env } from './catalog/providers.ts';
import type { BudgetConfig } from './ledger/budgets.ts';
import type { EpisodeOptions, EpisodeWithPrompt } from './ledger/episodes.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { EmbeddedPolicyOptions } from './policy/embedded/own-embeddings.ts';
import type { Policy } from './policy/policy.ts';
import type { ServedPolicyOptions } from './policy/served/create.ts';
import type { RouterServerSpec } from './policy/served/server-spec.ts';
import type { CircuitBreakerOptions } from './provider/breaker.ts';
import type { RetryOptions } from './provider/retry.ts';
import type { RouteDefaults } from './router-parts.ts';
import type { Verifier } from './verifier/verifier.ts';

/** Which policy decides: one by name, always the same models, a trained one from a file, or your own. */
export type PolicyChoice =
  | 'embedded'
  | 'benchmark'
  | 'cheapest'
  | 'strongest'
  | { fixed: string | string[] }
  | ({ file: string } & EmbeddedPolicyOptions)
  | { served: ServedConfig }
  | Policy;

export interface ExplorationConfig {
  /** Of the requests, 0..1. */
  share: number;
  /** What exploration may cost in all, beyond the best choices' expected costs; counted in the ledger, for good. */
  budgetUsd: number;
  /** The same seed draws the same; default: another one each time. */
  seed?: number;
}

/** A router LLM on a server of your own, as data; its key comes from the environment. */
export interface ServedConfig
  extends Pick<RouterServerSpec, 'baseUrl' | 'model' | 'kind' | 'extraBody'>,
    Omit<ServedPolicyOptions, 'server' | 'contract' | 'fallback'> {
  /** Environment variable that holds the server's key; default `XROUTER_ROUTER_KEY`. */
  keyVariable?: string;
  /** Contract folder: compatibility mode for a published checkpoint. */
  contract?: string;
}

/** How `xrouter serve` listens; the flags of the command hold before it. */
export interface ServeConfig {
  /** Default 127.0.0.1. Any address that other machines reach needs keys. */
  host?: string;
  /** Default: 7330 of the command, a free one of `serveOpenAI`. */
  port?: number;
  /** Name of each key, which is its budget key, and the environment variable that holds it. */
  keys?: Record<string, string>;
  /** Names besides those of the own machine by which clients call the server, without port. */
  allowedHosts?: readonly string[];
  /** Web pages that may call the server, for example `https://chat.example.com`; default: none but its own. */
  allowedOrigins?: readonly string[];
  /** Requests being answered at once; the next is told to come again. Default 1,000. */
  maxInFlight?: number;
  /** Default 32 MiB. */
  maxBodyBytes?: number;
  /** Time a client has to send its headers, and its whole request; default 10,000 and 60,000. */
  headersMs?: number;
  requestMs?: number;
  /** A stream that is silent for so long gets a comment; default 10,000. */
  keepAliveMs?: number;
  /** A client that takes nothing of its answer for so long is given up; default 60,000. */
  stalledMs?: number;
  /** Time that answers get to end when the server ends; default 25,000. */
  graceMs?: number;
}

export interface RouterConfig extends Omit<CatalogOptions, 'configName' | 'deny'>, RouteDefaults {
  /** Default `embedded`. */
  policy?: PolicyChoice;
  /** False: a request fails where the policy does. Default true: the benchmark policy decides, and the decision says so. */
  fallback?: boolean;
  /** Named bundles of settings, for requests that name one as `route`. */
  routes?: Record<string, RouteDefaults>;
  verifier?: Verifier;
  budgets?: BudgetConfig;
  /** Path of the ledger's file, or a ledger of your own. Default: in memory, gone with the process. */
  ledger?: string | Ledger;
  /** How much is kept of each episode, where the ledger is a file. */
  episodes?: EpisodeOptions;
  /** Now and then calls another candidate than the best, so that training can learn from it. Default: never. */
  exploration?: ExplorationConfig;
  /** A policy that is asked beside the live one, after each answer; what it would have done is only recorded. */
  shadow?: PolicyChoice;
  /** Where `router.refreshPrices()` fetches from; default: where genai-prices publishes its data. */
  pricesUrl?: string;
  /** Read by `xrouter serve` alone. */
  serve?: ServeConfig;
  retry?: Pick<RetryOptions, 'maxAttempts' | 'baseDelayMs' | 'maxDelayMs'>;
  breaker?: Pick<CircuitBreakerOptions, 'failureThreshold' | 'failureShare' | 'windowMs' | 'openMs'>;
}

/** What is not configuration but surroundings. */
export interface Surroundings {
  /** Holds keys and base URLs; default `process.env`. */
  env?: Env;
  /** Named in the provenance of the user's prices. */
  configName?: string;
  /** Told of every episode once it has ended, with the messages it was asked with. */
  onEpisode?: (episode: EpisodeWithPrompt) => void;
}
