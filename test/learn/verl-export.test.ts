/** The dataset for verl: columns, strata, pools, prices, lambda; and what happens with bad input. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import {
  exportVerl,
  poolFromFile,
  readSource,
  type VerlOptions,
  verlDefaults,
} from '../../src/learn/index.ts';
import type { VerlRow } from '../../src/learn/verl/rows.ts';
import { chatRequest } from '../../src/policy/served/chat.ts';
import { toolsetOf } from '../../src/policy/served/toolset.ts';
import { files, MODELS, POOL, tableRows } from './verl-table.ts';

async function exported(rows: object[] | string, options: Partial<VerlOptions> = {}, pool?: string[]) {
  const { table, catalog, out } = await files(rows);
  const source = await readSource([table], pool);
  const summary = await exportVerl(source, await poolFromFile(catalog), out, { ...verlDefaults, ...options });
  return { out, summary, train: await rowsOf(out, 'train'), val: await rowsOf(out, 'val') };
}

async function rowsOf(out: string, split: string): Promise<VerlRow[]> {
  const { buffer, byteOffset, byteLength } = await readFile(join(out, `${split}.parquet`));
  const file = buffer.slice(byteOffset, byteOffset + byteLength);
  return (await parquetReadObjects({ file })) as unknown as VerlRow[];
}

interface Schema {
  function: { name: string; description: string; parameters: { properties: object } };
}
function schemas(row: VerlRow): Schema[] {
  return JSON.parse(row.extra_info.tools_kwargs.request.schemas);
}
function calls(row: VerlRow): { tool: string; candidate: string; cost_scale: number }[] {
  return row.extra_info.tool_selection.slice(0, -1).map((tool) => {
    const kwargs = row.extra_info.tools_kwargs[tool] as {
      create_kwargs: { candidate: string; cost_scale: number };
    };
    return { tool, ...kwargs.create_kwargs };
  });
}

describe('the dataset for verl', () => {
  it('has the columns that verl reads', async () => {
    const { train } = await exported(tableRows(60));
    const row = train[0]!;
    expect(Object.keys(row).sort()).toEqual([
      'ability',
      'agent_name',
      'data_source',
      'extra_info',
      'prompt',
      'reward_model',
    ]);
    expect(row.prompt.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(row.agent_name).toBe('xrouter_agent');
    expect(row.reward_model.style).toBe('rule');
    expect(row.extra_info).toMatchObject({ index: 0, split: 'train', need_tools_kwargs: true });
    expect(train.map(({ extra_info }) => extra_info.index)).toEqual(train.map((_, index) => index));
  });

  it("asks what the served policy's chat mode asks, with lambda", async () => {
    const { train } = await exported(tableRows(20), { priceFactor: 1 });
    const row = train[0]!;
    const pool = calls(row).map(({ candidate }) => POOL.models.find(({ id }) => id === candidate)!);
    const candidates = pool.map(({ id, inputUsdPerMTok, outputUsdPerMTok }) => ({
      id,
      provider: 'lab',
      model: id.slice(4),
      input: ['text' as const],
      output: ['text' as const],
      benchmarks: {},
      price: {
        periods: [{ prices: { inputUsdPerMTok: inputUsdPerMTok!, outputUsdPerMTok } }],
        provenance: { source: 'user' as const, name: 'x', asOf: '2026-01-01' },
      },
    }));
    const [message] = row.extra_info.tools_kwargs.request.messages;
    const asked = chatRequest(
      {
        query: message!.content,
        turns: [],
        tools: toolsetOf(candidates, { select: 'select_response' }),
        lambda: row.extra_info.lambda,
        maxOutputTokens: 1,
        temperature: 0,
      },
      false,
    );
    expect(row.prompt).toEqual(asked.messages);
    expect(schemas(row)).toEqual(asked.tools);
  });

  it('sorts prompts into strata by their outcomes, and repeats hard ones', async () => {
    const { summary, train, val } = await exported(tableRows(60), { versions: 2, valShare: 0.2 });
    // Solved by 5, 4, 3, 2, 1 and 0 of five candidates.
    expect(summary.strata).toEqual({ easy: 20, medium: 20, hard: 10, unsolved: 10 });
    expect(val).toHaveLength(12);
    const versions = new Map<string, number>();
    for (const { extra_info } of train) versions.set(extra_info.id, (versions.get(extra_info.id) ?? 0) + 1);
    for (const row of train) {
      const n = Number(row.extra_info.id.slice(4)) % 6;
      const stratum = n <= 1 ? 'easy' : n <= 3 ? 'medium' : 'hard';
      expect(row.data_source).toBe(`xrouter-${stratum}`);
      expect(versions.get(row.extra_info.id)).toBe(stratum === 'hard' ? 4 : 2);
    }
    const inVal = new Set(val.map(({ extra_info }) => extra_info.id));
    expect(train.some(({ extra_info }) => inVal.has(extra_info.id))).toBe(false);
  });

  it('draws pools of the sizes asked for, with cheap and dear candidates and the scores of their own', async () => {
    const { train } = await exported(tableRows(60), { versions: 4, poolSize: [3, 4] });
    const sizes = new Set<number>();
    const pools = new Set<string>();
    for (const row of train) {
      const pool = calls(row).map(({ candidate }) => candidate);
      sizes.add(pool.length);
      pools.add(pool.join());
      expect(new Set(pool).size).toBe(pool.length);
      // One of each third by cost: of five, the first, one of the next two, one of the last two.
      expect(pool).toContain(MODELS[0]);
      expect(pool.some((id) => id === MODELS[3] || id === MODELS[4])).toBe(true);
      const { scores } = JSON.parse(row.reward_model.ground_truth);
      expect(Object.keys(scores).sort()).toEqual([...pool].sort());
      const n = Number(row.extra_info.id.slice(4)) % 6;
      for (const [id, score] of Object.entries(scores)) expect(score).toBe(MODELS.indexOf(id) >= n ? 1 : 0);
      expect(schemas(row).map(({ function: { name } }) => name)).toEqual(row.extra_info.tool_selection);
      expect(row.extra_info.tool_selection.at(-1)).toBe('select_response');
    }
    expect([...sizes].sort()).toEqual([3, 4]);
    expect(pools.size).toBeGreaterThan(20);
  });

  it('perturbs prices within bounds, tells the router, and counts lambda against them', async () => {
    const { train, val } = await exported(tableRows(60), { versions: 2, priceFactor: 3 });
    const scales: number[] = [];
    const meanUsd = (id: string) => {
      const at = MODELS.indexOf(id);
      const costs = tableRows(60).map((row) => (row as never as Row).outcomes[MODELS[at]!]!.cost);
      return costs.reduce((sum, cost) => sum + cost) / costs.length;
    };
    for (const row of train) {
      const pool = calls(row);
      for (const [i, { candidate, cost_scale }] of pool.entries()) {
        scales.push(cost_scale);
        const { inputUsdPerMTok } = POOL.models.find(({ id }) => id === candidate)!;
        const shown = Number(/Price: \$([\d.]+) input/.exec(schemas(row)[i]!.function.description)![1]);
        expect(shown / (inputUsdPerMTok! * cost_scale)).toBeCloseTo(1, 3);
      }
      const dearest = Math.max(...pool.map(({ candidate, cost_scale }) => meanUsd(candidate) * cost_scale));
      expect(row.extra_info.cost_ref_usd).toBeCloseTo(dearest, 12);
    }
    expect(Math.min(...scales)).toBeGreaterThanOrEqual(1 / 3);
    expect(Math.max(...scales)).toBeLessThanOrEqual(3);
    expect(scales.filter((scale) => scale < 1).length / scales.length).toBeCloseTo(0.5, 1);
    expect(Math.max(...scales) / Math.min(...scales)).toBeGreaterThan(6);
    for (const row of val) for (const { cost_scale } of calls(row)) expect(cost_scale).toBe(1);
  });

  it('draws lambda between its bounds, and states it', async () => {
    const { train } = await exported(tableRows(60), { lambda: [0.1, 10] });
    const lambdas = train.map(({ extra_info }) => extra_info.lambda);
    expect(Math.min(...lambdas)).toBeGreaterThanOrEqual(0.1);
    expect(Math.max(...lambdas)).toBeLessThanOrEqual(10);
    expect(lambdas.filter((lambda) => lambda < 1).length / lambdas.length).toBeCloseTo(0.5, 0);
    for (const { prompt, extra_info } of train) {
      expect(prompt[1]!.content).toContain(`cost): ${Number(extra_info.lambda.toPrecision(2))}\n`);
    }
    const fixed = await exported(tableRows(12), { lambda: [0, 0] });
    expect(fixed.train.every(({ extra_info }) => extra_info.lambda === 0)).toBe(true);
  });

  it('is the same, byte for byte, for the same seed, and another for another', async () => {
    const [a, b, c] = [
      await exported(tableRows(30)),
      await exported(tableRows(30)),
      await exported(tableRows(30), { seed: 2 }),
    ];
    expect(a.summary.files).toEqual(b.summary.files);
    expect(a.summary.files['train.parquet']).not.toBe(c.summary.files['train.parquet']);
    expect(a.summary.files['recorded.jsonl']).toBe(c.summary.files['recorded.jsonl']);
  });

  it('configures one tool for each candidate, and select_response', async () => {
    const { out } = await exported(tableRows(12), { instructions: true }, MODELS.slice(0, 3));
    const yaml = await readFile(join(out, 'router_tools.yaml'), 'utf8');
    expect(yaml.match(/McpRouterTool$/gm)).toHaveLength(3);
    expect(yaml.match(/SelectResponseTool$/gm)).toHaveLength(1);
    expect(yaml).toContain('candidate: "lab/tiny"');
    expect(yaml).toContain('optimized_system_prompt');
  });

  it('leaves out what a text-only call cannot carry, and says how much', async () => {
    const outcomes = { 'lab/tiny': { score: 1, cost: 1 }, 'lab/huge': { score: 1, cost: 2 } };
    const image = { type: 'image_url', image_url: { url: 'data:' } };
    const call = {
      role: 'assistant',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '' } }],
    };
    const { summary } = await exported([
      ...tableRows(20),
      { id: 'a', prompt: 'x', tools: [{ type: 'function' }], outcomes },
      { id: 'b', messages: [{ role: 'user', content: [image] }], outcomes },
      { id: 'c', messages: [{ role: 'user', content: 'x' }, call], outcomes },
      { id: 'd', prompt: 'x', outcomes: { 'lab/tiny': outcomes['lab/tiny'] } },
      { ...tableRows(1)[0], id: 'e' },
    ]);
    expect(summary.skipped).toEqual({
      tools: 1,
      attachments: 1,
      'tool messages': 1,
      'few candidates': 1,
      'same prompt': 1,
    });
  });
});

interface Row {
  outcomes: Record<string, { cost: number }>;
}

describe('an export that cannot be', () => {
  it.each([
    ['a line that is no JSON', `${JSON.stringify(tableRows(1)[0])}\n{"id": `, /line 2: is not JSON/],
    [
      'a score above 1',
      '{"id": "a", "prompt": "x", "outcomes": {"m": {"score": 2, "cost": 0}}}',
      /line 1: .*score/,
    ],
    ['a row without a prompt', '{"id": "a", "outcomes": {"m": {"score": 1, "cost": 0}}}', /line 1: prompt/],
    ['an empty table', '', /empty/],
    [
      'one candidate only',
      [{ id: 'a', prompt: 'x', outcomes: { 'lab/tiny': { score: 1, cost: 1 } } }],
      /No prompt is left/,
    ],
    ['prompts nobody solved', [tableRows(6)[5]!], /No prompt is left/],
    [
      'a model without a price',
      [{ id: 'a', prompt: 'x', outcomes: { p: { score: 1, cost: 1 }, q: { score: 1, cost: 1 } } }],
      /does not have p/,
    ],
  ])('says why: %s, and writes nothing', async (_, rows, message) => {
    const { folder, table, catalog, out } = await files(rows);
    const attempt = async () => {
      const source = await readSource([table]);
      await exportVerl(source, await poolFromFile(catalog), out, { ...verlDefaults, valShare: 0 });
    };
    await expect(attempt()).rejects.toThrow(message);
    expect(existsSync(out)).toBe(false);
    expect((await readdir(folder)).sort()).toEqual(['pool.json', 'table.jsonl']);
  });

  it('keeps its hands off a folder with files', async () => {
    const { folder, table, catalog } = await files(tableRows(12));
    const attempt = exportVerl(await readSource([table]), await poolFromFile(catalog), folder, verlDefaults);
    await expect(attempt).rejects.toThrow(/has files in it already/);
    expect((await readdir(folder)).sort()).toEqual(['pool.json', 'table.jsonl']);
  });
});
