import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { exportVerl } from '../../../src/learn/index.ts';
import { readTable } from '../../../src/learn/table.ts';
import { type VerlRow, verlDefaults, verlRows, verlTools } from '../../../src/learn/verl/rows.ts';

const MODELS = ['openai/gpt-5-nano', 'mistral/small.1', 'own/größe'];

async function tableFile(rows = 200): Promise<string> {
  const lines = Array.from({ length: rows }, (_, at) =>
    JSON.stringify({
      id: `row ${at}`,
      task: at % 2 ? 'maths' : 'code',
      prompt: `Question ${at}: „größer“ \n than {"a": ${at}}?`,
      outcomes: Object.fromEntries(
        MODELS.map((model, m) => [model, { score: at % (m + 2) ? 1 : 0, cost: 0.001 * (m + 1) }]),
      ),
    }),
  );
  const only = JSON.stringify({
    id: 'one model',
    prompt: 'x',
    outcomes: { [MODELS[0]!]: { score: 1, cost: 0.001 } },
  });
  const path = join(await mkdtemp(join(tmpdir(), 'verl-')), 'table.jsonl');
  await writeFile(path, `${[...lines, only].join('\n')}\n`);
  return path;
}

async function rowsOf(changes = {}): Promise<VerlRow[]> {
  const { rows, models } = await readTable(await tableFile());
  return verlRows(rows, verlTools(models), { ...verlDefaults, ...changes });
}

describe('the versions of a prompt', () => {
  it('have pools and prices of their own, and say them', async () => {
    const rows = await rowsOf();
    expect(rows).toHaveLength(400);
    const pools = new Set(rows.map(({ extra_info }) => extra_info.tool_selection.join()));
    expect(pools.size).toBeGreaterThan(6);
    for (const { prompt, extra_info } of rows.slice(0, 50)) {
      const [select, ...tools] = extra_info.tool_selection;
      expect(select).toBe('select_response');
      expect(tools.length).toBeGreaterThanOrEqual(2);
      for (const tool of tools) expect(prompt[1]!.content).toContain(`${tool} 0.0`);
      expect(prompt[1]!.content).toContain(`Cost sensitivity: ${extra_info.lambda}.`);
      const factors = Object.values(JSON.parse(extra_info.tools_kwargs.price_factors)) as number[];
      for (const factor of factors)
        expect(Math.abs(Math.log(factor))).toBeLessThanOrEqual(Math.log(4) + 1e-9);
    }
  });

  it('never show an outcome to the router', async () => {
    for (const { prompt, extra_info } of (await rowsOf()).slice(0, 20)) {
      expect(JSON.stringify(prompt)).not.toContain('score');
      expect(Object.keys(JSON.parse(extra_info.tools_kwargs.outcomes)).sort()).toEqual(
        extra_info.tool_selection.slice(1).sort(),
      );
    }
  });

  it('are the same for the same seed, keep a prompt on one side of the split, and spread over the lambdas', async () => {
    expect(await rowsOf()).toEqual(await rowsOf());
    expect(await rowsOf({ seed: 2 })).not.toEqual(await rowsOf());
    const rows = await rowsOf();
    const sides = new Map<string, Set<string>>();
    for (const { extra_info } of rows) {
      const { row_id } = extra_info.tools_kwargs;
      sides.set(row_id, (sides.get(row_id) ?? new Set()).add(extra_info.split));
    }
    expect([...sides.values()].every((splits) => splits.size === 1)).toBe(true);
    expect(new Set(rows.map(({ extra_info }) => extra_info.lambda))).toEqual(new Set(verlDefaults.lambdas));
    const share = rows.filter(({ extra_info }) => extra_info.split === 'validation').length / rows.length;
    expect(share).toBeGreaterThan(0.04);
    expect(share).toBeLessThan(0.2);
  });

  it('prices are relative to the dearest model of the pool', async () => {
    for (const { extra_info } of (await rowsOf({ priceSpread: 1 })).slice(0, 20)) {
      const dearest = Math.max(
        ...extra_info.tool_selection
          .slice(1)
          .map((tool) => [...verlTools([...MODELS].sort())].find(({ name }) => name === tool)!)
          .map(({ model }) => 0.001 * (MODELS.indexOf(model) + 1)),
      );
      expect(extra_info.cost_ref_usd).toBeCloseTo(dearest, 9);
    }
  });
});

describe('the files', () => {
  it('are Parquet that reads back as it was, and tools that verl knows how to build', async () => {
    const directory = join(await mkdtemp(join(tmpdir(), 'verl-')), 'out');
    const table = await tableFile();
    const done = await exportVerl([table], directory);
    expect(done).toMatchObject({
      models: 3,
      difficulty: { medium: expect.any(Number), easy: expect.any(Number) },
    });
    const bytes = await readFile(join(directory, 'train.parquet'));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const rows = await parquetReadObjects({ file });
    const { rows: source, models } = await readTable(table);
    const expected = verlRows(source, verlTools(models), verlDefaults).filter(
      ({ extra_info }) => extra_info.split === 'train',
    );
    expect(rows).toEqual(expected);
    const tools = await readFile(join(directory, 'tools.yaml'), 'utf8');
    expect(tools.match(/class_name: (\S+)/g)).toEqual([
      'class_name: xrouter_verl.tools.SelectTool',
      ...Array(3).fill('class_name: xrouter_verl.tools.CallModelTool'),
    ]);
  });

  it('tool names are safe and never shared', () => {
    expect(verlTools(['a/b', 'a.b', 'select_response', 'x'.repeat(90)]).map(({ name }) => name)).toEqual([
      'call_a_b',
      'call_a_b_2',
      'call_select_response',
      `call_${'x'.repeat(55)}`,
    ]);
  });

  it('a table without a choice is refused', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'verl-')), 't.jsonl');
    await writeFile(path, '{"id": "1", "prompt": "x", "outcomes": {"a": {"score": 1, "cost": 1}}}\n');
    await expect(exportVerl([path], '/tmp/never')).rejects.toThrow('no prompt has outcomes of two models');
  });

  it('xrouter export verl writes them', async () => {
    const main = join(import.meta.dirname, '../../../adapters/cli/main.ts');
    const out = join(await mkdtemp(join(tmpdir(), 'verl-')), 'out');
    const args = [
      main,
      'export',
      'verl',
      '--table',
      await tableFile(20),
      '--out',
      out,
      '--versions',
      '3',
      '--lambda',
      '0,1',
      '--json',
    ];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { train, validation } = JSON.parse(stdout);
    expect(train + validation).toBe(60);
    const note = JSON.parse(await readFile(join(out, 'export.json'), 'utf8'));
    expect(note.options).toMatchObject({ versions: 3, lambdas: [0, 1] });
  });
});
