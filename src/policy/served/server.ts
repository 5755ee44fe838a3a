/** The server a router model runs on: SGLang, vLLM, llama.cpp, or anything that speaks OpenAI's API. */
import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import { CallError } from '../../errors.ts';
import type { Usage } from '../../money.ts';
import {
  type FailureContext,
  failureFromResponse,
  failureInside,
  failureOfConnection,
  providerMessage,
} from '../../provider/failure.ts';
import { type JsonRecord, recordOf, textField } from '../../provider/json.ts';
import { readUsage } from '../../provider/usage.ts';
import type { RouterServerSpec } from './server-spec.ts';

export interface RouterTime {
  signal: AbortSignal;
  /** Time until the turn is given up. */
  timeoutMs: number;
}

/** What the router model wrote in one turn. */
export interface RawTurn {
  text: string;
  finishReason: string;
  usage?: Usage;
}

/** A router writes a few hundred tokens; a body beyond this is not a router's. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** An abort is a courtesy to the server: nobody waits long for it. */
const ABORT_MS = 2000;

export class RouterServer {
  readonly spec: RouterServerSpec;
  readonly #root: string;
  readonly #context: FailureContext;

  constructor(spec: RouterServerSpec) {
    this.spec = spec;
    this.#root = spec.baseUrl.replace(/\/+$/, '').replace(/\/v1$/, '');
    const { apiKey } = spec;
    this.#context = {
      provider: 'router server',
      model: spec.model,
      redact: (text) => (apiKey ? text.replaceAll(apiKey, '[redacted]') : text),
    };
  }

  get isSglang(): boolean {
    return this.spec.kind !== 'openai';
  }

  /** `POST /v1/completions`. @throws CallError */
  async complete(body: JsonRecord, time: RouterTime): Promise<RawTurn> {
    const rid = this.isSglang ? randomUUID() : undefined;
    const answer = await this.#post(
      '/v1/completions',
      { ...this.spec.extraBody, model: this.spec.model, rid, ...body },
      time,
      rid,
    );
    const choice = Array.isArray(answer.choices) ? recordOf(answer.choices[0]) : undefined;
    if (typeof choice?.text !== 'string') throw this.#malformed('/v1/completions', 'no text in its choices');
    const finishReason = textField(choice.finish_reason) ?? 'unknown';
    return this.#turn(choice.text, finishReason, readUsage(answer.usage));
  }

  /** SGLang's own `POST /generate`. @throws CallError */
  async generate(text: string, samplingParams: JsonRecord, time: RouterTime): Promise<RawTurn> {
    const rid = randomUUID();
    const answer = await this.#post(
      '/generate',
      { ...this.spec.extraBody, text, sampling_params: samplingParams, rid },
      time,
      rid,
    );
    const meta = recordOf(answer.meta_info) ?? {};
    if (typeof answer.text !== 'string') throw this.#malformed('/generate', 'no text');
    const reason = recordOf(meta.finish_reason);
    if (reason?.type === 'abort') throw this.#malformed('/generate', textField(reason.message) ?? 'an abort');
    return this.#turn(answer.text, textField(reason?.type) ?? 'unknown', readUsage(meta));
  }

  /** Any JSON over POST, with the server's key. @throws CallError */
  async post(path: string, body: JsonRecord, time: RouterTime): Promise<JsonRecord> {
    return this.#post(path, { ...this.spec.extraBody, ...body }, time, undefined);
  }

  /** Anything over GET; for checks of the server's health and model. @throws CallError */
  async get(path: string, time: RouterTime): Promise<{ status: number; body: string }> {
    return this.#exchange('GET', path, undefined, time);
  }

  #turn(text: string, finishReason: string, usage: Usage | undefined): RawTurn {
    if (finishReason === 'abort' || finishReason === 'error') {
      throw this.#malformed('the answer', `finish reason ${finishReason}`, usage);
    }
    return { text, finishReason, usage };
  }

  async #post(
    path: string,
    body: JsonRecord,
    time: RouterTime,
    rid: string | undefined,
  ): Promise<JsonRecord> {
    let response: { status: number; body: string };
    try {
      response = await this.#exchange('POST', path, JSON.stringify(body), time);
    } catch (error) {
      if (rid !== undefined && gaveUp(error)) void this.abort(rid);
      throw error;
    }
    let parsed: unknown;
    try {
      parsed = JSON.parse(response.body);
    } catch {
      throw this.#malformed(path, 'no JSON');
    }
    const told = providerMessage(parsed);
    if (told) throw failureInside(told, 'provider_error', this.#context, undefined);
    const record = recordOf(parsed);
    if (!record) throw this.#malformed(path, 'no JSON object');
    return record;
  }

  async #exchange(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    time: RouterTime,
  ): Promise<{ status: number; body: string }> {
    const limit = AbortSignal.timeout(Math.max(1, Math.ceil(time.timeoutMs)));
    const signal = AbortSignal.any([time.signal, limit]);
    try {
      const response = await request(`${this.#root}${path}`, {
        method,
        headers: this.#headers(body !== undefined),
        body,
        signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const text = await readBounded(response.body, MAX_BODY_BYTES);
      const { statusCode: status, headers } = response;
      if (status >= 300) throw failureFromResponse({ status, headers, body: text ?? '' }, this.#context);
      if (text === undefined) throw this.#malformed(path, `more than ${MAX_BODY_BYTES} bytes`);
      return { status, body: text };
    } catch (error) {
      if (error instanceof CallError) throw error;
      throw this.#connectionError(error as Error, time, limit);
    }
  }

  #connectionError(error: Error, time: RouterTime, limit: AbortSignal): CallError {
    if (time.signal.aborted) {
      const message = 'The router turn was aborted by the caller.';
      return new CallError('aborted', message, { retryable: false, maybeBilled: true, cause: error });
    }
    if (limit.aborted) {
      const message = `The router "${this.spec.model}" did not answer within ${Math.round(time.timeoutMs)} ms.`;
      return new CallError('total_timeout', message, {
        retryable: true,
        maybeBilled: true,
        hint: 'Raise turnMs or deadlineMs of the served policy, or give the router more GPU.',
        cause: error,
      });
    }
    const code = (error as NodeJS.ErrnoException).code ?? '';
    return failureOfConnection(
      error,
      !/REFUSED|CONNECT_TIMEOUT|ENOTFOUND|EAI_AGAIN|UNREACH/.test(code),
      this.#context,
    );
  }

  /** Tells SGLang to stop working on a request. Never throws: a server without it stops when the connection closes. */
  async abort(rid: string): Promise<void> {
    if (!this.isSglang) return;
    const time = { signal: new AbortController().signal, timeoutMs: ABORT_MS };
    await this.#exchange('POST', '/abort_request', JSON.stringify({ rid }), time).catch(() => {});
  }

  #headers(hasBody: boolean): Record<string, string> {
    return {
      accept: 'application/json',
      'user-agent': 'xrouter',
      ...(hasBody && { 'content-type': 'application/json' }),
      ...(this.spec.apiKey && { authorization: `Bearer ${this.spec.apiKey.trim()}` }),
      ...this.spec.headers,
    };
  }

  #malformed(where: string, what: string, usage?: Usage): CallError {
    return new CallError('malformed_response', `The router "${this.spec.model}" sent ${what} (${where}).`, {
      retryable: true,
      maybeBilled: true,
      usage,
      hint: 'Check that the base URL is an OpenAI-compatible server and the model is the router.',
    });
  }
}

/** Whether we left, so that the server may still be at work. */
export function gaveUp(error: unknown): boolean {
  return error instanceof CallError && (error.code === 'aborted' || error.code.endsWith('_timeout'));
}

/** The body as text; `undefined` where it is longer than the bound. */
async function readBounded(body: AsyncIterable<Uint8Array>, most: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
