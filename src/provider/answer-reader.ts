/** Response payloads, whole or in chunks, as deltas and a finish; everything that is no answer, as `CallError`. */
import type { Usage } from '../money.ts';
import { type FailureContext, failureInside, failureOfAnswer, providerMessage } from './failure.ts';
import { isRecord, recordOf, textField } from './json.ts';
import type { CallFinish, Delta } from './provider.ts';
import { ToolCallFragments } from './tool-call-fragments.ts';
import { readReportedUsd, readUsage } from './usage.ts';

/** Vendors' words for the four finish reasons of OpenAI's API; others pass as they are, in lower case. */
const FINISH_REASONS: Record<string, string> = {
  eos: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  complete: 'stop',
  max_tokens: 'length',
  model_length: 'length',
  function_call: 'tool_calls',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
  safety: 'content_filter',
  recitation: 'content_filter',
};

/** Reasons that say the answer broke off: SGLang and vLLM, OpenRouter, DeepSeek. */
const BROKEN_OFF = new Set(['abort', 'error', 'insufficient_system_resource']);

/** Text and thought of a content that is a string or, with Mistral, a list of parts. */
function readContent(content: unknown): { text?: string; thought?: string } {
  if (typeof content === 'string') return { text: content };
  if (!Array.isArray(content)) return {};
  let text = '';
  let thought = '';
  for (const part of content) {
    if (!isRecord(part)) continue;
    if (part.type === 'thinking')
      thought += textField(part.thinking) ?? readContent(part.thinking).text ?? '';
    else if (typeof part.text === 'string') text += part.text;
  }
  return { text, thought };
}

/** One answer being read. The first choice is the answer; further ones (`n` > 1) are not looked at. */
export class AnswerReader {
  readonly #context: FailureContext;
  readonly #tools = new ToolCallFragments();
  #sawChoice = false;
  #sawAnswer = false;
  #finishReason: string | undefined;
  #usage: Usage | undefined;
  #reportedUsd: number | undefined;
  #servedModel: string | undefined;
  #responseId: string | undefined;

  constructor(context: FailureContext) {
    this.#context = context;
  }

  /** What the provider has said so far that it billed. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** True once the provider said that the answer is complete; only the account may still follow. */
  get finished(): boolean {
    return this.#finishReason !== undefined;
  }

  /**
   * A chunk or a whole response, as JSON text.
   *
   * @param kind decides how an error inside it is called
   * @returns what it adds to the answer, if anything
   * @throws CallError where it holds an error, or says that the answer broke off
   */
  read(json: string, kind: 'chunk' | 'response'): Delta | undefined {
    const payload = this.#parse(json);
    const envelope = recordOf(payload);
    const choice = Array.isArray(envelope?.choices) ? recordOf(envelope.choices[0]) : undefined;
    if (envelope) this.#readEnvelope(envelope, choice);
    const told = providerMessage(payload) ?? (choice && providerMessage({ error: choice.error }));
    if (told) {
      const fallback = kind === 'chunk' ? 'stream_error' : 'provider_error';
      throw failureInside(told, fallback, this.#context, this.#usage);
    }
    if (!envelope) throw this.failure('malformed_response', 'is not a JSON object.');
    if (!choice || (typeof choice.index === 'number' && choice.index !== 0)) return undefined;
    this.#sawChoice = true;
    const delta = this.#readDelta(recordOf(choice.delta) ?? recordOf(choice.message) ?? {});
    const reason = textField(choice.finish_reason)?.toLowerCase();
    if (reason !== undefined) this.#finishReason = FINISH_REASONS[reason] ?? reason;
    return delta;
  }

  /**
   * The response is over.
   *
   * @returns the last delta, where something had to be completed, and the finish
   * @throws CallError where it is no whole answer
   */
  end(): { delta?: Delta; finish: CallFinish } {
    const reason = this.#finishReason;
    if (!this.#sawChoice) {
      if (this.#responseId === undefined && this.#usage === undefined) {
        throw this.failure('stream_cut', 'ended before it began.');
      }
      throw this.failure('malformed_response', 'has an empty list of choices.');
    }
    if (reason === undefined) {
      throw this.failure('stream_cut', 'ended without a finish reason: it may be cut off.');
    }
    if (BROKEN_OFF.has(reason)) {
      throw this.failure('provider_error', `broke off with finish reason "${reason}".`);
    }
    if (reason === 'tool_calls' && this.#tools.count === 0) {
      throw this.failure(
        'malformed_response',
        'announces tool calls and holds none: they were not parsable.',
      );
    }
    if (this.#tools.unnamed > 0) {
      throw this.failure('malformed_response', 'holds a tool call without a name.');
    }
    // With reason `length` or `content_filter` an empty answer tells its own cause and is the verifier's.
    if (reason === 'stop' && !this.#sawAnswer && this.#tools.count === 0) {
      throw this.failure('empty_response', 'is empty: no text, no tool call, no refusal.');
    }
    const toolCalls = this.#tools.complete();
    return {
      delta: toolCalls && { toolCalls },
      finish: {
        // Google and forced tool choices end a tool call with `stop`.
        finishReason: reason === 'stop' && this.#tools.count > 0 ? 'tool_calls' : reason,
        usage: this.#usage,
        servedModel: this.#servedModel,
        reportedUsd: this.#reportedUsd,
        responseId: this.#responseId,
      },
    };
  }

  failure(code: Parameters<typeof failureOfAnswer>[0], what: string, cause?: unknown) {
    return failureOfAnswer(code, what, this.#context, { usage: this.#usage, cause });
  }

  #parse(json: string): unknown {
    try {
      return JSON.parse(json);
    } catch (cause) {
      const isPage = /^\s*</.test(json);
      const what = isPage ? 'is a web page: the base URL may be wrong.' : 'is broken JSON.';
      throw this.failure('malformed_response', what, cause);
    }
  }

  #readEnvelope(envelope: Record<string, unknown>, choice: Record<string, unknown> | undefined): void {
    this.#responseId ??= textField(envelope.id);
    this.#servedModel ??= textField(envelope.model);
    // Groq and Moonshot have it in places of their own; where several chunks tell it, the last one is right.
    const usage = envelope.usage ?? recordOf(envelope.x_groq)?.usage ?? choice?.usage;
    if (!usage) return;
    this.#usage = readUsage(usage) ?? this.#usage;
    this.#reportedUsd = readReportedUsd(usage) ?? this.#reportedUsd;
  }

  #readDelta(message: Record<string, unknown>): Delta | undefined {
    const { text, thought } = readContent(message.content);
    const reasoning = textField(message.reasoning_content) ?? textField(message.reasoning) ?? thought;
    const refusal = textField(message.refusal);
    const toolCalls = this.#tools.read(message.tool_calls);
    if (!text && !reasoning && !refusal && !toolCalls) return undefined;
    const delta: Delta = {};
    if (text) delta.content = text;
    if (reasoning) delta.reasoning = reasoning;
    if (refusal) delta.refusal = refusal;
    if (toolCalls) delta.toolCalls = toolCalls;
    if (text || refusal) this.#sawAnswer = true;
    return delta;
  }
}
