/**
 * Three models with hand-written prices and capabilities form the whole catalog, and the cost penalty moves
 * the choice. Calls nobody and needs no key: `node examples/own-catalog.ts`
 */
import { createRouter, formatUsd } from 'xrouter';

const router = createRouter({
  bundled: false,
  providers: { mine: { baseUrl: 'http://localhost:8000/v1', keyless: true } },
  models: [
    {
      id: 'mine/small',
      price: { inputUsdPerMTok: 0.05, outputUsdPerMTok: 0.2 },
      contextTokens: 32_000,
      benchmarks: { mmlu_pro: 45 },
    },
    {
      id: 'mine/middle',
      price: { inputUsdPerMTok: 0.5, outputUsdPerMTok: 2 },
      contextTokens: 128_000,
      toolCalling: true,
      benchmarks: { mmlu_pro: 72 },
    },
    {
      id: 'mine/large',
      price: { inputUsdPerMTok: 5, outputUsdPerMTok: 20 },
      contextTokens: 200_000,
      toolCalling: true,
      benchmarks: { mmlu_pro: 86 },
    },
  ],
});

const content = 'Prove that the sum of two odd numbers is even, and explain each step.';
for (const lambda of [0, 0.5, 20]) {
  const { decision } = await router.decide({ messages: [{ role: 'user', content }], lambda });
  const [best] = decision.estimates;
  const success = `${((best?.success ?? 0) * 100).toFixed(0)} %`;
  console.log(`lambda ${lambda}: ${best?.model}, success ${success}, ${formatUsd(best?.costUsd ?? 0)}`);
}
