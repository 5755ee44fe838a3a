import { describe, expect, it } from 'vitest';
import { BENCHMARKS, createCatalog, endpointOf, PROVIDERS, tokenPriceUsd } from '../../src/catalog/index.ts';
import type { Provider } from '../../src/provider/provider.ts';

const catalog = createCatalog();

/** The models of the original xRouter, by the names it knows them by. */
const ORIGINALS =
  'gpt-5 gpt-5-mini gpt-5-nano gpt-4o gpt-4o-mini gpt-4.1 gpt-4.1-mini gpt-4.1-nano o3 o4-mini gpt-oss-120b gpt-oss-20b qwen3-235b-instruct qwen3-235b-thinking qwen3-coder-480b kimi-k2 deepseek-r1 deepseek-r1-tput'.split(
    ' ',
  );

describe('the bundled catalog', () => {
  it('has at least 60 models over at least 12 providers, all priced with provenance', () => {
    expect(new Set(catalog.candidates.map(({ displayName }) => displayName)).size).toBeGreaterThanOrEqual(60);
    expect(new Set(catalog.candidates.map(({ provider }) => provider)).size).toBeGreaterThanOrEqual(12);
    for (const { id, price } of catalog.candidates) {
      expect(price?.provenance, id).toMatchObject({
        source: 'bundled',
        asOf: expect.stringMatching(/^20\d\d-/),
      });
      expect(price?.periods.length, id).toBeGreaterThan(0);
    }
  });

  it.each(ORIGINALS)('has %s', (name) => {
    expect(catalog.find(name)).toBeDefined();
  });

  it('has plausible rows', () => {
    const ids = catalog.candidates.map(({ id }) => id.toLowerCase());
    expect(new Set(ids).size).toBe(ids.length);
    for (const candidate of catalog.candidates) {
      const { id, provider, contextTokens, maxOutputTokens, input, output, released, benchmarks } = candidate;
      expect(id.startsWith(`${provider}/`), id).toBe(true);
      expect(
        PROVIDERS.some((spec) => spec.id === provider),
        id,
      ).toBe(true);
      expect(contextTokens, id).toBeGreaterThanOrEqual(64_000);
      expect(contextTokens, id).toBeLessThanOrEqual(2_000_000);
      if (maxOutputTokens !== undefined) expect(maxOutputTokens, id).toBeLessThanOrEqual(contextTokens ?? 0);
      expect(input, id).toContain('text');
      expect(output, id).toEqual(['text']);
      if (released) expect(released, id).toMatch(/^202[3-6]-\d\d-\d\d$/);
      for (const [name, { score, source }] of Object.entries(benchmarks)) {
        expect(BENCHMARKS, id).toHaveProperty(name);
        expect(score, id).toBeGreaterThan(0);
        expect(score, id).toBeLessThanOrEqual(100);
        expect(source, id).toMatch(/^\S.*, \S/);
      }
    }
  });

  it('has published scores for at least 35 models', () => {
    const scored = catalog.candidates.filter(({ benchmarks }) => Object.keys(benchmarks).length > 0);
    expect(new Set(scored.map(({ displayName }) => displayName)).size).toBeGreaterThanOrEqual(35);
  });

  it('does not promise answers to a schema where the endpoint ignores it', () => {
    expect(catalog.get('anthropic/claude-opus-5').structuredOutput).toBe(false);
    expect(catalog.get('openrouter/anthropic/claude-opus-5').structuredOutput).toBe(true);
  });

  it('knows prices that change on a date, by the hour and with the length', () => {
    const price = (id: string, time: string, inputTokens = 1_000) =>
      ((tokenPriceUsd(catalog.get(id), inputTokens, 0, new Date(time)) ?? 0) / inputTokens) * 1e6;
    expect(price('openai/gpt-5.6-luna', '2026-07-29T23:59:59Z')).toBeCloseTo(1, 9);
    expect(price('openai/gpt-5.6-luna', '2026-07-30T00:00:00Z')).toBeCloseTo(0.2, 9);
    expect(price('deepseek/deepseek-v4-flash', '2026-11-20T05:00:00Z')).toBeCloseTo(0.22, 9);
    expect(price('deepseek/deepseek-v4-flash', '2026-11-20T06:00:00Z')).toBeCloseTo(0.44, 9);
    expect(price('xai/grok-4.5', '2026-11-20T06:00:00Z', 199_999)).toBeCloseTo(2, 9);
    expect(price('xai/grok-4.5', '2026-11-20T06:00:00Z', 200_000)).toBeCloseTo(4, 9);
  });
});

describe('a name', () => {
  it('means the exact id first, whatever the case', () => {
    expect(catalog.find('OpenRouter/OpenAI/GPT-5')?.id).toBe('openrouter/openai/gpt-5');
    expect(catalog.find('GPT-5')?.id).toBe('openai/gpt-5');
  });

  it('that several providers serve means the first listed, or the first that is usable', () => {
    const ids = catalog.findAll('gpt-oss-120b').map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(3);
    expect(catalog.find('gpt-oss-120b')?.id).toBe(ids[0]);
    expect(catalog.find('gpt-oss-120b', { CEREBRAS_API_KEY: 'k' })?.provider).toBe('cerebras');
    expect(catalog.find('gpt-oss-120b', {})?.id).toBe(ids[0]);
    expect(catalog.find('groq/openai/gpt-oss-120b', { CEREBRAS_API_KEY: 'k' })?.provider).toBe('groq');
  });

  it('that is unknown is answered with the nearest', () => {
    expect(catalog.find('gpt-5-minni')).toBeUndefined();
    expect(catalog.nearest('gpt-5-minni')[0]).toBe('openai/gpt-5-mini');
    expect(() => catalog.get('claude-opus-55')).toThrow(
      expect.objectContaining({ code: 'unknown_model', hint: expect.stringContaining('claude-opus-5') }),
    );
    expect(catalog.nearest('zzzzqqqqxxxx')).toEqual([]);
  });
});

describe('an endpoint', () => {
  const provider = (id: string) => PROVIDERS.find((spec) => spec.id === id)!;

  it('is moved by its variable, and takes the first key that is set', () => {
    expect(endpointOf(provider('google'), { GOOGLE_API_KEY: 'b' })).toEqual({
      baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
      apiKey: 'b',
    });
    const env = { GEMINI_API_KEY: 'a', GOOGLE_API_KEY: 'b', GOOGLE_BASE_URL: 'http://proxy.test/v1/' };
    expect(endpointOf(provider('google'), env)).toEqual({ baseUrl: 'http://proxy.test/v1', apiKey: 'a' });
    expect(endpointOf(provider('vllm'), { VLLM_BASE_URL: '' }).baseUrl).toBe('http://localhost:8000/v1');
  });

  it('has an id of its own for every provider', () => {
    expect(new Set(PROVIDERS.map(({ id }) => id)).size).toBe(PROVIDERS.length);
    expect(new Set(PROVIDERS.map(({ urlVariable }) => urlVariable)).size).toBe(PROVIDERS.length);
  });
});

describe('usable', () => {
  it('names the variable each provider lacks', () => {
    const { usable, unusable } = catalog.usable({ OPENAI_API_KEY: 'k' });
    expect(new Set(usable.map(({ provider }) => provider))).toEqual(new Set(['openai']));
    const google = unusable.find(({ candidate }) => candidate.provider === 'google');
    expect(google?.missing).toBe('Set GEMINI_API_KEY or GOOGLE_API_KEY.');
    expect(usable.length + unusable.length).toBe(catalog.candidates.length);
    expect(catalog.usable({ OPENAI_API_KEY: '' }).usable).toEqual([]);
  });

  it('counts a local server only once its URL is set or configured', () => {
    const own = createCatalog({ models: [{ id: 'ollama/qwen3:8b' }] });
    const candidate = own.get('qwen3:8b');
    expect(own.missing(candidate, {})).toContain('OLLAMA_BASE_URL');
    expect(own.missing(candidate, { OLLAMA_BASE_URL: 'http://localhost:11434/v1' })).toBeUndefined();
    const configured = createCatalog({ providers: { ollama: {} }, models: [{ id: 'ollama/qwen3:8b' }] });
    expect(configured.missing(configured.get('qwen3:8b'), {})).toBeUndefined();
    expect(candidate.price?.periods[0]?.prices.outputUsdPerMTok).toBe(0);
  });

  it('takes a model that came as code as it is', () => {
    const via: Provider = { id: 'mine', call: () => (async function* () {})() };
    const own = createCatalog({ bundled: false, models: [{ id: 'mine/model', via }] });
    expect(own.usable({}).usable.map(({ id }) => id)).toEqual(['mine/model']);
    expect(own.get('model').price).toBeUndefined();
  });
});

describe('the user', () => {
  it('changes a bundled model, and his name stands on the price', () => {
    const own = createCatalog({
      configName: 'xrouter.config.json',
      models: [
        {
          id: 'openai/gpt-5',
          price: { inputUsdPerMTok: 1, outputUsdPerMTok: 2 },
          contextTokens: 10_000,
          benchmarks: { mmlu_pro: 50 },
          aliases: ['house-model'],
        },
      ],
    });
    const candidate = own.get('house-model');
    expect(candidate.id).toBe('openai/gpt-5');
    expect(candidate.price?.provenance).toMatchObject({ source: 'user', name: 'xrouter.config.json' });
    expect(candidate.contextTokens).toBe(10_000);
    expect(candidate.maxOutputTokens).toBe(128_000);
    expect(candidate.benchmarks.mmlu_pro).toEqual({ score: 50, source: 'xrouter.config.json' });
    expect(candidate.benchmarks.gpqa_diamond).toBeDefined();
    expect(createCatalog().get('openai/gpt-5').contextTokens).toBe(400_000);
  });

  it('adds a model of any OpenAI-compatible URL, whose price is then unknown until he gives one', () => {
    const own = createCatalog({
      providers: { acme: { baseUrl: 'https://llm.acme.test/v1', keyVariable: 'ACME_TOKEN' } },
      models: [{ id: 'acme/large' }],
    });
    expect(own.candidates[0]?.id).toBe('acme/large');
    expect(own.get('large').price).toBeUndefined();
    expect(own.missing(own.get('large'), {})).toBe('Set ACME_TOKEN.');
    expect(own.missing(own.get('large'), { ACME_TOKEN: 't' })).toBeUndefined();
  });

  it('is told when a model has no provider', () => {
    expect(() => createCatalog({ models: [{ id: 'large' }] })).toThrow(
      expect.objectContaining({ code: 'invalid_config', message: expect.stringContaining('"large"') }),
    );
  });

  it('is told when a provider of his has no URL', () => {
    expect(() => createCatalog({ providers: { opnai: {} } })).toThrow(
      expect.objectContaining({ code: 'invalid_config', hint: expect.stringContaining('openai') }),
    );
  });

  it('allows and denies by id, name or provider, and is told of a name that matches nothing', () => {
    const kept = createCatalog({ allow: ['openai/*', 'kimi-k3'], deny: ['gpt-4o', 'moonshot/*'] });
    const ids = kept.candidates.map(({ id }) => id);
    expect(ids).toContain('openai/gpt-5');
    expect(ids).toContain('fireworks/kimi-k3');
    expect(ids).not.toContain('openai/gpt-4o');
    expect(ids).not.toContain('moonshot/kimi-k3');
    expect(() => createCatalog({ deny: ['gpt-5-minni'] })).toThrow('No model "gpt-5-minni"');
    expect(() => createCatalog({ deny: ['opnai/*'] })).toThrow('opnai/*');
  });
});

describe('the model that really answered', () => {
  const gpt5 = catalog.get('openai/gpt-5');

  it('is the asked one where the name only adds a date', () => {
    expect(catalog.servedCandidate(gpt5, 'gpt-5-2025-08-07')).toBe(gpt5);
    expect(catalog.servedCandidate(gpt5, undefined)).toBe(gpt5);
    const flash = catalog.get('google/gemini-2.5-flash');
    expect(catalog.servedCandidate(flash, 'models/gemini-2.5-flash')).toBe(flash);
    const haiku = catalog.get('anthropic/claude-haiku-4-5');
    expect(catalog.servedCandidate(haiku, 'claude-haiku-4-5-20251001')).toBe(haiku);
  });

  it('is priced as what it is where an alias or a router was asked', () => {
    const own = createCatalog({
      models: [{ id: 'deepseek/deepseek-chat' }, { id: 'openrouter/openrouter/auto' }],
    });
    const chat = own.get('deepseek-chat');
    expect(own.servedCandidate(chat, 'deepseek-v4-flash').id).toBe('deepseek/deepseek-v4-flash');
    const auto = own.get('openrouter/openrouter/auto');
    expect(own.servedCandidate(auto, 'openai/gpt-5-mini').id).toBe('openrouter/openai/gpt-5-mini');
  });

  it('has an unknown price where the provider is not known to serve it, even if another is', () => {
    const served = catalog.servedCandidate(gpt5, 'claude-opus-5');
    expect(served).toMatchObject({ provider: 'openai', model: 'claude-opus-5' });
    expect(served.price).toBeUndefined();
    expect(catalog.servedCandidate(gpt5, 'claude-opus-5')).toBe(served);
  });

  it('costs what the user said of the asked one', () => {
    const price = { inputUsdPerMTok: 1, outputUsdPerMTok: 2 };
    const own = createCatalog({ models: [{ id: 'deepseek/deepseek-chat', price }] });
    const chat = own.get('deepseek-chat');
    expect(own.servedCandidate(chat, 'deepseek-v4-flash')).toBe(chat);
  });
});
