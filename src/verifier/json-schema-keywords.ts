/** The keywords of JSON Schema that look at one kind of value each; values of other kinds pass them. */

import type { Check, Compiling } from './json-schema.ts';
import { isFormat, SUPPORTED_FORMATS } from './json-schema-formats.ts';
import { at, canonical, isObject } from './json-value.ts';

type Schema = Record<string, unknown>;

export function stringChecks(_: Schema, { read, fail }: Compiling): Check[] {
  const checks: Check[] = [];
  const onText = (wrong: (text: string) => string | undefined) =>
    checks.push((value, path) => {
      const problem = typeof value === 'string' ? wrong(value) : undefined;
      return problem && `${at(path)}: ${problem}`;
    });
  const [min, max] = [read('minLength', 'count'), read('maxLength', 'count')];
  // Characters, not UTF-16 units: an emoji is one.
  if (min !== undefined)
    onText((text) => ([...text].length < min ? `shorter than ${min} characters` : undefined));
  if (max !== undefined)
    onText((text) => ([...text].length > max ? `longer than ${max} characters` : undefined));
  const pattern = read('pattern', 'string');
  if (pattern !== undefined) {
    const regex = toRegex(pattern) ?? fail('pattern', `"${pattern}" is not a regular expression`);
    onText((text) => (regex.test(text) ? undefined : `does not match ${pattern}`));
  }
  const format = read('format', 'string');
  if (format !== undefined) {
    const test =
      isFormat(format) ?? fail('format', `"${format}" is not one of ${SUPPORTED_FORMATS.join(', ')}`);
    onText((text) => (test(text) ? undefined : `is not a valid ${format}`));
  }
  return checks;
}

export function numberChecks({ read, fail }: Compiling): Check[] {
  const checks: Check[] = [];
  const bound = (keyword: string, holds: (value: number, limit: number) => boolean, words: string) => {
    const limit = read(keyword, 'number');
    if (limit === undefined) return;
    checks.push((value, path) =>
      typeof value !== 'number' || holds(value, limit) ? undefined : `${at(path)}: must be ${words} ${limit}`,
    );
  };
  bound('minimum', (value, limit) => value >= limit, 'at least');
  bound('maximum', (value, limit) => value <= limit, 'at most');
  bound('exclusiveMinimum', (value, limit) => value > limit, 'more than');
  bound('exclusiveMaximum', (value, limit) => value < limit, 'less than');
  const step = read('multipleOf', 'number');
  if (step !== undefined && step <= 0) fail('multipleOf', 'must be more than 0');
  bound('multipleOf', isMultiple, 'a multiple of');
  return checks;
}

/** 0.3 is a multiple of 0.1 although the quotient of the two doubles is not whole. */
function isMultiple(value: number, step: number): boolean {
  const quotient = value / step;
  return Math.abs(quotient - Math.round(quotient)) <= 1e-9 * Math.max(1, Math.abs(quotient));
}

export function arrayChecks(schema: Schema, { read, sub, fail }: Compiling): Check[] {
  const checks: Check[] = [];
  const onArray = (wrong: (list: unknown[], path: string) => string | undefined) =>
    checks.push((value, path) => (Array.isArray(value) ? wrong(value, path) : undefined));
  const [min, max] = [read('minItems', 'count'), read('maxItems', 'count')];
  if (min !== undefined)
    onArray((list, path) => (list.length < min ? `${at(path)}: fewer than ${min} items` : undefined));
  if (max !== undefined)
    onArray((list, path) => (list.length > max ? `${at(path)}: more than ${max} items` : undefined));

  // Draft 7 writes a tuple as an array under `items`, with `additionalItems` for the rest.
  const tupleKeyword = Array.isArray(schema.items) ? 'items' : 'prefixItems';
  const tuple = (read(tupleKeyword, 'array') ?? []).map((part, index) =>
    sub(part, `${tupleKeyword}/${index}`),
  );
  const restKeyword = Array.isArray(schema.items) ? 'additionalItems' : 'items';
  const rest = schema[restKeyword] === undefined ? undefined : sub(schema[restKeyword], restKeyword);
  if (tuple.length > 0 || rest) {
    onArray((list, path) => first(list, (item, index) => (tuple[index] ?? rest)?.(item, `${path}/${index}`)));
  }
  if (read('uniqueItems', 'boolean')) {
    onArray((list, path) =>
      new Set(list.map(canonical)).size < list.length ? `${at(path)}: has equal items` : undefined,
    );
  }
  const [least, most] = [read('minContains', 'count') ?? 1, read('maxContains', 'count')];
  if (schema.contains === undefined) {
    if (schema.minContains !== undefined) fail('minContains', 'needs "contains"');
    if (schema.maxContains !== undefined) fail('maxContains', 'needs "contains"');
  } else {
    const contains = sub(schema.contains, 'contains');
    onArray((list, path) => {
      const count = list.filter((item) => contains(item, path) === undefined).length;
      if (count < least) return `${at(path)}: ${count} items fit "contains", at least ${least} must`;
      if (most !== undefined && count > most)
        return `${at(path)}: ${count} items fit "contains", at most ${most} may`;
      return undefined;
    });
  }
  return checks;
}

export function objectChecks(schema: Schema, { read, sub, fail }: Compiling): Check[] {
  const checks: Check[] = [];
  const onObject = (wrong: (object: Schema, path: string) => string | undefined) =>
    checks.push((value, path) => (isObject(value) ? wrong(value, path) : undefined));
  const child = (path: string, key: string) => `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

  for (const name of read('required', 'strings') ?? []) {
    onObject((object, path) => (Object.hasOwn(object, name) ? undefined : `${child(path, name)}: missing`));
  }
  for (const [name, others] of Object.entries(read('dependentRequired', 'object') ?? {})) {
    if (!isNames(others)) return fail('dependentRequired', `"${name}" needs a list of names`);
    onObject((object, path) => {
      const missing = Object.hasOwn(object, name) && others.find((other) => !Object.hasOwn(object, other));
      return missing ? `${child(path, missing)}: missing, since "${name}" is there` : undefined;
    });
  }
  const [min, max] = [read('minProperties', 'count'), read('maxProperties', 'count')];
  onObject((object, path) => {
    const count = Object.keys(object).length;
    if (min !== undefined && count < min) return `${at(path)}: fewer than ${min} properties`;
    return max !== undefined && count > max ? `${at(path)}: more than ${max} properties` : undefined;
  });

  // A Map, so that a property named `__proto__` or `constructor` is looked up as any other.
  const properties = new Map<string, Check>();
  for (const [name, part] of Object.entries(read('properties', 'object') ?? {})) {
    properties.set(name, sub(part, `properties/${name}`));
  }
  const patterns: [RegExp, Check][] = [];
  for (const [pattern, part] of Object.entries(read('patternProperties', 'object') ?? {})) {
    const regex = toRegex(pattern) ?? fail('patternProperties', `"${pattern}" is not a regular expression`);
    patterns.push([regex, sub(part, `patternProperties/${pattern}`)]);
  }
  const additional =
    schema.additionalProperties === undefined
      ? undefined
      : sub(schema.additionalProperties, 'additionalProperties');
  const names = schema.propertyNames === undefined ? undefined : sub(schema.propertyNames, 'propertyNames');
  onObject((object, path) =>
    first(Object.keys(object), (key) => {
      const here = child(path, key);
      const badName = names?.(key, here);
      if (badName !== undefined) return badName;
      const own = properties.get(key);
      const matching = patterns.filter(([regex]) => regex.test(key)).map(([, check]) => check);
      const checksHere = own ? [own, ...matching] : matching;
      if (checksHere.length === 0 && additional) return additional(object[key], here);
      return first(checksHere, (check) => check(object[key], here));
    }),
  );
  return checks;
}

function first<T>(
  list: readonly T[],
  problem: (entry: T, index: number) => string | undefined,
): string | undefined {
  for (let index = 0; index < list.length; index++) {
    const found = problem(list[index]!, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

/** Schemas in the wild hold escapes that only the older syntax allows, such as `\-`. */
function toRegex(pattern: string): RegExp | undefined {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(pattern, flags);
    } catch {}
  }
  return undefined;
}
