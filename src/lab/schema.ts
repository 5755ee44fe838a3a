/** A valid instance of a JSON schema, with values taken from the prompt where some can be found there. */

import { stringFor } from './schema-string.ts';
import { isObject } from './wire.ts';

export type JsonSchema = Record<string, unknown>;

/** What a prompt offers as values. Numbers and texts are used up in their order. */
export interface Hints {
  text: string;
  numbers: number[];
  /** Quoted texts, then proper names. */
  texts: string[];
  /** The answer of a solver, right or wrong as drawn. */
  answer?: string;
}

/** @param right false: the model mixes the values up, which keeps the instance valid but not true */
export function promptHints(text: string, answer: string | undefined, right: boolean): Hints {
  const head = text.length > 20_000 ? text.slice(0, 20_000) : text;
  const plain = head.replace(/"[^"\n]*"|\d{4}-\d\d-\d\d\S*/g, ' ');
  const numbers = (plain.match(/(?<![\w.])-?\d+(?:\.\d+)?(?![\w])/g) ?? []).map(Number);
  const quoted = [...head.matchAll(/"([^"\n]{1,200})"/g)].map((match) => match[1]!);
  const names = plain.match(/(?<=[a-z,:] )[A-Z][\w'-]+(?: [A-Z][\w'-]+)*/g) ?? [];
  const texts = [...quoted, ...names];
  if (!right) {
    numbers.reverse();
    texts.reverse();
    if (numbers.length === 1) numbers[0]! += 1;
  }
  return { text: head, numbers, texts, answer };
}

const ANSWER_NAMES = /^(final_?)?(answer|result|solution|value|output)$/i;
const MAX_DEPTH = 12;

/** Where a schema cannot be satisfied, or says so in a way not known here, the nearest plausible value. */
export function instanceOf(root: JsonSchema, hints: Hints): unknown {
  return new Builder(root, hints).build(root, '', 0);
}

class Builder {
  readonly #root: JsonSchema;
  readonly #hints: Hints;
  #number = 0;
  #text = 0;

  constructor(root: JsonSchema, hints: Hints) {
    this.#root = root;
    this.#hints = hints;
  }

  build(given: unknown, name: string, depth: number): unknown {
    if (given === true || !isObject(given)) return this.#nextText() ?? 'value';
    const schema = this.#resolve(given);
    if ('const' in schema) return schema.const;
    if (Array.isArray(schema.enum) && schema.enum.length > 0) return this.#choose(schema.enum);
    const branches = (schema.anyOf ?? schema.oneOf) as unknown[] | undefined;
    if (Array.isArray(branches) && branches.length > 0) {
      return this.build(merge(omit(schema), this.#branch(branches, depth)), name, depth);
    }
    switch (this.#typeOf(schema, depth)) {
      case 'object':
        return this.#object(schema, depth);
      case 'array':
        return this.#array(schema, name, depth);
      case 'integer':
        return this.#numeric(schema, name, true);
      case 'number':
        return this.#numeric(schema, name, false);
      case 'boolean':
        return !/\b(no|not|never|false|without|disable\w*)\b/i.test(this.#hints.text);
      case 'null':
        return null;
      default:
        return this.#string(schema, name);
    }
  }

  /** Follows references and merges what must all hold. */
  #resolve(schema: JsonSchema): JsonSchema {
    let resolved = schema;
    for (let hop = 0; typeof resolved.$ref === 'string' && hop < 20; hop++) {
      const { $ref, ...rest } = resolved;
      resolved = merge(rest, this.#lookUp($ref as string));
    }
    if (!Array.isArray(resolved.allOf)) return resolved;
    const { allOf, ...rest } = resolved;
    let all: JsonSchema = rest;
    for (const part of allOf as unknown[]) if (isObject(part)) all = merge(all, this.#resolve(part));
    return all;
  }

  #lookUp(ref: string): JsonSchema {
    let at: unknown = this.#root;
    for (const step of ref.replace(/^#\/?/, '').split('/')) {
      if (step === '') continue;
      const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
      at = isObject(at) || Array.isArray(at) ? (at as JsonSchema)[key] : undefined;
    }
    return isObject(at) ? at : {};
  }

  /** The first branch that is not null; deep down the simplest, so that recursive schemas end. */
  #branch(branches: unknown[], depth: number): JsonSchema {
    const resolved = branches.filter(isObject).map((branch) => this.#resolve(branch));
    const simple = (branch: JsonSchema) =>
      branch.type !== 'object' && branch.type !== 'array' && !branch.properties;
    if (depth > 4) {
      const shallow = resolved.find((branch) => branch.type === 'null') ?? resolved.find(simple);
      if (shallow) return shallow;
    }
    return resolved.find((branch) => branch.type !== 'null') ?? resolved[0] ?? {};
  }

  #typeOf(schema: JsonSchema, depth: number): unknown {
    const { type } = schema;
    if (Array.isArray(type))
      return depth > 4 && type.includes('null') ? 'null' : type.find((one) => one !== 'null');
    if (type !== undefined) return type;
    if (schema.properties || schema.additionalProperties || schema.required) return 'object';
    if (schema.items || schema.prefixItems) return 'array';
    if (schema.minimum !== undefined || schema.maximum !== undefined) return 'number';
    return 'string';
  }

  #object(schema: JsonSchema, depth: number): JsonSchema {
    const properties = isObject(schema.properties) ? schema.properties : {};
    const required = Array.isArray(schema.required) ? (schema.required as string[]) : [];
    const object: JsonSchema = {};
    if (depth > MAX_DEPTH) return object;
    for (const [key, property] of Object.entries(properties)) {
      // Optional parts are filled near the top, where people look, and left out where a schema could recurse.
      if (required.includes(key) || depth < 3) object[key] = this.build(property, key, depth + 1);
    }
    for (const key of required) if (!(key in object)) object[key] = this.#extra(schema, key, depth);
    const least = Math.max(
      Number(schema.minProperties ?? 0),
      Object.keys(properties).length === 0 && schema.additionalProperties !== false && depth < 3 ? 1 : 0,
    );
    for (let index = 0; Object.keys(object).length < least; index++) {
      const key = this.#keyFor(schema, index);
      object[key] = this.#extra(schema, key, depth);
    }
    return object;
  }

  #keyFor(schema: JsonSchema, index: number): string {
    const names = isObject(schema.propertyNames) ? this.#resolve(schema.propertyNames) : {};
    if (Array.isArray(names.enum)) return String(names.enum[index % names.enum.length]);
    return stringFor(names, index === 0 ? 'key' : `key${index + 1}`);
  }

  #extra(schema: JsonSchema, key: string, depth: number): unknown {
    const extra = schema.additionalProperties;
    return isObject(extra) && Object.keys(extra).length > 0 ? this.build(extra, key, depth + 1) : 'value';
  }

  #array(schema: JsonSchema, name: string, depth: number): unknown[] {
    const tuple = Array.isArray(schema.prefixItems)
      ? schema.prefixItems
      : Array.isArray(schema.items)
        ? schema.items
        : [];
    const items = Array.isArray(schema.items) ? undefined : schema.items;
    const least = Number(schema.minItems ?? 0);
    const most = Number(schema.maxItems ?? Number.POSITIVE_INFINITY);
    const list = tuple.slice(0, most).map((item: unknown) => this.build(item, name, depth + 1));
    const wanted = Math.min(most, Math.max(least, tuple.length > 0 ? tuple.length : depth > 4 ? 0 : 2));
    for (let tries = 0; list.length < wanted && tries < wanted * 4 && items !== false; tries++) {
      let item = this.build(items ?? true, name, depth + 1);
      if (schema.uniqueItems === true && includes(list, item)) item = this.#another(items, list, item);
      if (item !== undefined) list.push(item);
    }
    return list;
  }

  #another(items: unknown, list: unknown[], item: unknown): unknown {
    const schema = isObject(items) ? this.#resolve(items) : {};
    if (Array.isArray(schema.enum)) return schema.enum.find((value) => !includes(list, value));
    if (typeof item === 'string') return stringFor(schema, `${item}${list.length + 1}`);
    if (typeof item === 'number') return Math.max(...(list as number[])) + Number(schema.multipleOf ?? 1);
    return undefined;
  }

  #choose(values: unknown[]): unknown {
    const text = this.#hints.text.toLowerCase();
    const named = values.find(
      (value) => typeof value === 'string' && value !== '' && text.includes(value.toLowerCase()),
    );
    if (named !== undefined) return named;
    const sign = values.find((value) => {
      const symbols = OPERATIONS[String(value).toLowerCase()];
      return symbols?.test(this.#hints.text);
    });
    return sign ?? values.find((value) => value !== null) ?? null;
  }

  #numeric(schema: JsonSchema, name: string, whole: boolean): number {
    const { answer, numbers } = this.#hints;
    let value =
      ANSWER_NAMES.test(name) && answer !== undefined
        ? Number(answer.replace(/[^\d.eE+-]/g, ''))
        : Number.NaN;
    if (!Number.isFinite(value)) value = numbers.length > 0 ? numbers[this.#number++ % numbers.length]! : 1;
    if (whole) value = Math.round(value);
    return fitNumber(value, schema, whole);
  }

  #string(schema: JsonSchema, name: string): string {
    const { answer, text } = this.#hints;
    if (ANSWER_NAMES.test(name) && answer !== undefined) return stringFor(schema, answer);
    const labelled = new RegExp(
      `\\b${escapeRegex(name)}\\b["']?\\s*(?:is|=|:)\\s*["']?([^"',;\\n]{1,80})`,
      'i',
    );
    const found = name ? labelled.exec(text)?.[1]?.trim() : undefined;
    return stringFor(schema, found ?? this.#formatted(schema) ?? this.#nextText() ?? fallback(name, text));
  }

  /** A value of the schema's format that the prompt holds. */
  #formatted(schema: JsonSchema): string | undefined {
    const pattern = FORMATS[String(schema.format)];
    return pattern?.exec(this.#hints.text)?.[0];
  }

  #nextText(): string | undefined {
    const { texts } = this.#hints;
    return texts.length === 0 ? undefined : texts[this.#text++ % texts.length];
  }
}

const OPERATIONS: Record<string, RegExp> = {
  add: /\+|\b(plus|sum|add\w*)\b/i,
  subtract: /\d\s*-\s*\d|\b(minus|less|subtract\w*)\b/i,
  multiply: /\*|×|\b(times|multipl\w*|product)\b/i,
  divide: /\d\s*\/\s*\d|÷|\bdivided?\b/i,
};

const FORMATS: Record<string, RegExp> = {
  date: /\d{4}-\d\d-\d\d/,
  'date-time': /\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/,
  email: /[\w.+-]+@[\w-]+\.[\w.-]*\w/,
  uri: /https?:\/\/[^\s"'<>]+/,
  url: /https?:\/\/[^\s"'<>]+/,
};

function fallback(name: string, text: string): string {
  if (/query|question|prompt|input|text|expression|search/i.test(name))
    return text.trim().slice(0, 200) || 'text';
  return name || 'text';
}

/** The value moved into the schema's bounds and onto its grid. */
function fitNumber(given: number, schema: JsonSchema, whole: boolean): number {
  const step = typeof schema.multipleOf === 'number' ? schema.multipleOf : whole ? 1 : 0;
  const nudge = step || 0.5;
  let least = Number(schema.minimum ?? Number.NEGATIVE_INFINITY);
  let most = Number(schema.maximum ?? Number.POSITIVE_INFINITY);
  if (typeof schema.exclusiveMinimum === 'number') least = Math.max(least, schema.exclusiveMinimum + nudge);
  if (typeof schema.exclusiveMaximum === 'number') most = Math.min(most, schema.exclusiveMaximum - nudge);
  if (step === 0 && least > most) return (least + most) / 2;
  let value = Math.min(most, Math.max(least, given));
  if (step > 0) {
    value = Math.round(value / step) * step;
    if (value < least) value = Math.ceil(least / step) * step;
    if (value > most) value = Math.floor(most / step) * step;
  }
  return value;
}

function merge(a: JsonSchema, b: JsonSchema): JsonSchema {
  const merged: JsonSchema = { ...b, ...a };
  if (isObject(a.properties) && isObject(b.properties))
    merged.properties = { ...b.properties, ...a.properties };
  if (Array.isArray(a.required) && Array.isArray(b.required))
    merged.required = [...b.required, ...a.required];
  return merged;
}

function omit(schema: JsonSchema): JsonSchema {
  const { anyOf, oneOf, ...rest } = schema;
  return rest;
}

function includes(list: unknown[], item: unknown): boolean {
  const text = JSON.stringify(item);
  return list.some((other) => JSON.stringify(other) === text);
}

function escapeRegex(text: string): string {
  return text.replace(/[^\w]/g, '\\$&');
}
