/** Rows of nested values as one Parquet file. */
import type { SchemaElement } from 'hyparquet-writer';

/** A column or a field of a struct. Every value is required, but for structs that are said to be optional. */
export type Field =
  | { name: string; type: 'text' | 'integer' | 'number' | 'boolean' }
  | { name: string; list: Field }
  | { name: string; fields: readonly Field[]; optional?: true };

const LEAVES = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  integer: { type: 'INT32' },
  number: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
} as const;

export async function parquetOf(fields: readonly Field[], rows: readonly object[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const schema: SchemaElement[] = [
    { name: 'schema', num_children: fields.length },
    ...fields.flatMap((field) => elementsOf(field)),
  ];
  const columnData = fields.map(({ name }) => ({
    name,
    data: rows.map((row) => (row as Record<string, unknown>)[name]),
  }));
  return new Uint8Array(parquetWriteBuffer({ schema, columnData, createdBy: 'xrouter' }));
}

function elementsOf(field: Field): SchemaElement[] {
  const { name } = field;
  if ('type' in field) return [{ name, ...LEAVES[field.type], repetition_type: 'REQUIRED' }];
  if ('list' in field) {
    // The three levels that the format asks of a list.
    return [
      { name, converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      ...elementsOf({ ...field.list, name: 'element' }),
    ];
  }
  const repetition_type = field.optional ? 'OPTIONAL' : 'REQUIRED';
  return [
    { name, repetition_type, num_children: field.fields.length },
    ...field.fields.flatMap((child) => elementsOf(child)),
  ];
}
