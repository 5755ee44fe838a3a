/** Rows as Parquet, nested as verl's data loader expects them. */
import type { SchemaElement } from 'hyparquet';
import type { VerlRow } from './rows.ts';

const text = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type: 'OPTIONAL',
});
const group = (name: string, ...children: SchemaElement[][]): SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', num_children: children.length },
  ...children.flat(),
];
const list = (name: string, element: SchemaElement[]): SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  ...element,
];

const COLUMNS: { name: keyof VerlRow; schema: SchemaElement[] }[] = [
  { name: 'prompt', schema: list('prompt', group('element', [text('role')], [text('content')])) },
  { name: 'data_source', schema: [text('data_source')] },
  { name: 'ability', schema: [text('ability')] },
  { name: 'reward_model', schema: group('reward_model', [text('style')], [text('ground_truth')]) },
  { name: 'agent_name', schema: [text('agent_name')] },
  {
    name: 'extra_info',
    schema: group(
      'extra_info',
      [{ name: 'index', type: 'INT32', repetition_type: 'OPTIONAL' }],
      [text('split')],
      [text('difficulty')],
      [{ name: 'lambda', type: 'DOUBLE', repetition_type: 'OPTIONAL' }],
      [{ name: 'cost_ref_usd', type: 'DOUBLE', repetition_type: 'OPTIONAL' }],
      list('tool_selection', [text('element')]),
      [{ name: 'need_tools_kwargs', type: 'BOOLEAN', repetition_type: 'OPTIONAL' }],
      group('tools_kwargs', [text('row_id')], [text('query')], [text('price_factors')], [text('outcomes')]),
    ),
  },
];

/** The bytes of a Parquet file. */
export async function verlParquet(rows: readonly VerlRow[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const schema: SchemaElement[] = [
    { name: 'root', num_children: COLUMNS.length },
    ...COLUMNS.flatMap((column) => column.schema),
  ];
  const columnData = COLUMNS.map(({ name }) => ({ name, data: rows.map((row) => row[name]) }));
  return new Uint8Array(parquetWriteBuffer({ columnData, schema, statistics: false }));
}
