/** A LiteLLM proxy as a price source: its models with the prices it charges by, from `GET /v1/model/info`. */
import { XrouterError } from '../errors.ts';
import type { TokenPrices } from './candidate.ts';
import type { OwnModel } from './catalog.ts';
import type { ModelInfo } from './litellm-schema.ts';

const MTOK = 1e6;
const ANSWER_MS = 10_000;

/**
 * The proxy's chat models for `models` of the configuration, as `PROVIDER/NAME`. Names that stand for several
 * deployments are taken by the first.
 *
 * @example
 * ```ts
 * const proxy = { baseUrl: 'http://localhost:4000/v1', apiKey: process.env.LITELLM_API_KEY };
 * const models = await litellmModels(proxy);
 * const router = createRouter({ models, providers: { litellm: { baseUrl: proxy.baseUrl } }, bundled: false });
 * ```
 * @throws XrouterError `connection_failed`, `authentication_failed`, `malformed_response`
 */
export async function litellmModels(
  proxy: { baseUrl: string; apiKey?: string },
  provider = 'litellm',
): Promise<OwnModel[]> {
  const url = `${proxy.baseUrl.replace(/\/+$/, '')}/model/info`;
  const models = new Map<string, OwnModel>();
  for (const { model_name: name, model_info: info } of await readInfo(url, proxy.apiKey)) {
    const isChat = info.mode === undefined || info.mode === null || info.mode === 'chat';
    const id = `${provider}/${name}`;
    if (isChat && !models.has(id)) models.set(id, ownModel(id, info));
  }
  return [...models.values()];
}

async function readInfo(url: string, apiKey: string | undefined) {
  let response: Response;
  try {
    const headers: Record<string, string> = apiKey ? { authorization: `Bearer ${apiKey}` } : {};
    response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_MS), redirect: 'error' });
  } catch (error) {
    throw new XrouterError('connection_failed', `The LiteLLM proxy at ${url} cannot be reached.`, {
      hint: 'Start it with `litellm --config FILE`, or correct the base URL.',
      cause: error,
    });
  }
  if (response.status === 401 || response.status === 403) {
    await response.body?.cancel();
    throw new XrouterError(
      'authentication_failed',
      `The LiteLLM proxy refuses the key (${response.status}).`,
      {
        hint: 'Use its master key, or a virtual key that may read the models.',
      },
    );
  }
  const { infoSchema } = await import('./litellm-schema.ts');
  const parsed = infoSchema.safeParse(await response.json().catch(() => undefined));
  if (response.ok && parsed.success) return parsed.data.data;
  throw new XrouterError(
    'malformed_response',
    `${url} answered ${response.status} without a list of models.`,
    {
      hint: 'Check that the base URL is a LiteLLM proxy, with /v1.',
    },
  );
}

function ownModel(id: string, info: ModelInfo): OwnModel {
  return {
    id,
    price: priceOf(info),
    contextTokens: info.max_input_tokens ?? undefined,
    maxOutputTokens: info.max_output_tokens ?? undefined,
    input: info.supports_vision ? ['text', 'image'] : ['text'],
    toolCalling: info.supports_function_calling ?? undefined,
    structuredOutput: info.supports_response_schema ?? undefined,
    reasoning: info.supports_reasoning ?? undefined,
  };
}

/** USD per token to USD per million; rounded to what a nano-dollar per token can tell apart. */
function perMTok(usdPerToken: number): number {
  return Number((usdPerToken * MTOK).toPrecision(12));
}

function priceOf(info: ModelInfo): TokenPrices | undefined {
  const { input_cost_per_token: input, output_cost_per_token: output } = info;
  if (typeof input !== 'number' || typeof output !== 'number') return undefined;
  const { cache_read_input_token_cost: read, cache_creation_input_token_cost: write } = info;
  return {
    inputUsdPerMTok: perMTok(input),
    outputUsdPerMTok: perMTok(output),
    ...(typeof read === 'number' && { cacheReadUsdPerMTok: perMTok(read) }),
    ...(typeof write === 'number' && { cacheWriteUsdPerMTok: perMTok(write) }),
  };
}
