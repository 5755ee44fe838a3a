/** Where a router model is served. Apart from the client, which loads an HTTP library. */
import { XrouterError } from '../../errors.ts';

export interface RouterServerSpec {
  /** With the version in its path, for example `http://gpu:30000/v1`. */
  baseUrl: string;
  /** The name the model is served under. */
  model: string;
  apiKey?: string;
  headers?: Record<string, string>;
  /** Further fields of every request, for example a grammar, `priority`, `cache_salt` or `lora_path`. Never replaces one that is set. */
  extraBody?: Record<string, unknown>;
  /**
   * `sglang` also takes top_k, repetition_penalty and a request id, and can be told to abort by it; SGLang and
   * vLLM ignore what they do not know. `openai`: only the fields of OpenAI's API. Default `sglang`.
   */
  kind?: 'sglang' | 'openai';
}

/** @throws XrouterError `invalid_config` where the base URL is none */
export function checkServer(spec: RouterServerSpec): void {
  if (!URL.canParse(spec.baseUrl) || !/^https?:/.test(spec.baseUrl)) {
    throw new XrouterError('invalid_config', `The router's base URL ${spec.baseUrl} is no http(s) address.`, {
      hint: 'Set it to the address of the server with its version, for example http://127.0.0.1:30000/v1.',
    });
  }
}
