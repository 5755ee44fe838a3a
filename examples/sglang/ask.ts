/**
 * Asks through a router model: `node examples/sglang/ask.ts "Why is the sky blue?"`
 *
 * ROUTER_URL   base URL of SGLang, its gateway, or the lab's stand-in; default http://127.0.0.1:30000/v1
 * ROUTER_MODEL served name; default xrouter-7b
 * ROUTER_KEY   key of the server, if it wants one
 * CONTRACT     contract folder (`xrouter contract pull --out contract`); left out: chat mode
 * POOL         candidates, comma-separated; default gpt-5-nano,gpt-5-mini
 */
import { benchmarkPolicy, createRouter, createServedPolicy } from 'xrouter';

const {
  ROUTER_URL = 'http://127.0.0.1:30000/v1',
  ROUTER_MODEL = 'xrouter-7b',
  ROUTER_KEY,
  CONTRACT,
  POOL = 'gpt-5-nano,gpt-5-mini',
} = process.env;

const policy = createServedPolicy({
  server: { baseUrl: ROUTER_URL, model: ROUTER_MODEL, apiKey: ROUTER_KEY },
  contract: CONTRACT,
  price: { usdPerGpuHour: 2, concurrency: 8 },
  fallback: benchmarkPolicy(),
});
const router = createRouter({ policy, pool: POOL.split(',') });

for (const { check, status, detail } of await policy.check!(AbortSignal.timeout(10_000))) {
  console.error(`${status.padEnd(7)} ${check}: ${detail}`);
}

const question = process.argv[2] ?? 'Why is the sky blue?';
for await (const event of router.stream({ messages: [{ role: 'user', content: question }] })) {
  if (event.type === 'decision') {
    const { reason, fallback, overhead } = event.decision;
    const tokens = overhead?.usage
      ? `, ${overhead.usage.inputTokens} tokens read (${overhead.usage.cacheReadTokens ?? 0} from the cache)`
      : '';
    console.error(`decided in ${event.decisionMs.toFixed(0)} ms: ${fallback ?? reason}${tokens}`);
  } else if (event.type === 'call_end') {
    console.error(`called ${event.call.model}: ${event.call.status} in ${event.call.latencyMs} ms`);
  } else if (event.type === 'end') {
    if (event.status !== 'completed') throw event.error;
    console.log(event.result.text);
    console.error(`$${event.result.cost.usd?.toFixed(6)} in all`);
  }
}
await router.close();
