/** A request of the router as a chat model is called: the native form where there is one, else a translation. */
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { BaseMessage } from '@langchain/core/messages';
import type { Runnable, RunnableConfig } from '@langchain/core/runnables';
import { v7 } from '@langchain/core/utils/uuid';
import type { RouteRequest, ToolChoice } from '../../src/index.ts';
import { fromChatMessages } from './converters/messages.ts';
import { HELD_TAGS } from './held.ts';
import { type NativeRequest, nativeRequest } from './native.ts';

/** Options that are the router's own business. */
const OWN_OPTIONS = new Set([
  'lambda',
  'minSuccess',
  'pool',
  'deny',
  'route',
  'session',
  'budgetKey',
  'limits',
  'maxUsd',
  'extraBody',
  'signal',
  'timeout',
]);

/** The native messages; those of the request where a policy calls with others. */
export function messagesFor(request: RouteRequest): BaseMessage[] {
  const native = nativeRequest(request.native);
  const untouched = native?.translated === request.messages;
  return untouched ? native.messages : fromChatMessages(request.messages);
}

/** The model with the tools and options of the request. */
export function bindNative(
  model: BaseChatModel,
  request: RouteRequest,
): Runnable<BaseMessage[], BaseMessage> {
  const native = nativeRequest(request.native);
  const { tools, ...options } = native ? nativeOptions(native, request) : translatedOptions(request);
  // The router repeats calls itself; a model that does too would keep it from asking another candidate.
  Object.assign(options, { maxRetries: 0 });
  const list = tools as never[] | undefined;
  if (!list?.length || !model.bindTools) return model.withConfig(options as object) as never;
  return model.bindTools(list, options as object) as never;
}

function nativeOptions({ options }: NativeRequest, request: RouteRequest): Record<string, unknown> {
  const passed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(options)) {
    if (!OWN_OPTIONS.has(key) && value !== undefined) passed[key] = value;
  }
  if (request.stop) passed.stop = request.stop;
  return passed;
}

function translatedOptions(request: RouteRequest): Record<string, unknown> {
  const options: Record<string, unknown> = {
    tools: request.tools,
    tool_choice: toolChoice(request.toolChoice),
    parallel_tool_calls: request.parallelToolCalls,
    response_format: request.responseFormat,
    stop: request.stop,
  };
  for (const key of Object.keys(options)) if (options[key] === undefined) delete options[key];
  return options;
}

/** The words all chat models understand: `any` for some tool, a name for one. */
function toolChoice(choice: ToolChoice | undefined): string | undefined {
  if (typeof choice === 'object') return choice.function.name;
  return choice === 'required' ? 'any' : choice;
}

/** The config of the model's own run, with the id that it shall have where somebody listens. */
export function runConfigFor(request: RouteRequest, signal: AbortSignal): RunnableConfig {
  const native = nativeRequest(request.native);
  if (!native) return { signal };
  const { callbacks } = native;
  const { runId: _ofRouter, runName, timeout, callbacks: _ofUser, ...config } = native.config ?? {};
  const tags = native.held ? [...(config.tags ?? []), ...HELD_TAGS] : config.tags;
  const runId = callbacks && !Array.isArray(callbacks) ? v7() : undefined;
  return { ...config, tags, callbacks, signal, ...(runId !== undefined && { runId }) };
}
