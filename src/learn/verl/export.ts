/** `xrouter export verl`: the data set, the tools and a note of how they were made. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { XrouterError } from '../../errors.ts';
import { writeWhole } from '../files.ts';
import { readTable, type TableRow } from '../table.ts';
import { verlParquet } from './parquet.ts';
import { type VerlOptions, type VerlRow, type VerlTool, verlDefaults, verlRows, verlTools } from './rows.ts';

export interface VerlExport {
  train: number;
  validation: number;
  models: number;
  difficulty: Record<string, number>;
  files: string[];
}

/**
 * Writes `train.parquet`, `validation.parquet`, `tools.yaml` and `export.json`.
 * @throws XrouterError `invalid_file` where a table cannot be read or holds nothing to choose among
 */
export async function exportVerl(
  tables: readonly string[],
  directory: string,
  changes: Partial<VerlOptions> = {},
): Promise<VerlExport> {
  const options = { ...verlDefaults, ...changes };
  const rows: TableRow[] = [];
  const models = new Set<string>();
  for (const path of tables) {
    const table = await readTable(path);
    for (const model of table.models) models.add(model);
    for (const row of table.rows) rows.push(row);
  }
  const tools = verlTools([...models].sort());
  const all = verlRows(rows, tools, options);
  const train = all.filter(({ extra_info }) => extra_info.split === 'train');
  const validation = all.filter(({ extra_info }) => extra_info.split === 'validation');
  if (train.length === 0) {
    throw new XrouterError('invalid_file', `${tables.join(', ')}: no prompt has outcomes of two models.`, {
      hint: 'Collect outcomes of several models for the same prompts: `xrouter collect`.',
    });
  }
  const summary: VerlExport = {
    train: train.length,
    validation: validation.length,
    models: tools.length,
    difficulty: countDifficulty(all),
    files: ['train.parquet', 'validation.parquet', 'tools.yaml', 'export.json'],
  };
  await mkdir(directory, { recursive: true });
  await writeWhole(join(directory, 'train.parquet'), [await verlParquet(train)]);
  await writeWhole(join(directory, 'validation.parquet'), [await verlParquet(validation)]);
  await writeWhole(join(directory, 'tools.yaml'), [toolsYaml(tools)]);
  const note = { ...summary, options, tables, tools };
  await writeWhole(join(directory, 'export.json'), [`${JSON.stringify(note, null, 2)}\n`]);
  return summary;
}

function countDifficulty(rows: readonly VerlRow[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { extra_info } of rows) counts[extra_info.difficulty] = (counts[extra_info.difficulty] ?? 0) + 1;
  return counts;
}

/** verl's tool configuration. A double-quoted YAML scalar is a JSON string, so values are written as JSON. */
function toolsYaml(tools: readonly VerlTool[]): string {
  const calls = tools.map(({ name, model }) =>
    entry('CallModelTool', name, `Asks ${model} the request.`, { model }, CALL_PARAMETERS, [
      'optimized_system_prompt',
    ]),
  );
  const select = entry(
    'SelectTool',
    'select_response',
    'Releases the answer of one earlier call to the user, unchanged.',
    {},
    { model_call_name: { type: 'string', description: 'Name of the function whose answer is released.' } },
    ['model_call_name'],
  );
  return `tools:\n${[select, ...calls].join('')}`;
}

const CALL_PARAMETERS = {
  optimized_system_prompt: { type: 'string', description: 'System prompt for this model and task.' },
  temperature: { type: 'number', description: 'Sampling temperature, 0.0 to 2.0.' },
};

function entry(
  tool: string,
  name: string,
  description: string,
  config: Record<string, string>,
  properties: Record<string, object>,
  required: string[],
): string {
  const schema = {
    type: 'function',
    function: { name, description, parameters: { type: 'object', properties, required } },
  };
  return [
    `  - class_name: xrouter_verl.tools.${tool}`,
    `    config: ${JSON.stringify({ type: 'native', ...config })}`,
    `    tool_schema: ${JSON.stringify(schema)}`,
    '',
  ].join('\n');
}
