/** What users write: the constructor's fields and the options of a call. */
import type {
  BaseChatModel,
  BaseChatModelCallOptions,
  BaseChatModelParams,
  BindToolsInput,
} from '@langchain/core/language_models/chat_models';
import type { ModelFacts, RequestLimits, Router, RouterConfig, Surroundings } from '../../src/index.ts';

/** A chat model of your own as a candidate, with what the router cannot find out by itself. */
export interface ChatModelCandidate extends ModelFacts {
  model: BaseChatModel;
  /** `provider/model`; default: what the chat model says of itself. Two of the same name need ids of their own. */
  id?: string;
}

/** A catalog id, a chat model of your own, or one with facts about it. */
export type CandidateSpec = string | BaseChatModel | ChatModelCandidate;

/** Sampling; may be given to the constructor and to each call, where the call's counts. */
export interface SamplingOptions {
  temperature?: number;
  topP?: number;
  /** Most output tokens. */
  maxTokens?: number;
  seed?: number;
  reasoningEffort?: string;
  /** Further fields for the provider's body. */
  extraBody?: Record<string, unknown>;
}

export interface ChatXRouterFields extends BaseChatModelParams, SamplingOptions, RouterConfig {
  /** Whom to choose among. Default: `pool`, else every candidate of the catalog whose key is set. */
  candidates?: CandidateSpec[];
  /**
   * A router of your own, in place of the configuration; several models may share it. Beside it `pool`, `deny`,
   * `lambda`, `minSuccess` and `limits` hold for the requests of this model alone.
   */
  router?: Router;
  /** Holds keys and base URLs; default `process.env`. */
  env?: Surroundings['env'];
  /** Told of every episode once it has ended. */
  onEpisode?: Surroundings['onEpisode'];
  /** Call candidates with streaming in `invoke` too, so that `limits.idleMs` watches every token. */
  streaming?: boolean;
  /** Stop sequences. */
  stop?: string[];
  /** Same as `stop`. */
  stopSequences?: string[];
  /** Time for a whole request in ms; same as `limits.totalMs`. */
  timeout?: number;
}

/** How a request is to be routed; what is left out is as the router was configured. */
export interface RoutingOptions {
  /** Cost sensitivity: 0 ignores cost, larger prefers cheaper. */
  lambda?: number;
  /** Accuracy floor, 0..1: the cheapest candidate expected to reach it. */
  minSuccess?: number;
  /** Candidate ids or aliases to choose among. */
  pool?: string[];
  /** Never choose these. */
  deny?: string[];
  /** A named route of the configuration. */
  route?: string;
  /** Conversation id; default: `configurable.thread_id`. */
  session?: string;
  /** Budget key, for example a team or a customer. */
  budgetKey?: string;
  limits?: RequestLimits;
  /** Most this call may cost, in USD; same as `limits.maxUsd`. */
  maxUsd?: number;
}

export interface ChatXRouterCallOptions extends BaseChatModelCallOptions, SamplingOptions, RoutingOptions {
  tools?: BindToolsInput[];
  parallel_tool_calls?: boolean;
  /** Whether arguments of tools must follow their schema. */
  strict?: boolean;
  response_format?: Record<string, unknown>;
}
