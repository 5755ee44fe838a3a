/** One request of a chat model to its router. */
import type { CallbackManager } from '@langchain/core/callbacks/manager';
import type { BaseMessage } from '@langchain/core/messages';
import type { RunnableConfig } from '@langchain/core/runnables';
import { answerParts } from './answer-parts.ts';
import { CandidateRuns } from './candidate-runs.ts';
import { toRouteRequest } from './request.ts';
import type { Setup } from './setup.ts';
import type { ChatXRouterCallOptions } from './types.ts';

/** How one request is answered. */
export interface Way {
  /** Child manager of the router's run; left out where nobody listens. */
  callbacks?: CallbackManager;
  /** The run is LangChain's own LLM run: nothing below it may be counted a second time. */
  alone?: boolean;
  stream: boolean;
  /** By which the caller's trace knows the request. */
  runIds?: string[];
  /** Handlers are told of tokens, or of events, as they come. */
  tellTokens?: boolean;
  tellEvents?: boolean;
  config?: RunnableConfig;
  signal?: AbortSignal;
}

/** The parts of the answer as they come. @throws as `answerParts` and `toRouteRequest` do */
export function ask(
  { router, defaults, ended }: Setup,
  messages: BaseMessage[],
  options: Partial<ChatXRouterCallOptions>,
  { callbacks, alone, stream, runIds, tellTokens = false, tellEvents, config, signal }: Way,
) {
  const request = toRouteRequest({ messages, options, config, stream }, defaults);
  request.signal = signal ?? options.signal;
  if (runIds?.length) request.runIds = runIds;
  Object.assign(request.native, { callbacks: alone ? [] : callbacks, tellsEvents: tellEvents });
  const { temperature, maxOutputTokens: maxTokens, stop } = request;
  const sampling = { temperature, maxTokens, stop };
  const runs = callbacks && new CandidateRuns({ parent: callbacks, messages, options, sampling, tellTokens });
  return answerParts(router, request, runs, ended);
}
