/**
 * The served policy on real servers: two llama.cpp servers with a random model made on the spot, alone and
 * behind the Shepherd Model Gateway, SGLang's own. The model knows nothing, so a grammar says what it writes.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDecisionPolicy } from '../../src/index.ts';
import { labRouter, PAIR, user } from '../support/lab-router.ts';
import { MISTRAL, MISTRAL_TOOL, NANO, type ServedOptions, servedRouter } from '../support/served-router.ts';
import { freePort, type Running, ready, start } from './processes.ts';
import { python, runPython } from './python.ts';

const KEY = 'interop-key';
const MODEL = 'xrouter-7b';
const workers: Running[] = [];
const urls: string[] = [];
let gateway: Running;
let gatewayUrl: string;

beforeAll(async () => {
  const llama = await python('llama', ['xllamacpp==2026.10.11549', 'gguf==0.19.0', 'numpy==2.4.6']);
  const smg = await python('gateway', ['smg==1.13.0']);
  const folder = await mkdtemp(join(tmpdir(), 'tiny-'));
  const scripts = join(import.meta.dirname, 'serving');
  for (const seed of [1, 2]) {
    const model = join(folder, `tiny-${seed}.gguf`);
    await runPython(llama, [join(scripts, 'tiny_model.py'), model, String(seed)], '');
    const worker = start(llama, [join(scripts, 'llama_server.py'), model, MODEL, KEY]);
    await ready(worker, () => worker.output().includes('http://'));
    workers.push(worker);
    urls.push(worker.output().trim());
  }
  const [port, metrics] = [await freePort(), await freePort()];
  gatewayUrl = `http://127.0.0.1:${port}`;
  gateway = start('sh', [join(import.meta.dirname, '../../examples/sglang/gateway.sh')], {
    WORKERS: urls.join(' '),
    ROUTER_KEY: KEY,
    PORT: String(port),
    METRICS_PORT: String(metrics),
    PATH: `${join(smg, '..')}:${process.env.PATH}`,
  });
  await ready(gateway, async () =>
    (
      await (await fetch(`${gatewayUrl}/v1/models`, { headers: { authorization: `Bearer ${KEY}` } })).text()
    ).includes(MODEL),
  );
});
afterAll(async () => {
  await gateway?.stop();
  for (const worker of workers) await worker.stop();
});

const CALL = `<tool_call>\\n{\\"name\\": \\"${MISTRAL_TOOL}\\", \\"arguments\\": {\\"optimized_system_prompt\\": \\"Be brief.\\"}}\\n</tool_call>`;

function options(url: string, grammar?: string): ServedOptions['policy'] {
  const extraBody = grammar === undefined ? {} : { grammar: `root ::= "${grammar}"` };
  const server = { baseUrl: `${url}/v1`, model: MODEL, apiKey: KEY, extraBody };
  return { server, maxTurns: 1, maxOutputTokens: 120 };
}

describe.each(['llama.cpp', 'the gateway in front of two'] as const)('a router model on %s', (where) => {
  const url = () => (where === 'llama.cpp' ? urls[0]! : gatewayUrl);

  it('calls the candidate the model names, and counts its tokens', async () => {
    await using setup = await servedRouter({ policy: options(url(), CALL) });
    const { model, episode } = await setup.router.route({ messages: user('Why is the sky blue?') });
    const [first] = episode.steps;
    expect(first!.decision.fallback).toBeUndefined();
    expect(model).toBe(MISTRAL);
    expect(first!.decision.overhead!.usage!.inputTokens).toBeGreaterThan(1000);
    expect(episode.costComplete).toBe(true);
  });

  it('finds the constant prefix in the cache', async () => {
    await using setup = await servedRouter({ policy: options(url(), CALL) });
    await setup.router.route({ messages: user('One question') });
    const { episode } = await setup.router.route({ messages: user('Another question') });
    const { usage } = episode.steps[0]!.decision.overhead!;
    expect(usage!.cacheReadTokens).toBeGreaterThan(usage!.inputTokens * 0.9);
  });

  it('ends well with whatever a random model writes', async () => {
    await using setup = await servedRouter({ policy: options(url()) });
    for (const question of ['a', 'b', 'c']) {
      const { text, decision } = await setup.router.route({ messages: user(question) });
      expect(decision.action.type).toMatch(/answer|stop/);
      expect(text).not.toMatch(/<\|im_/);
    }
  });

  it('is checked by doctor: the served name is found', async () => {
    await using setup = await servedRouter({ policy: options(url()) });
    const checks = await setup.router.parts.policy.check!(AbortSignal.timeout(5000));
    expect(checks.find(({ check }) => check === 'router model')).toMatchObject({ status: 'ok' });
  });

  it('gives probabilities by one token', async () => {
    const server = { baseUrl: `${url()}/v1`, model: MODEL, apiKey: KEY };
    const policy = createDecisionPolicy({ server, reading: 'logprobs' });
    await using setup = await labRouter({ policy, pool: [...PAIR] });
    const { decision } = await setup.router.decide({ messages: user('Why is the sky blue?') });
    expect(decision.fallback).toBeUndefined();
    expect(decision.estimates.map(({ model }) => model).sort()).toEqual([...PAIR].sort());
    expect(decision.estimates.reduce((sum, { utility }) => sum + utility!, 0)).toBeCloseTo(1, 6);
  });
});

describe('the gateway', () => {
  it('goes on with one replica, and the policy fails open without any', async () => {
    await using setup = await servedRouter({ policy: { ...options(gatewayUrl, CALL), turnMs: 20_000 } });
    await workers[0]!.stop();
    const one = await setup.router.route({ messages: user('Still there?') });
    expect(one.episode.steps[0]!.decision.fallback).toBeUndefined();
    await workers[1]!.stop();
    const none = await setup.router.route({ messages: user('Anybody?') });
    expect(none.decision.fallback).toBeDefined();
    expect(none.model).toBe(NANO);
  });
});
