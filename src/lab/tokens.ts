/** Token counts and the prompt cache. No tokenizer: four characters are a token, which is about right. */
import type { ContentPart } from '../request.ts';
import { hashText } from './random.ts';
import type { ChatBody } from './wire.ts';

const CHARS_PER_TOKEN = 4;
/** Tokens that frame a message, and those that open the answer, as OpenAI documents for its chat format. */
const MESSAGE_TOKENS = 3;
const ANSWER_TOKENS = 3;
/** What OpenAI counts for a picture of 1024 x 1024 at high detail. */
const IMAGE_TOKENS = 765;

/** The smallest prefix that a provider caches, and the step above it (OpenAI's published figures). */
const CACHE_MIN_TOKENS = 1024;
const CACHE_STEP_TOKENS = 128;
const BLOCK_CHARS = CACHE_STEP_TOKENS * CHARS_PER_TOKEN;

/** The text in pieces of one token, never cutting a character in two. */
export function tokenize(text: string): string[] {
  return text.match(/[\s\S]{1,4}/gu) ?? [];
}

/** All that the model reads, as one text whose beginning stays the same while a conversation grows. */
export function promptText(body: ChatBody): string {
  let text = body.tools.length > 0 ? JSON.stringify(body.tools) : '';
  for (const message of body.messages) {
    text += `\n${message.role}:`;
    const { content } = message;
    if (typeof content === 'string') text += content;
    else for (const part of content ?? []) text += part.type === 'text' ? part.text : `<${part.type}>`;
    if (message.role === 'assistant' && message.tool_calls) text += JSON.stringify(message.tool_calls);
  }
  if (body.responseFormat?.type === 'json_schema') text += JSON.stringify(body.responseFormat.json_schema);
  return text;
}

export function inputTokens(body: ChatBody, text: string): number {
  let tokens = Math.ceil(text.length / CHARS_PER_TOKEN) + ANSWER_TOKENS;
  for (const { content } of body.messages) {
    tokens += MESSAGE_TOKENS;
    if (Array.isArray(content)) for (const part of content) tokens += partTokens(part);
  }
  return tokens;
}

function partTokens(part: ContentPart): number {
  if (part.type === 'image_url') return IMAGE_TOKENS;
  if (part.type === 'input_audio') return Math.ceil((part.input_audio?.data?.length ?? 0) / 400);
  if (part.type === 'file') return Math.ceil((part.file?.file_data?.length ?? 0) / 40);
  return 0;
}

/** Remembers the prefixes each model has read, in blocks, and tells how much of a prompt is known. */
export class PromptCache {
  #blocks = new Set<string>();
  readonly #maxBlocks: number;

  constructor(maxBlocks = 200_000) {
    this.#maxBlocks = maxBlocks;
  }

  /** Tokens of the longest known prefix; then the whole prompt is known. */
  read(model: string, text: string): number {
    let known = 0;
    let knownSoFar = true;
    let chain = hashText(model);
    const blocks = Math.floor(text.length / BLOCK_CHARS);
    if (blocks * CACHE_STEP_TOKENS < CACHE_MIN_TOKENS) return 0;
    for (let index = 0; index < blocks; index++) {
      const block = text.slice(index * BLOCK_CHARS, (index + 1) * BLOCK_CHARS);
      chain = hashText(block, chain);
      const key = `${index}:${chain}`;
      knownSoFar &&= this.#blocks.has(key);
      if (knownSoFar) known++;
      else this.#blocks.add(key);
    }
    // The oldest go first: a set keeps the order of insertion.
    for (const key of this.#blocks) {
      if (this.#blocks.size <= this.#maxBlocks) break;
      this.#blocks.delete(key);
    }
    const tokens = known * CACHE_STEP_TOKENS;
    return tokens >= CACHE_MIN_TOKENS ? tokens : 0;
  }

  clear(): void {
    this.#blocks.clear();
  }
}
