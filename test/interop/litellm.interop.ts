/** A real LiteLLM proxy in front of the lab: names, prices and costs as the proxy tells them. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRouter, litellmModels, type Router } from '../../src/index.ts';
import { createLab, type Lab } from '../../src/lab/index.ts';
import { user } from '../support/lab-router.ts';
import { freePort, type Running, ready, start } from './processes.ts';
import { python } from './python.ts';

const KEY = 'sk-interop';
let lab: Lab;
let proxy: Running;
let baseUrl: string;
let router: Router;

beforeAll(async () => {
  const interpreter = await python('litellm', ['litellm[proxy]==1.106.2']);
  lab = await createLab();
  const port = await freePort();
  baseUrl = `http://127.0.0.1:${port}/v1`;
  const config = join(import.meta.dirname, '../../examples/litellm/proxy.yaml');
  proxy = start(
    join(interpreter, '../litellm'),
    ['--config', config, '--port', String(port), '--host', '127.0.0.1'],
    {
      OPENAI_BASE_URL: lab.baseUrl('openai'),
      OPENAI_API_KEY: 'any',
      LITELLM_MASTER_KEY: KEY,
    },
  );
  await ready(proxy, async () => (await fetch(`http://127.0.0.1:${port}/health/liveliness`)).ok, 120_000);
  const models = await litellmModels({ baseUrl, apiKey: KEY });
  router = createRouter(
    { models, bundled: false, providers: { litellm: { baseUrl } }, policy: 'cheapest' },
    { env: { LITELLM_API_KEY: KEY } },
  );
}, 600_000);
afterAll(async () => {
  await router?.close();
  await proxy?.stop();
  await lab?.close();
});

describe('a LiteLLM proxy', () => {
  it('tells its models with prices and abilities', async () => {
    const small = router.catalog.get('litellm/small');
    expect(small).toMatchObject({ toolCalling: true, reasoning: true, contextTokens: 400_000 });
    expect(small.price!.periods[0]!.prices).toMatchObject({
      inputUsdPerMTok: 0.05,
      outputUsdPerMTok: 0.4,
      cacheReadUsdPerMTok: 0.005,
    });
    expect(router.catalog.get('litellm/own').price!.periods[0]!.prices).toMatchObject({
      inputUsdPerMTok: 0.5,
      outputUsdPerMTok: 2,
    });
  });

  it('tells what a call cost, and that is the cost', async () => {
    const { cost, model } = await router.route({ messages: user('What is 2 + 2?'), stream: false });
    expect(model).toBe('litellm/small');
    expect(cost.provenance?.source).toBe('provider');
    expect(cost.usd).toBeCloseTo(lab.usage().requests.at(-1)!.costUsd!, 9);
  });

  it('tells it for a streamed call too, in the usage', async () => {
    const { cost } = await router.route({ messages: user('What is 3 + 3?') });
    expect(cost.provenance?.source).toBe('provider');
    expect(cost.usd).toBeCloseTo(lab.usage().requests.at(-1)!.costUsd!, 9);
  });

  it('answers without a provider where it is told to', async () => {
    const { text } = await router.route({ messages: user('Hello'), pool: ['litellm/own'] });
    expect(text).toBe('A fixed answer, without a provider.');
  });

  it('refuses a wrong key, in words', async () => {
    await expect(litellmModels({ baseUrl, apiKey: 'sk-wrong' })).rejects.toMatchObject({
      code: expect.stringMatching(/authentication_failed|malformed_response/),
    });
  });
});
