import { describe, expect, it } from 'vitest';
import { litellmModels } from '../../src/index.ts';
import { json, raw, startScriptedServer } from '../support/scripted-server.ts';

const entry = (model_name: string, model_info: object) => ({
  model_name,
  litellm_params: { model: 'x' },
  model_info,
});

describe('the models of a LiteLLM proxy', () => {
  it('have prices per million tokens and what they can do; other modes and repetitions are left out', async () => {
    await using server = await startScriptedServer();
    const priced = {
      mode: 'chat',
      input_cost_per_token: 5e-8,
      output_cost_per_token: 4e-7,
      cache_read_input_token_cost: 5e-9,
    };
    server.play(
      json({
        data: [
          entry('small', {
            ...priced,
            max_input_tokens: 1000,
            supports_vision: true,
            supports_function_calling: null,
          }),
          entry('small', { ...priced, input_cost_per_token: 1 }),
          entry('unpriced', { mode: null, input_cost_per_token: null }),
          entry('speech', { mode: 'audio_speech' }),
        ],
      }),
    );
    const models = await litellmModels({ baseUrl: `${server.url}/`, apiKey: 'k' });
    expect(server.requests[0]).toMatchObject({
      url: '/v1/model/info',
      headers: { authorization: 'Bearer k' },
    });
    expect(models).toMatchObject([
      {
        id: 'litellm/small',
        price: { inputUsdPerMTok: 0.05, outputUsdPerMTok: 0.4, cacheReadUsdPerMTok: 0.005 },
        contextTokens: 1000,
        input: ['text', 'image'],
      },
      { id: 'litellm/unpriced', price: undefined, input: ['text'] },
    ]);
    expect(models).toHaveLength(2);
  });

  it.each([
    [json({ error: 'no' }, 401), 'authentication_failed'],
    [json({ data: 'no' }), 'malformed_response'],
    [raw('<html>'), 'malformed_response'],
    [json({ data: [] }, 500), 'malformed_response'],
  ])('say what is wrong otherwise (%#)', async (script, code) => {
    await using server = await startScriptedServer();
    server.play(script);
    await expect(litellmModels({ baseUrl: server.url })).rejects.toMatchObject({ code });
  });

  it('a proxy that is not there', async () => {
    await expect(litellmModels({ baseUrl: 'http://127.0.0.1:9/v1' })).rejects.toMatchObject({
      code: 'connection_failed',
    });
  });
});
