/**
 * The user's own embeddings in place of hashed words: asked for a prompt's vector, checked, and remembered for a
 * while, since an agent's turn asks about the same human message again and again.
 */
import { createHash } from 'node:crypto';
import { XrouterError } from '../../errors.ts';
import type { PromptView } from '../prompt-view.ts';
import type { PolicyWeights } from './weights.ts';

/**
 * What turns texts into vectors; every `Embeddings` of LangChain is one. `embedDocuments` is used in training and in
 * serving alike: many models embed a query otherwise than a document, and a policy must meet the kind it learned from.
 */
export interface PromptEmbeddings {
  /** A text here is kept in the policy, which then refuses the vectors of another model. */
  model?: unknown;
  embedDocuments(texts: string[]): Promise<number[][]>;
}

export interface EmbeddedPolicyOptions {
  /** Those that the policy was trained with, where it was trained with own ones. */
  embeddings?: PromptEmbeddings | undefined;
  /** How long a decision waits for them, in ms; default 3,000. Then the request's fallback policy decides. */
  embeddingMs?: number | undefined;
}

/** A call takes some tenths of a second; a request should not wait long for what only helps to choose. */
const DEFAULT_EMBEDDING_MS = 3_000;
/** Prompts whose vectors are remembered; at 1,536 numbers each they take 1.5 MB. */
const MOST_REMEMBERED = 256;
/**
 * As the hashed reader, head and tail of a long text: a bounded price, and within the 8,191 tokens that common
 * models read, beyond which most of them refuse the whole text.
 */
const HEAD_CHARS = 4000;
const TAIL_CHARS = 2000;

/** What is embedded of a prompt; '' where it has no words. */
export function textToEmbed({ text }: PromptView): string {
  if (text.length <= HEAD_CHARS + TAIL_CHARS) return text;
  // A cut in the middle of a character would leave half of it, which is no valid JSON for some servers.
  return `${text.slice(0, HEAD_CHARS)}\n${text.slice(-TAIL_CHARS)}`.toWellFormed();
}

export function modelOf({ model }: PromptEmbeddings): string | undefined {
  return typeof model === 'string' && model !== '' ? model : undefined;
}

/**
 * @param inputs how many numbers there must be; default: any
 * @throws Error that says what is wrong with the vector
 */
export function checkedVector(vector: unknown, inputs?: number): Float32Array {
  if (!Array.isArray(vector) || vector.length === 0) throw new Error('the embeddings returned no vector');
  if (inputs !== undefined && vector.length !== inputs) {
    throw new Error(`the embeddings returned ${vector.length} numbers, not ${inputs}`);
  }
  const checked = Float32Array.from(vector);
  // What is no number became one; what is too large for 32 bits became infinite.
  const at = checked.findIndex((value, k) => typeof vector[k] !== 'number' || !Number.isFinite(value));
  if (at >= 0) throw new Error(`the embeddings returned ${vector[at]} in place of a number`);
  return checked;
}

/** @throws what stopped the wait: `signal`'s reason, or an Error that says how long it was */
export async function inTime<T>(pending: Promise<T>, limitMs: number, signal?: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  const stopped = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the embeddings did not answer in ${limitMs} ms`)), limitMs);
    onAbort = () => reject(signal!.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([pending, stopped]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/**
 * The same prompt is embedded once, also by requests at the same time; what failed is not remembered.
 * @returns what gives a prompt with its vector. It throws XrouterError `policy_failed`, or the reason of the signal
 */
export function promptEmbedding(
  embeddings: PromptEmbeddings,
  inputs: number,
  limitMs = DEFAULT_EMBEDDING_MS,
): (view: PromptView, signal: AbortSignal) => Promise<PromptView> {
  const recent = new Map<string, Promise<Float32Array>>();
  const ask = async (text: string) => checkedVector((await embeddings.embedDocuments([text]))?.[0], inputs);
  return async (view, signal) => {
    signal.throwIfAborted();
    const text = textToEmbed(view);
    if (text === '') return view;
    const key = createHash('sha256').update(text).digest('base64');
    const pending = recent.get(key) ?? ask(text);
    recent.delete(key);
    recent.set(key, pending);
    if (recent.size > MOST_REMEMBERED) recent.delete(recent.keys().next().value!);
    try {
      return { ...view, embedding: await inTime(pending, limitMs, signal) };
    } catch (cause) {
      if (recent.get(key) === pending) recent.delete(key);
      if (signal.aborted) throw cause;
      throw new XrouterError('policy_failed', cause instanceof Error ? cause.message : String(cause), {
        cause,
      });
    }
  };
}

/**
 * A policy is asked with the embeddings it was trained with, or without any where it reads words.
 * @param source what the policy is called in an error
 * @throws XrouterError `invalid_config` that names the policy and says what to do
 */
export function requireEmbeddings(
  { name, embedding }: PolicyWeights,
  embeddings: PromptEmbeddings | undefined,
  source = `the policy "${name}"`,
): void {
  const { own } = embedding;
  const refuse = (reason: string, hint: string): never => {
    throw new XrouterError('invalid_config', `${source}: ${reason}.`, { hint });
  };
  if (!own && embeddings) {
    refuse(
      'it reads words, not embeddings of your own',
      'Leave the embeddings out, or train a policy with them.',
    );
  }
  if (!own) return;
  const trained = own.model === undefined ? '' : `, ${own.model}`;
  if (!embeddings) {
    refuse(
      `it was trained with embeddings of your own${trained}, and none are given`,
      'Give them with --embeddings, or as `embeddings` beside the file of the policy.',
    );
    return;
  }
  const given = modelOf(embeddings);
  if (given !== undefined && own.model !== undefined && given !== own.model) {
    refuse(
      `it was trained with the embeddings of ${own.model}, not of ${given}`,
      'Give those, or train a policy with the new ones.',
    );
  }
}
