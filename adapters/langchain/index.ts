/** xrouter for LangChain.js. */

export { ChatXRouter } from './chat.ts';
export { chatModelProvider } from './chat-model-provider.ts';
export type { ResponseMetadata } from './converters/answer.ts';
export type { RunFeedback } from './feedback.ts';
export { type RoutedCall, type RoutingInfo, routingInfo } from './routing.ts';
export type { CandidateAnswer } from './tools/answer.ts';
export { candidateAnswerOf } from './tools/answer.ts';
export { CandidateTool, type CandidateToolInput, candidateTools } from './tools/candidate-tools.ts';
export type {
  CandidateSpec,
  ChatModelCandidate,
  ChatXRouterCallOptions,
  ChatXRouterFields,
  RoutingOptions,
  SamplingOptions,
} from './types.ts';
