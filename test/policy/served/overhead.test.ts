import { beforeAll, expect, it } from 'vitest';
import type { RouterBackend } from '../../../src/policy/served/backend.ts';
import { loadContract, type ModelSpec } from '../../../src/policy/served/contract.ts';
import { parseRouterOutput } from '../../../src/policy/served/parse.ts';
import { createRenderer, type Renderer } from '../../../src/policy/served/render.ts';
import { servedPolicy } from '../../../src/policy/served/served.ts';
import { candidate, policyState } from '../../support/policy-state.ts';
import { CONTRACT, callsTo } from '../../support/served-router.ts';

/** Ten models with descriptions as long as the published ones: a prompt of some 16,000 characters. */
const candidates = Array.from({ length: 10 }, (_, at) => candidate(`model-${at}`, 1, 1));
const models = new Map<string, ModelSpec>(
  candidates.map(({ id }) => [
    id,
    { name: id, description: 'Good at "this" and that.\n        '.repeat(30) },
  ]),
);
let renderer: Renderer;
beforeAll(async () => {
  renderer = await createRenderer({ ...(await loadContract(CONTRACT)), models });
});

it('xrouter’s own time for a turn, rendering and parsing included, is under a millisecond', async () => {
  let promptChars = 0;
  const backend: RouterBackend = {
    knownModels: async () => models,
    selectTool: async () => 'select_response',
    turn: async ({ query, system, turns, tools }) => {
      const prompt = renderer.render({ pool: tools.pool, query, system, turns });
      promptChars = prompt.length;
      const output = parseRouterOutput(callsTo('call_model_3', 'call_model_4'), (name) =>
        tools.models.has(name),
      );
      return { output, truncated: false, usage: { inputTokens: 4000, outputTokens: 60 } };
    },
  };
  const policy = servedPolicy({
    name: 'served:test',
    model: 'test',
    backend: async () => backend,
    routing: 'agent',
    priceAsOf: '2026-01-01',
    rewrite: true,
    maxTurns: 3,
    maxParallelCalls: 4,
    turnMs: 1000,
    deadlineMs: 10_000,
    maxOutputTokens: 100,
    temperature: 0,
  });
  const times: number[] = [];
  for (let round = 0; round < 300; round++) {
    const state = policyState(`Question ${round}: why is the sky blue?`, { candidates });
    const started = performance.now();
    const { action } = await policy.decide(state);
    times.push(performance.now() - started);
    expect(action.type).toBe('call');
  }
  expect(promptChars).toBeGreaterThan(12_000);
  const median = times.sort((a, b) => a - b)[times.length / 2]!;
  console.log(`median ${median.toFixed(3)} ms for a prompt of ${promptChars} characters`);
  expect(median).toBeLessThan(1);
});
