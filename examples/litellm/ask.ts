/**
 * Candidates behind a LiteLLM proxy: models and prices come from the proxy, and so does what a call cost.
 * Start the proxy (README.md beside this), then: `node examples/litellm/ask.ts "Why is the sky blue?"`
 */
import { createRouter, litellmModels } from 'xrouter';

const { LITELLM_BASE_URL = 'http://127.0.0.1:4000/v1', LITELLM_API_KEY } = process.env;

const models = await litellmModels({ baseUrl: LITELLM_BASE_URL, apiKey: LITELLM_API_KEY });
const router = createRouter({
  models,
  bundled: false,
  providers: { litellm: { baseUrl: LITELLM_BASE_URL } },
  policy: 'cheapest',
});
for (const { id, price } of router.catalog.candidates) {
  const prices = price?.periods[0]?.prices;
  console.error(`${id}: $${prices?.inputUsdPerMTok} in, $${prices?.outputUsdPerMTok} out per million tokens`);
}
const { text, model, cost } = await router.route({
  messages: [{ role: 'user', content: process.argv[2] ?? 'Why is the sky blue?' }],
});
console.log(text);
console.error(`${model} for $${cost.usd}, ${cost.provenance?.source}: ${cost.provenance?.name}`);
await router.close();
