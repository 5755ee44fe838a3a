import { textOf } from '../request.ts';
import type { JsonSchema } from './json-schema.ts';
import { compileSchema } from './json-schema.ts';
import { isObject } from './json-value.ts';
import type { Verifier, VerifierInput } from './verifier.ts';

export interface JsonSchemaOptions {
  /** The schema; left out, it is that of the request's `responseFormat`. */
  schema?: JsonSchema;
  /** Accept JSON inside one Markdown code fence, as some models write it. Default false. */
  allowFence?: boolean;
}

/**
 * Passes an answer whose whole text is JSON that follows the schema. Without any schema, `json_object`
 * asks for an object; a request that does not ask for JSON passes.
 *
 * @throws XrouterError `invalid_request` at construction for a schema that cannot be checked in full; for
 * the schema of a request, from `verify`
 */
export function jsonSchemaVerifier(options: JsonSchemaOptions = {}): Verifier {
  const own = options.schema === undefined ? undefined : compileSchema(options.schema);
  return {
    name: 'json-schema',
    verify(input) {
      const check = own ?? requestedCheck(input);
      // An answer that calls tools is not the final one yet.
      if (!check || input.message.tool_calls?.length) return { pass: true };
      let text = textOf(input.message.content).trim();
      if (options.allowFence) text = /^```\w*\n([\s\S]*?)\n?```$/.exec(text)?.[1] ?? text;
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch (error) {
        return { pass: false, reason: `The answer is not JSON: ${(error as Error).message}` };
      }
      const problem = check(value);
      return problem === undefined ? { pass: true } : { pass: false, reason: problem };
    },
  };
}

/** Applications send the same schema object with every request, so compiling it once is enough. */
const compiledSchemas = new WeakMap<object, (value: unknown) => string | undefined>();

export function compiledOnce(schema: Record<string, unknown>): (value: unknown) => string | undefined {
  let check = compiledSchemas.get(schema);
  if (!check) {
    check = compileSchema(schema);
    compiledSchemas.set(schema, check);
  }
  return check;
}

function requestedCheck({ request }: VerifierInput): ((value: unknown) => string | undefined) | undefined {
  const format = request.responseFormat;
  if (format === undefined || format.type === 'text') return undefined;
  if (format.type === 'json_schema' && format.json_schema.schema)
    return compiledOnce(format.json_schema.schema);
  return (value) => (isObject(value) ? undefined : 'the answer is JSON, but not an object');
}
