/**
 * Providers: where they are, which variable holds the key, and where their chat completions differ from
 * OpenAI's. All of them speak `POST {baseUrl}/chat/completions`.
 */

/** What a provider's chat completions accept; looked up in its API reference. */
export interface WireQuirks {
  /** Name of the field that bounds the output. */
  outputLimitField: 'max_tokens' | 'max_completion_tokens';
  /**
   * How a stream comes to carry usage: `option` wants `stream_options: {include_usage: true}`; `always`
   * sends it unasked and may refuse the option.
   */
  streamUsage: 'option' | 'always';
  /** Whether its reasoning models accept `reasoning_effort`; its other models may refuse it. */
  reasoningEffort: boolean;
  /** The strongest `response_format` it honours rather than refuses or ignores. */
  responseFormat: 'json_schema' | 'json_object' | 'none';
  /** Whether its reasoning models accept `temperature` and `top_p`; OpenAI's answer them with an error. */
  reasoningSampling: boolean;
  /** Whether `usage.cost` holds what the call cost in USD. */
  reportsCost: boolean;
}

export interface ProviderSpec {
  id: string;
  name: string;
  /** Without a trailing slash. */
  baseUrl: string;
  /** Environment variable that overrides `baseUrl`. */
  urlVariable: string;
  /** Environment variables that may hold the key; the first that is set counts. */
  keyVariables: string[];
  /** True where calls work without a key. A key is still sent where one is set. */
  keyless?: boolean;
  /** Runs on the user's own machines: no charge per token, and usable only once its URL is configured. */
  local?: boolean;
  /** True where the configuration named its URL. */
  configured?: boolean;
  wire: WireQuirks;
}

const OPENAI_WIRE: WireQuirks = {
  outputLimitField: 'max_completion_tokens',
  streamUsage: 'option',
  reasoningEffort: true,
  responseFormat: 'json_schema',
  reasoningSampling: false,
  reportsCost: false,
};

/** What most servers that imitate OpenAI accept; also what an unknown OpenAI-compatible URL is taken for. */
export const COMPATIBLE_WIRE: WireQuirks = {
  outputLimitField: 'max_tokens',
  streamUsage: 'option',
  reasoningEffort: false,
  responseFormat: 'json_schema',
  reasoningSampling: true,
  reportsCost: false,
};

function hosted(
  id: string,
  name: string,
  baseUrl: string,
  keyVariables: string[],
  wire: Partial<WireQuirks> = {},
): ProviderSpec {
  const urlVariable = `${id.toUpperCase()}_BASE_URL`;
  return { id, name, baseUrl, urlVariable, keyVariables, wire: { ...COMPATIBLE_WIRE, ...wire } };
}

function selfHosted(id: string, name: string, baseUrl: string, wire: Partial<WireQuirks> = {}): ProviderSpec {
  const variable = id.toUpperCase();
  return {
    ...hosted(id, name, baseUrl, [`${variable}_API_KEY`], wire),
    keyless: true,
    local: true,
  };
}

export const PROVIDERS: readonly ProviderSpec[] = [
  hosted('openai', 'OpenAI', 'https://api.openai.com/v1', ['OPENAI_API_KEY'], OPENAI_WIRE),
  hosted('anthropic', 'Anthropic', 'https://api.anthropic.com/v1', ['ANTHROPIC_API_KEY'], {
    // Its OpenAI-compatible endpoint ignores `response_format`, `reasoning_effort` and `strict`.
    responseFormat: 'none',
  }),
  hosted(
    'google',
    'Google Gemini',
    'https://generativelanguage.googleapis.com/v1beta/openai',
    ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    { reasoningEffort: true },
  ),
  // Refuses `stream_options` and `max_completion_tokens` with 422.
  hosted('mistral', 'Mistral', 'https://api.mistral.ai/v1', ['MISTRAL_API_KEY'], { streamUsage: 'always' }),
  hosted('xai', 'xAI', 'https://api.x.ai/v1', ['XAI_API_KEY'], { reasoningEffort: true }),
  hosted('deepseek', 'DeepSeek', 'https://api.deepseek.com', ['DEEPSEEK_API_KEY'], {
    reasoningEffort: true,
    responseFormat: 'json_object',
  }),
  hosted('moonshot', 'Moonshot AI', 'https://api.moonshot.ai/v1', ['MOONSHOT_API_KEY', 'KIMI_API_KEY']),
  hosted('zai', 'Z.ai', 'https://api.z.ai/api/paas/v4', ['ZAI_API_KEY'], { responseFormat: 'json_object' }),
  hosted('minimax', 'MiniMax', 'https://api.minimax.io/v1', ['MINIMAX_API_KEY'], { responseFormat: 'none' }),
  hosted('cohere', 'Cohere', 'https://api.cohere.ai/compatibility/v1', ['COHERE_API_KEY', 'CO_API_KEY']),
  hosted('perplexity', 'Perplexity', 'https://api.perplexity.ai', ['PERPLEXITY_API_KEY', 'PPLX_API_KEY'], {
    streamUsage: 'always',
    reasoningEffort: true,
  }),
  hosted('groq', 'Groq', 'https://api.groq.com/openai/v1', ['GROQ_API_KEY'], {
    outputLimitField: 'max_completion_tokens',
    reasoningEffort: true,
  }),
  hosted('cerebras', 'Cerebras', 'https://api.cerebras.ai/v1', ['CEREBRAS_API_KEY'], {
    outputLimitField: 'max_completion_tokens',
    reasoningEffort: true,
  }),
  hosted('together', 'Together AI', 'https://api.together.xyz/v1', ['TOGETHER_API_KEY'], {
    reasoningEffort: true,
  }),
  hosted('fireworks', 'Fireworks AI', 'https://api.fireworks.ai/inference/v1', ['FIREWORKS_API_KEY'], {
    reasoningEffort: true,
  }),
  hosted('openrouter', 'OpenRouter', 'https://openrouter.ai/api/v1', ['OPENROUTER_API_KEY'], {
    reasoningEffort: true,
    reportsCost: true,
  }),
  selfHosted('ollama', 'Ollama', 'http://localhost:11434/v1', { reasoningEffort: true }),
  selfHosted('lmstudio', 'LM Studio', 'http://localhost:1234/v1'),
  selfHosted('vllm', 'vLLM', 'http://localhost:8000/v1', { reasoningEffort: true }),
  selfHosted('sglang', 'SGLang', 'http://localhost:30000/v1'),
  {
    ...selfHosted('litellm', 'LiteLLM proxy', 'http://localhost:4000/v1'),
    keyVariables: ['LITELLM_API_KEY', 'LITELLM_MASTER_KEY'],
    // It forwards to providers that charge.
    local: false,
  },
];

export type Env = Record<string, string | undefined>;

/** Where to send a call, and with which key. */
export interface Endpoint {
  baseUrl: string;
  apiKey?: string;
}

export function endpointOf(provider: ProviderSpec, env: Env = process.env): Endpoint {
  const url = env[provider.urlVariable] || provider.baseUrl;
  const variable = provider.keyVariables.find((name) => env[name]);
  return { baseUrl: url.replace(/\/+$/, ''), apiKey: variable && env[variable] };
}

/** What a provider still needs before it can be called; `undefined`: nothing. For a person, one sentence. */
export function missingFor(provider: ProviderSpec, env: Env = process.env): string | undefined {
  if (provider.keyless) {
    if (provider.configured || env[provider.urlVariable]) return undefined;
    return `Set ${provider.urlVariable} (for example ${provider.baseUrl}) or name ${provider.id} under "providers" in the configuration.`;
  }
  if (provider.keyVariables.some((name) => env[name])) return undefined;
  return `Set ${provider.keyVariables.join(' or ')}.`;
}
