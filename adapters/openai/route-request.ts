/** From the body of a chat completion to the router's request. */
import {
  type AssistantMessage,
  type ChatMessage,
  DEFAULT_TIME_LIMITS,
  type RequestLimits,
  type RouteRequest,
  type Router,
  requestBoundUsd,
} from '../../src/index.ts';
import { type ApiError, invalidRequest } from './errors.ts';
import { chooseModel } from './models.ts';
import { type ChatBody, chatSchema, type Mistake, MOST_NAME_CHARS, mistakeOf } from './request-schema.ts';
import { passedOn, unsupported } from './unsupported.ts';

/** Who asks, as far as the budgets care. */
export interface Asker {
  /** Name of the key that was sent; `undefined` where none is needed. */
  key?: string;
  /** The conversation, where a header names it. */
  session?: string;
}

export interface AskedChat {
  request: RouteRequest;
  includeUsage: boolean;
}

/** @throws ApiError 400 with the field's path, 404 for a model that does not exist */
export function readChat(router: Router, json: unknown, asker: Asker): AskedChat {
  const parsed = chatSchema.safeParse(json);
  if (!parsed.success) throw mistaken(mistakeOf(parsed.error));
  const {
    model,
    messages,
    tools,
    tool_choice,
    parallel_tool_calls,
    response_format,
    temperature,
    top_p,
    max_tokens,
    max_completion_tokens,
    stop,
    seed,
    reasoning_effort,
    stream,
    stream_options,
    store,
    metadata,
    xrouter: asked,
    ...rest
  } = parsed.data;
  const mistake = unsupported(rest);
  if (mistake) throw mistaken(mistake);
  const stored = store ? { store, ...(metadata && { metadata }) } : undefined;
  const choice = chosen(router, model ?? undefined, asked);
  const passed = passedOn(rest, choice.pool?.every((id) => id.startsWith('openai/')) ?? false);
  const request: RouteRequest = {
    messages: messages.map(plainMessage),
    tools: tools?.length ? (tools as RouteRequest['tools']) : undefined,
    toolChoice: tool_choice ?? undefined,
    parallelToolCalls: parallel_tool_calls ?? undefined,
    responseFormat: (response_format as RouteRequest['responseFormat']) ?? undefined,
    temperature: temperature ?? undefined,
    topP: top_p ?? undefined,
    maxOutputTokens: least(max_tokens, max_completion_tokens),
    stop: stop == null ? undefined : [stop].flat(),
    seed: seed ?? undefined,
    reasoningEffort: reasoning_effort ?? undefined,
    extraBody: passed || stored ? { ...passed, ...stored } : undefined,
    ...choice,
    deny: asked?.deny ?? undefined,
    lambda: asked?.lambda ?? undefined,
    minSuccess: asked?.min_success ?? undefined,
    limits: limitsOf(router, choice.route, asked?.max_usd ?? undefined, stream === true),
    session: sessionOf(asker, asked?.session ?? undefined),
    budgetKey: asker.key,
    stream: stream === true,
    metadata: metadata ?? undefined,
  };
  return { request, includeUsage: stream_options?.include_usage === true };
}

function mistaken({ path, message }: Mistake): ApiError {
  return invalidRequest(`${path || 'The body'}: ${message}.`, path || undefined);
}

/** The model of the body and the router's own fields say the same thing in two ways, so only one may say it. */
function chosen(
  router: Router,
  model: string | undefined,
  asked: ChatBody['xrouter'],
): Pick<RouteRequest, 'route' | 'pool'> {
  const choice = chooseModel(router, model);
  const { route, pool } = asked ?? {};
  if (choice.pool && (route || pool)) {
    throw invalidRequest(
      `model names one candidate, so xrouter.${pool ? 'pool' : 'route'} has nothing to choose. Send "model": "xrouter" with it.`,
      'model',
    );
  }
  if (choice.route !== undefined && route && route !== choice.route) {
    throw invalidRequest('model and xrouter.route name different routes. Send one of them.', 'xrouter.route');
  }
  if (route && !Object.hasOwn(router.parts.routes, route)) {
    const known = Object.keys(router.parts.routes).join(', ') || 'none';
    throw invalidRequest(
      `xrouter.route: there is no route ${JSON.stringify(route)}. Configured routes: ${known}.`,
      'xrouter.route',
    );
  }
  for (const field of ['pool', 'deny'] as const) {
    for (const [index, name] of (asked?.[field] ?? []).entries()) requireKnown(router, name, field, index);
  }
  return { route: route ?? choice.route, pool: pool ?? choice.pool };
}

function requireKnown({ catalog }: Router, name: string, field: string, index: number): void {
  const known = name.endsWith('/*')
    ? catalog.candidates.some(({ provider }) => provider === name.slice(0, -2).toLowerCase())
    : catalog.find(name) !== undefined;
  if (known) return;
  const near = catalog.nearest(name);
  const meant = near.length > 0 ? ` Did you mean ${near.join(', ')}?` : '';
  const path = `xrouter.${field}[${index}]`;
  throw invalidRequest(`${path}: there is no model ${JSON.stringify(name)}.${meant}`, path);
}

function least(a: number | null | undefined, b: number | null | undefined): number | undefined {
  if (a == null) return b ?? undefined;
  return b == null ? a : Math.min(a, b);
}

/** A refusal that stands among an assistant's parts, at the place where candidates look for it. */
function plainMessage(message: ChatBody['messages'][number]): ChatMessage {
  if (message.role !== 'assistant' || !Array.isArray(message.content)) return message as ChatMessage;
  const refusals = message.content.flatMap((part) => (part.type === 'refusal' ? [part.refusal] : []));
  if (refusals.length === 0) return message as ChatMessage;
  const content = message.content.filter((part) => part.type !== 'refusal');
  return {
    ...message,
    content: content.length > 0 ? content : null,
    refusal: message.refusal ?? refusals.join('\n'),
  } as AssistantMessage;
}

/**
 * A client may tighten what the operator allows, never widen it. Without a stream nothing comes before the whole
 * answer, so its first token may take as long as the answer may.
 */
function limitsOf(
  router: Router,
  route: string | undefined,
  maxUsd: number | undefined,
  stream: boolean,
): RequestLimits | undefined {
  const { defaults, routes } = router.parts;
  const configured: RequestLimits = { ...defaults.limits, ...(route !== undefined && routes[route]?.limits) };
  const limits: RequestLimits = {};
  if (maxUsd !== undefined) {
    limits.maxUsd = Math.min(maxUsd, requestBoundUsd(router.parts, { route }) ?? maxUsd);
  }
  if (!stream && configured.firstTokenMs === undefined) {
    limits.firstTokenMs = configured.totalMs ?? DEFAULT_TIME_LIMITS.totalMs;
  }
  return limits;
}

/** Of two keys the same word means two conversations. */
function sessionOf({ key, session }: Asker, asked: string | undefined): string | undefined {
  const name = asked ?? (session || undefined);
  if (name !== undefined && name.length > MOST_NAME_CHARS) {
    throw invalidRequest(`The session has ${name.length} characters; ${MOST_NAME_CHARS} are the most.`);
  }
  return name === undefined || key === undefined ? name : `${key}/${name}`;
}
