/**
 * A LangChain conversation on its way through the router: chat models of the user's own get it untouched, so
 * that nothing is lost that OpenAI's shape has no place for.
 */
import type { Callbacks } from '@langchain/core/callbacks/manager';
import type { BaseMessage } from '@langchain/core/messages';
import type { RunnableConfig } from '@langchain/core/runnables';
import type { ChatMessage } from '../../src/index.ts';
import type { ChatXRouterCallOptions } from './types.ts';

export interface NativeRequest {
  kind: 'langchain';
  messages: BaseMessage[];
  /** What `messages` were translated to: where a policy calls with others, the native ones are not used. */
  translated: ChatMessage[];
  /** Call options as they were given, those for the router included. */
  options: ChatXRouterCallOptions;
  config?: RunnableConfig;
  /** Parent of the run that the chat model opens. */
  callbacks?: Callbacks;
  /** Somebody listens to content-block events, which a chat model tells when it is invoked and not when it streams. */
  tellsEvents?: boolean;
  /** The answer is held back until the router knows whether to release it. */
  held?: boolean;
}

export function nativeRequest(native: unknown): NativeRequest | undefined {
  const request = native as NativeRequest | undefined;
  return request?.kind === 'langchain' ? request : undefined;
}
