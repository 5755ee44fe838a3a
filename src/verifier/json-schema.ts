/**
 * JSON Schema (draft 2020-12, and draft 7 where the two agree) compiled into one function. Written here
 * because a verdict must be the schema's own: `z.fromJSONSchema` calls itself semi-experimental, skips
 * keywords of a schema without `type`, and accepts a missing required property that has a default.
 *
 * Whatever is not understood is refused at compile time: a check left out would be a wrong verdict later.
 */
import { XrouterError } from '../errors.ts';
import { arrayChecks, numberChecks, objectChecks, stringChecks } from './json-schema-keywords.ts';
import { at, canonical, isObject } from './json-value.ts';

export type JsonSchema = Record<string, unknown> | boolean;

/** Where and why a value breaks the schema, or `undefined` where it follows it. `path` is a JSON pointer. */
export type Check = (value: unknown, path: string) => string | undefined;

/** What the checks of one keyword group need from the compiler. */
export interface Compiling {
  /** The check of a subschema. */
  sub(schema: unknown, where: string): Check;
  /** The keyword's value, checked to be of the kind the keyword wants. */
  read<K extends keyof Kinds>(keyword: string, kind: K): Kinds[K] | undefined;
  fail(keyword: string, problem: string): never;
  where: string;
}

interface Kinds {
  count: number;
  number: number;
  boolean: boolean;
  string: string;
  strings: string[];
  object: Record<string, unknown>;
  array: unknown[];
}

const isKind: { [K in keyof Kinds]: (value: unknown) => boolean } = {
  count: (value) => Number.isInteger(value) && (value as number) >= 0,
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string',
  strings: (value) => Array.isArray(value) && value.every((entry) => typeof entry === 'string'),
  object: isObject,
  array: (value) => Array.isArray(value),
};

/** Keywords that are checked. */
export const SUPPORTED_KEYWORDS: readonly string[] = [
  ...['type', 'enum', 'const', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', '$ref'],
  ...['properties', 'required', 'additionalProperties', 'patternProperties', 'propertyNames'],
  ...['minProperties', 'maxProperties', 'dependentRequired', 'dependentSchemas'],
  ...['items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems', 'uniqueItems'],
  ...['contains', 'minContains', 'maxContains'],
  ...['minLength', 'maxLength', 'pattern', 'format'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
];

/** Keywords that constrain nothing; so does any that begins with `x-`. */
const ANNOTATIONS = new Set([
  ...['$schema', '$id', '$comment', '$anchor', '$defs', 'definitions', 'title', 'description', 'default'],
  ...['example', 'examples', 'deprecated', 'readOnly', 'writeOnly'],
  ...['contentEncoding', 'contentMediaType'],
]);

/** Nesting beyond this is an attack or a mistake; it would otherwise overflow the stack. */
const MAX_DEPTH = 256;

/**
 * Compiles a schema. The returned function gives the first thing that is wrong with a value, for example
 * `/items/0/price: expected number, got string`, or `undefined`.
 *
 * @throws XrouterError `invalid_request` for an unsupported keyword, format or reference, a keyword value of
 * the wrong kind, or references that lead back to themselves without descending into the value
 */
export function compileSchema(root: JsonSchema): (value: unknown) => string | undefined {
  const compiled = new Map<unknown, Check>();
  const inPlace = new Map<unknown, unknown[]>();
  let depth = 0;

  function compile(schema: unknown, where: string, parent?: unknown): Check {
    if (parent !== undefined) inPlace.get(parent)?.push(schema);
    if (schema === true) return () => undefined;
    if (schema === false) return (_, path) => `${at(path)}: not allowed here`;
    if (!isObject(schema)) throw invalid(where, 'a schema must be an object, true or false');
    const known = compiled.get(schema);
    if (known) return known;
    const checks: Check[] = [];
    // Entered before its parts are compiled, so that a recursive schema finds itself.
    const check: Check = (value, path) => {
      if (++depth > MAX_DEPTH) {
        depth--;
        return `${at(path)}: nested deeper than ${MAX_DEPTH} levels`;
      }
      try {
        for (const part of checks) {
          const problem = part(value, path);
          if (problem !== undefined) return problem;
        }
        return undefined;
      } finally {
        depth--;
      }
    };
    compiled.set(schema, check);
    inPlace.set(schema, []);
    for (const keyword of Object.keys(schema)) {
      if (SUPPORTED_KEYWORDS.includes(keyword) || ANNOTATIONS.has(keyword) || keyword.startsWith('x-'))
        continue;
      throw invalid(where, `the keyword "${keyword}" is not supported`);
    }
    const context: Compiling = {
      where,
      sub: (part, step) => compile(part, `${where}/${step}`),
      read: (keyword, kind) => {
        const value = schema[keyword];
        if (value === undefined) return undefined;
        if (!isKind[kind](value)) throw invalid(where, `"${keyword}" is not a valid ${kind}`);
        return value as never;
      },
      fail: (keyword, problem) => {
        throw invalid(where, `"${keyword}": ${problem}`);
      },
    };
    checks.push(...valueChecks(schema, context));
    checks.push(...stringChecks(schema, context), ...numberChecks(context));
    checks.push(...arrayChecks(schema, context), ...objectChecks(schema, context));
    checks.push(...combinations(schema, (part, step) => compile(part, `${where}/${step}`, schema), context));
    const reference = context.read('$ref', 'string');
    if (reference !== undefined) checks.push(compile(resolve(root, reference, where), reference, schema));
    return check;
  }

  const check = compile(root, '#');
  refuseLoops(inPlace);
  return (value) => {
    try {
      return check(value, '');
    } catch (error) {
      // Only an absurdly deep value gets here: comparing it with itself overflows the stack.
      if (error instanceof RangeError) return 'the value: nested too deeply';
      throw error;
    } finally {
      depth = 0;
    }
  };
}

function valueChecks(schema: Record<string, unknown>, { read, fail }: Compiling): Check[] {
  const checks: Check[] = [];
  if (schema.type !== undefined) {
    const types = typeof schema.type === 'string' ? [schema.type] : (read('type', 'strings') ?? []);
    for (const type of types) if (!TYPES.has(type)) fail('type', `"${type}" is not a type`);
    checks.push((value, path) => {
      const type = typeOf(value);
      if (types.includes(type) || (type === 'integer' && types.includes('number'))) return undefined;
      return `${at(path)}: expected ${types.join(' or ')}, got ${type}`;
    });
  }
  for (const options of [schema.const === undefined ? undefined : [schema.const], read('enum', 'array')]) {
    if (!options) continue;
    const keys = new Set(options.map(canonical));
    checks.push((value, path) =>
      keys.has(canonical(value)) ? undefined : `${at(path)}: must be ${options.map(show).join(' or ')}`,
    );
  }
  return checks;
}

function combinations(
  schema: Record<string, unknown>,
  sub: (part: unknown, step: string) => Check,
  { read, fail }: Compiling,
): Check[] {
  const list = (keyword: string) => {
    const parts = read(keyword, 'array');
    if (parts?.length === 0) fail(keyword, 'needs at least one schema');
    return parts?.map((part, index) => sub(part, `${keyword}/${index}`));
  };
  const checks = list('allOf') ?? [];
  const any = list('anyOf');
  if (any) {
    checks.push((value, path) => {
      const problems = any.map((part) => part(value, path));
      return problems.includes(undefined) ? undefined : `none of anyOf fits (${problems.join('; ')})`;
    });
  }
  const one = list('oneOf');
  if (one) {
    checks.push((value, path) => {
      const problems = one.map((part) => part(value, path));
      const fits = problems.filter((problem) => problem === undefined).length;
      if (fits === 1) return undefined;
      return fits === 0
        ? `none of oneOf fits (${problems.join('; ')})`
        : `${at(path)}: ${fits} of oneOf fit, exactly one must`;
    });
  }
  if (schema.not !== undefined) {
    const not = sub(schema.not, 'not');
    checks.push((value, path) =>
      not(value, path) === undefined ? `${at(path)}: must not fit "not"` : undefined,
    );
  }
  if (schema.if !== undefined) {
    const condition = sub(schema.if, 'if');
    const [then, otherwise] = [sub(schema.then ?? true, 'then'), sub(schema.else ?? true, 'else')];
    checks.push((value, path) => (condition(value, path) === undefined ? then : otherwise)(value, path));
  }
  for (const [name, part] of Object.entries(read('dependentSchemas', 'object') ?? {})) {
    const dependent = sub(part, `dependentSchemas/${name}`);
    checks.push((value, path) =>
      isObject(value) && Object.hasOwn(value, name) ? dependent(value, path) : undefined,
    );
  }
  return checks;
}

function resolve(root: JsonSchema, reference: string, where: string): unknown {
  if (reference !== '#' && !reference.startsWith('#/')) {
    throw invalid(
      where,
      `"$ref": only references within the schema (#/...) are supported, not "${reference}"`,
    );
  }
  let node: unknown = root;
  for (const step of reference.split('/').slice(1)) {
    const key = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
    node =
      (isObject(node) || Array.isArray(node)) && Object.hasOwn(node, key)
        ? Reflect.get(node, key)
        : undefined;
  }
  if (node === undefined) throw invalid(where, `"$ref": "${reference}" leads nowhere`);
  return node;
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

/** A schema that refers to itself on the same value would be checked for ever. */
function refuseLoops(edges: Map<unknown, unknown[]>): void {
  const state = new Map<unknown, 'open' | 'done'>();
  const visit = (node: unknown) => {
    if (state.get(node) === 'done') return;
    if (state.get(node) === 'open') throw invalid('#', 'a "$ref" leads back to itself');
    state.set(node, 'open');
    for (const next of edges.get(node) ?? []) visit(next);
    state.set(node, 'done');
  };
  for (const node of edges.keys()) visit(node);
}

function invalid(where: string, problem: string): XrouterError {
  return new XrouterError('invalid_request', `The JSON schema cannot be checked: at ${where}, ${problem}.`, {
    hint: 'Change the schema, or verify the answer with a function of your own (fromFunction).',
  });
}

const TYPES = new Set(['null', 'boolean', 'object', 'array', 'number', 'string', 'integer']);

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (Number.isInteger(value)) return 'integer';
  return typeof value;
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
