/**
 * An agent of LangChain whose model is chosen, called and accounted for by the router, and what each run cost.
 * The lab stands in for the providers, so it needs no key: `node examples/langchain-agent.ts`
 */
import { tool } from '@langchain/core/tools';
import { createAgent } from 'langchain';
import { createCatalog, formatUsd } from 'xrouter';
import { createLab, labEnvironment } from 'xrouter/lab';
import { candidateTools } from 'xrouter/langchain';
import { xrouterMiddleware } from 'xrouter/langchain/middleware';
import { z } from 'zod';

const lab = await createLab();
const routing = xrouterMiddleware({
  candidates: ['openai/gpt-5-nano', 'anthropic/claude-opus-5'],
  exitBehavior: 'end',
  env: labEnvironment(lab, createCatalog().providers),
});
const weather = tool(({ city }) => `Sunny in ${city}, 21 degrees`, {
  name: 'get_weather',
  description: 'The weather of a city',
  schema: z.object({ city: z.string() }),
});
// The same candidates as tools, for a model that wants a second opinion; they count against the same budgets.
const opinions = candidateTools({ router: routing.router });
const agent = createAgent({ model: 'openai:gpt-5', tools: [weather, ...opinions], middleware: [routing] });

for (const runUsd of [0.05, 0.000001]) {
  const { messages, runCost } = await agent.invoke(
    { messages: 'What is the weather in Bern?' },
    { context: { routing: { runUsd } } },
  );
  const models = Object.entries(runCost.models).map(([model, { calls }]) => `${calls} x ${model}`);
  console.log(`At most ${formatUsd(runUsd)}: ${messages.at(-1)?.text}`);
  console.log(`It cost ${formatUsd(runCost.knownUsd)}: ${models.join(', ') || 'no calls'}\n`);
}
for (const { name, description } of opinions) console.log(`${name}: ${description}`);

await routing.router.close();
await lab.close();
