/** `withStructuredOutput`: answers that follow a schema, by a tool call or by a response format. */
import type { BaseLanguageModelInput } from '@langchain/core/language_models/base';
import {
  assembleStructuredOutputPipeline,
  createContentParser,
  createFunctionCallingParser,
} from '@langchain/core/language_models/structured_output';
import type { AIMessageChunk } from '@langchain/core/messages';
import type { Runnable } from '@langchain/core/runnables';
import { toJsonSchema } from '@langchain/core/utils/json_schema';
import { isSerializableSchema, type SerializableSchema } from '@langchain/core/utils/standard_schema';
import { getSchemaDescription, type InteropZodType, isInteropZodSchema } from '@langchain/core/utils/types';
import { XrouterError } from '../../src/index.ts';
import type { ChatXRouterCallOptions } from './types.ts';

/** zod of either version, Standard Schema, or JSON schema. */
export type OutputSchema<Output> =
  | InteropZodType<Output>
  | SerializableSchema<Output>
  | Record<string, unknown>;

export interface StructuredOutputOptions {
  name?: string;
  method?: string;
  includeRaw?: boolean;
  strict?: boolean;
}

type Model = Runnable<BaseLanguageModelInput, AIMessageChunk>;
type Bind = (options: Partial<ChatXRouterCallOptions>) => Model;
type Schema = Record<string, unknown>;

const DEFAULT_NAME = 'extract';

/**
 * @param bind the model with these call options
 * @param schema zod, Standard Schema, JSON schema, or a function definition `{name, parameters}`
 * @throws XrouterError `invalid_request` for a method that does not exist
 */
export function structuredOutput(
  bind: Bind,
  schema: Schema,
  options: StructuredOutputOptions = {},
): Runnable {
  const { method = 'functionCalling', includeRaw, strict } = options;
  const json = jsonSchemaOf(schema);
  const told = schema as { name?: unknown; title?: unknown };
  const isDefinition = json === schema && typeof told.name === 'string';
  const name = options.name ?? (isDefinition ? String(told.name) : DEFAULT_NAME);
  const description = describe(schema) ?? 'Give the answer through this function.';
  const parameters = (isDefinition ? (schema.parameters ?? json) : json) as Schema;
  const format = { ls_structured_output_format: { kwargs: { method }, schema: json } };
  const pipeline = (llm: Model, parser: Runnable) =>
    assembleStructuredOutputPipeline(
      llm,
      parser as never,
      includeRaw,
      includeRaw ? 'StructuredOutputRunnable' : 'StructuredOutput',
    ) as Runnable;

  if (method === 'functionCalling') {
    const tool = { type: 'function' as const, function: { name, description, parameters } };
    const llm = bind({
      tools: [tool],
      tool_choice: name,
      ...(strict !== undefined && { strict }),
      ...format,
    });
    return pipeline(llm, createFunctionCallingParser(schema as never, name) as Runnable);
  }
  const parser = createContentParser(schema as never) as Runnable;
  if (method === 'jsonSchema') {
    const definition = { name, description: describe(schema), schema: parameters, strict };
    return pipeline(bind({ ...schemaOptions(definition), ...format }), parser);
  }
  if (method === 'jsonMode') {
    return pipeline(bind({ response_format: { type: 'json_object' }, ...format }), parser);
  }
  throw new XrouterError('invalid_request', `There is no method ${JSON.stringify(method)}.`, {
    hint: 'Use functionCalling, jsonSchema or jsonMode.',
  });
}

/** Chat models of other makers take the same schema under names of their own. */
function schemaOptions(definition: { name: string; schema: Schema }): Partial<ChatXRouterCallOptions> {
  const { schema } = definition;
  return {
    response_format: { type: 'json_schema', json_schema: definition },
    outputConfig: { format: { type: 'json_schema', schema } },
    responseSchema: schema,
  } as Partial<ChatXRouterCallOptions>;
}

function jsonSchemaOf(schema: Schema): Schema {
  if (isInteropZodSchema(schema as never) || isSerializableSchema(schema)) {
    return toJsonSchema(schema as never) as Schema;
  }
  return schema;
}

function describe(schema: Schema): string | undefined {
  const told = getSchemaDescription(schema as never);
  return told ?? (typeof schema.description === 'string' ? schema.description : undefined);
}
