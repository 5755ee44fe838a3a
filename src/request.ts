/**
 * The neutral request: what every adapter translates into, and what every candidate is called with.
 * Messages, tools and response format have the shape of OpenAI's chat completions API, field for field,
 * since every provider and SGLang speak it; what only the router understands is camelCase beside them.
 */
import type { Verifier } from './verifier/verifier.ts';

export interface TextPart {
  type: 'text';
  text: string;
}
export interface ImagePart {
  type: 'image_url';
  image_url: { url: string; detail?: 'auto' | 'low' | 'high' };
}
export interface AudioPart {
  type: 'input_audio';
  input_audio: { data: string; format: string };
}
export interface FilePart {
  type: 'file';
  file: { file_data?: string; file_id?: string; filename?: string };
}
export type ContentPart = TextPart | ImagePart | AudioPart | FilePart;

export interface ToolCall {
  id: string;
  type: 'function';
  /** `arguments` is the JSON text as the model wrote it; it may be invalid. */
  function: { name: string; arguments: string };
}

export interface SystemMessage {
  role: 'system' | 'developer';
  content: string | TextPart[];
  name?: string;
}
export interface UserMessage {
  role: 'user';
  content: string | ContentPart[];
  name?: string;
}
export interface AssistantMessage {
  role: 'assistant';
  content?: string | TextPart[] | null;
  refusal?: string | null;
  tool_calls?: ToolCall[];
  name?: string;
}
export interface ToolMessage {
  role: 'tool';
  tool_call_id: string;
  content: string | ContentPart[];
}
export type ChatMessage = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

export interface ToolDefinition {
  type: 'function';
  function: {
    name: string;
    description?: string;
    parameters?: Record<string, unknown>;
    strict?: boolean | null;
  };
}
export type ToolChoice = 'none' | 'auto' | 'required' | { type: 'function'; function: { name: string } };

export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json_object' }
  | {
      type: 'json_schema';
      json_schema: {
        name: string;
        description?: string;
        schema?: Record<string, unknown>;
        strict?: boolean | null;
      };
    };

/** Bounds of one request. Each is optional; the router's configuration holds the defaults. */
export interface RequestLimits {
  /** Most this request may cost, all calls and the policy's own together. Fails closed. */
  maxUsd?: number;
  /** Most candidate calls, failed ones included. */
  maxCalls?: number;
  /** Time until the whole request is given up. */
  totalMs?: number;
  /** Time until a connection to the candidate stands. */
  connectMs?: number;
  /** Time until the first token of a call. */
  firstTokenMs?: number;
  /** Longest silence between two tokens. */
  idleMs?: number;
}

/** Files and flags take none above it: a larger lambda times a cost may be no number any more, and cost alone decides long before. */
export const MOST_LAMBDA = 1e100;

export interface RouteRequest {
  messages: ChatMessage[];
  tools?: ToolDefinition[];
  toolChoice?: ToolChoice;
  parallelToolCalls?: boolean;
  responseFormat?: ResponseFormat;

  temperature?: number;
  topP?: number;
  maxOutputTokens?: number;
  stop?: string[];
  seed?: number;
  reasoningEffort?: string;
  /** Further fields for the provider's body, passed on as they are. Never overrides a field set above. */
  extraBody?: Record<string, unknown>;

  /** Candidate ids or aliases to choose among; default: every usable candidate of the catalog. */
  pool?: string[];
  /** Never choose these. */
  deny?: string[];
  /** Cost sensitivity: 0 ignores cost, larger prefers cheaper. Relative to the pool's dearest candidate. */
  lambda?: number;
  /** Accuracy floor, 0..1: the cheapest candidate expected to reach it. Overrides `lambda`. */
  minSuccess?: number;
  /** A named route of the configuration, which holds pool, lambda, floor and limits. */
  route?: string;
  limits?: RequestLimits;
  /** Conversation id: a budget scope, and what the decision of one human turn is remembered by. */
  session?: string;
  /** Budget key of the user's choice, for example a team or a customer. */
  budgetKey?: string;
  /** Judges an answer; with it the router may escalate. Without it the first answer is the answer. */
  verifier?: Verifier;
  /** False: candidates are called without streaming. Default true, so that time limits see every token. */
  stream?: boolean;
  signal?: AbortSignal;
  /** The adapter's own form of the conversation; a candidate that came from the same adapter uses it. */
  native?: unknown;
  /** Kept with the episode. */
  metadata?: Record<string, unknown>;
  /** Ids of the runs in the caller's trace that the request belongs to, kept with the episode: feedback may name them. */
  runIds?: readonly string[];
}

/** The text of a message's content, parts joined by newlines; '' where there is none. */
export function textOf(content: string | ContentPart[] | null | undefined): string {
  if (typeof content === 'string') return content;
  if (!content) return '';
  let text = '';
  for (const part of content) {
    if (part.type === 'text') text += text ? `\n${part.text}` : part.text;
  }
  return text;
}
