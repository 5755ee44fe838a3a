/**
 * Token counts without a tokenizer. Exact counts come from the provider afterwards; before the call two
 * guesses are needed: the likely count, for the expected cost, and a high one, for the worst case and the
 * context window.
 */
import type { PromptView } from './policy/prompt-view.ts';
import type { ContentPart, RouteRequest } from './request.ts';

export interface InputEstimate {
  likelyTokens: number;
  highTokens: number;
}

/**
 * Tokens per character, fitted on o200k counts of prose, code, JSON, tables, digits and eight languages
 * (`npm run bench:tokens` prints estimate over truth for each). A space usually begins a token, so words are
 * counted by their spaces more than by their letters. `HIGH` stays above the truth on all of them but random
 * letters, such as base64, which take up to 0.7 tokens a character.
 */
const LIKELY = { letter: 0.17, space: 0.38, digit: 0.4, symbol: 0.6, other: 0.78 };
const HIGH = { letter: 0.3, space: 0.72, digit: 0.62, symbol: 0.95, other: 2.1 };
/** Tools and schemas as JSON. */
const SCHEMA = { likely: 0.3, high: 0.5 };
/** Role and separators of a message in ChatML-like templates are 4 to 8 tokens. */
const MESSAGE_TOKENS = 8;
/** Dearest common tiling of a picture (1,568 px square at Anthropic, 2,048 px in 512 px tiles at OpenAI). */
const IMAGE_TOKENS = { likely: 800, high: 1_700 };
/** OpenAI counts 10 audio tokens a second; base64 MP3 of speech has about 8,000 characters a second. */
const AUDIO_TOKENS_PER_CHAR = { likely: 0.0015, high: 0.006 };
/** A PDF page is about 2,000 tokens and, compressed, seldom under 10,000 base64 characters. */
const FILE_TOKENS_PER_CHAR = { likely: 0.05, high: 0.2 };

/** Texts longer than this are sampled rather than scanned, so that a megabyte costs microseconds. */
const SCAN_CHARS = 16_384;

export function estimateInput(request: RouteRequest, view: PromptView): InputEstimate {
  const sum = { likely: 0, high: 0 };
  for (const message of request.messages) {
    sum.likely += MESSAGE_TOKENS / 2;
    sum.high += MESSAGE_TOKENS;
    addContent(sum, message.content);
    if (message.role === 'assistant') {
      for (const call of message.tool_calls ?? []) {
        addText(sum, call.function.name);
        addText(sum, call.function.arguments);
      }
    }
  }
  add(sum, view.schemaChars * SCHEMA.likely, view.schemaChars * SCHEMA.high);
  return { likelyTokens: Math.ceil(sum.likely), highTokens: Math.ceil(sum.high) };
}

/** Tokens of an answer of which only the text is known, for a call that was cut off. */
export function estimateOutputTokens(text: string): number {
  const sum = { likely: 0, high: 0 };
  addText(sum, text);
  return Math.ceil(sum.likely);
}

interface Sum {
  likely: number;
  high: number;
}

function addContent(sum: Sum, content: string | ContentPart[] | null | undefined): void {
  if (typeof content === 'string') addText(sum, content);
  if (typeof content === 'string' || !content) return;
  for (const part of content) {
    if (part.type === 'text') addText(sum, part.text);
    else if (part.type === 'image_url') add(sum, IMAGE_TOKENS.likely, IMAGE_TOKENS.high);
    else if (part.type === 'input_audio') addPerChar(sum, part.input_audio.data, AUDIO_TOKENS_PER_CHAR);
    else addPerChar(sum, part.file.file_data ?? '', FILE_TOKENS_PER_CHAR);
  }
}

function add(sum: Sum, likely: number, high: number): void {
  sum.likely += likely;
  sum.high += high;
}

function addPerChar(sum: Sum, data: string, rate: { likely: number; high: number }): void {
  add(sum, data.length * rate.likely, data.length * rate.high);
}

function addText(sum: Sum, text: string): void {
  const stride = text.length > SCAN_CHARS ? Math.ceil(text.length / SCAN_CHARS) : 1;
  let letters = 0;
  let spaces = 0;
  let digits = 0;
  let symbols = 0;
  let other = 0;
  for (let i = 0; i < text.length; i += stride) {
    const code = text.charCodeAt(i);
    if (code > 127) other++;
    else if ((code | 32) >= 97 && (code | 32) <= 122) letters++;
    else if (code <= 32) spaces++;
    else if (code >= 48 && code <= 57) digits++;
    else symbols++;
  }
  const tokens = (rate: typeof LIKELY) =>
    stride *
    (letters * rate.letter +
      spaces * rate.space +
      digits * rate.digit +
      symbols * rate.symbol +
      other * rate.other);
  add(sum, tokens(LIKELY), tokens(HIGH));
}
