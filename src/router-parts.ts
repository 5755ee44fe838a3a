/** What a router is put together from. `createRouter` fills it from the configuration. */
import type { Candidate } from './catalog/candidate.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { Env } from './catalog/providers.ts';
import type { EpisodeStore, EpisodeWithPrompt, Feedback, FeedbackTarget } from './ledger/episodes.ts';
import type { BudgetScope, Ledger } from './ledger/ledger.ts';
import type { Policy, PolicyState } from './policy/policy.ts';
import type { CircuitBreaker } from './provider/breaker.ts';
import type { Provider } from './provider/provider.ts';
import type { RetryOptions } from './provider/retry.ts';
import type { RequestLimits, RouteRequest } from './request.ts';
import type { Verifier } from './verifier/verifier.ts';

/** A named bundle of settings that a request may refer to by `route`. */
export interface RouteDefaults {
  pool?: string[];
  deny?: string[];
  lambda?: number;
  minSuccess?: number;
  limits?: RequestLimits;
  maxOutputTokens?: number;
}

export interface RouterParts {
  catalog: Catalog;
  /** Holds keys and base URLs. */
  env: Env;
  policy: Policy;
  /** The policy without exploration: asked where its decision is not carried out. */
  plainPolicy: Policy;
  /** Decides where `policy` throws; `undefined`: the request fails. */
  fallbackPolicy?: Policy;
  ledger: Ledger;
  breaker: CircuitBreaker;
  retry: RetryOptions;
  defaults: RouteDefaults;
  routes: Record<string, RouteDefaults>;
  verifier?: Verifier;
  /** The provider of a candidate, made when it is first needed. */
  providerOf(candidate: Candidate): Promise<Provider>;
  /** Why a candidate cannot be called, for a person; `undefined` if it can. */
  unusable(candidate: Candidate): string | undefined;
  /** The budgets that apply to a request. */
  scopesOf(request: RouteRequest, episodeId: string, atMs: number): BudgetScope[];
  /** The budgets that stand whoever asks, whether bounded or only counted. */
  standingBudgets(atMs: number): BudgetScope[];
  /** Told of every episode once it has ended, with the messages it was asked with and what it was first decided on. */
  onEpisode?(episode: EpisodeWithPrompt, firstState: PolicyState | undefined): void;
  /** @throws XrouterError where the episode, or any, is not kept */
  feedback(target: FeedbackTarget, feedback: Feedback): Promise<string[]>;
  /** Where the episodes are kept; `undefined` where none are. */
  episodeStore(): Promise<EpisodeStore | undefined>;
  /** Where `refreshPrices` fetches from, where the caller names no other address. */
  pricesUrl?: string;
  close(): Promise<void>;
}
