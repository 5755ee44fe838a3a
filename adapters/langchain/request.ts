/** From messages and call options to the router's request. */
import type { BaseMessage } from '@langchain/core/messages';
import type { RunnableConfig } from '@langchain/core/runnables';
import type { RequestLimits, ResponseFormat, RouteRequest } from '../../src/index.ts';
import type { UnknownBlocks } from './converters/content.ts';
import { toChatMessages } from './converters/messages.ts';
import { toToolChoice, toToolDefinitions } from './converters/tools.ts';
import type { NativeRequest } from './native.ts';
import type { ChatXRouterCallOptions, RoutingOptions, SamplingOptions } from './types.ts';

/** What the constructor says and a call may say otherwise. */
export interface CallDefaults extends SamplingOptions {
  stop?: string[];
  /** Of this model alone, where its router serves others too. */
  routing?: RoutingOptions;
  /** Whether a limit for the first token was configured, for requests of that route. */
  limitsFirstToken: (route: string | undefined) => boolean;
  /** Time for a whole request, where the router itself was not given it. */
  totalMs?: number;
  /** How blocks and tools are taken that only a chat model of the user's own could understand. */
  unknown: UnknownBlocks;
}

export interface RequestParts {
  messages: BaseMessage[];
  options: ChatXRouterCallOptions;
  config: RunnableConfig | undefined;
  stream: boolean;
}

/** Time an answer may take where nobody says otherwise; as the router's own default. */
const TOTAL_MS = 600_000;

/**
 * The request, with the conversation in LangChain's own form beside it.
 * @throws XrouterError `invalid_request` where messages, tools or options cannot be translated
 */
export function toRouteRequest(
  parts: RequestParts,
  defaults: CallDefaults,
): RouteRequest & { native: NativeRequest } {
  const { config, stream } = parts;
  const options = mergeRouting(parts.options, defaults.routing);
  const messages = toChatMessages(parts.messages, defaults.unknown);
  const { tools, stop = defaults.stop } = options;
  const threadId: unknown = config?.configurable?.thread_id;
  return {
    messages,
    tools: tools?.length ? toToolDefinitions(tools, options.strict, defaults.unknown) : undefined,
    toolChoice: tools?.length ? toToolChoice(options.tool_choice) : undefined,
    parallelToolCalls: tools?.length ? options.parallel_tool_calls : undefined,
    responseFormat: options.response_format as ResponseFormat | undefined,
    temperature: options.temperature ?? defaults.temperature,
    topP: options.topP ?? defaults.topP,
    maxOutputTokens: options.maxTokens ?? defaults.maxTokens,
    stop: stop?.length ? stop : undefined,
    seed: options.seed ?? defaults.seed,
    reasoningEffort: options.reasoningEffort ?? defaults.reasoningEffort,
    extraBody: options.extraBody ?? defaults.extraBody,
    pool: options.pool,
    deny: options.deny,
    lambda: options.lambda,
    minSuccess: options.minSuccess,
    route: options.route,
    session: options.session ?? (typeof threadId === 'string' ? threadId : undefined),
    budgetKey: options.budgetKey,
    limits: limitsOf(options, defaults, stream),
    stream,
    native: { kind: 'langchain', messages: parts.messages, translated: messages, options, config },
  };
}

/**
 * What holds where both say something: `first`. A lambda and a floor give way together, since naming one of
 * them means not the other; what is denied by either is denied.
 */
export function mergeRouting<Options extends RoutingOptions>(
  first: Options,
  then: RoutingOptions = {},
): Options {
  const { lambda, minSuccess, ...others } = then;
  const named = first.lambda !== undefined || first.minSuccess !== undefined;
  const merged = { ...others, ...(!named && { lambda, minSuccess }), ...first };
  if (others.limits && first.limits) merged.limits = { ...others.limits, ...first.limits };
  if (others.deny && first.deny) merged.deny = [...others.deny, ...first.deny];
  return merged;
}

function limitsOf(
  { limits, maxUsd, route }: ChatXRouterCallOptions,
  { totalMs, limitsFirstToken }: CallDefaults,
  stream: boolean,
): RequestLimits | undefined {
  // Without streaming the first token comes with the last, so the bound of the whole answer is the bound.
  const relax = !stream && limits?.firstTokenMs === undefined && !limitsFirstToken(route);
  if (!limits && !relax && maxUsd === undefined && totalMs === undefined) return undefined;
  return {
    ...(totalMs !== undefined && { totalMs }),
    ...(relax && { firstTokenMs: limits?.totalMs ?? totalMs ?? TOTAL_MS }),
    ...limits,
    ...(maxUsd !== undefined && { maxUsd }),
  };
}
