/** xrouter for LangChain.js. */

export { ChatXRouter } from './chat.ts';
export { chatModelProvider } from './chat-model-provider.ts';
export type { ResponseMetadata } from './converters/answer.ts';
export type { RunFeedback } from './feedback.ts';
export { type RoutedCall, type RoutingInfo, routingInfo } from './routing.ts';
export type {
  CandidateSpec,
  ChatModelCandidate,
  ChatXRouterCallOptions,
  ChatXRouterFields,
  SamplingOptions,
} from './types.ts';
