/** Instances are valid for their schema, whatever it nests. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Random } from '../../src/lab/random.ts';
import { instanceOf, type JsonSchema, promptHints } from '../../src/lab/schema.ts';

const PROMPT =
  'Book a table for Ada Lovelace, 4 people on 2026-03-04, mail ada@lovelace.org, city: London, "window seat".';

const schemas: Record<string, JsonSchema> = {
  flat: z.toJSONSchema(z.object({ name: z.string(), people: z.int(), ratio: z.number(), ok: z.boolean() })),
  'enums and constants': z.toJSONSchema(z.object({ kind: z.enum(['lunch', 'dinner']), v: z.literal(3) })),
  'nested objects and arrays': z.toJSONSchema(
    z.object({ guests: z.array(z.object({ name: z.string(), tags: z.array(z.string()).min(3) })).length(4) }),
  ),
  unions: z.toJSONSchema(
    z.object({
      contact: z.union([z.object({ mail: z.email() }), z.object({ phone: z.string() })]),
      note: z.string().nullable(),
      size: z.union([z.null(), z.int().min(2)]),
    }),
  ),
  'discriminated unions': z.toJSONSchema(
    z.discriminatedUnion('t', [
      z.object({ t: z.literal('a'), x: z.number() }),
      z.object({ t: z.literal('b'), y: z.string() }),
    ]),
  ),
  'bounds and grids': z.toJSONSchema(
    z.object({
      low: z.number().min(100).max(110),
      open: z.number().gt(0).lt(1),
      step: z.number().multipleOf(25).min(30),
      few: z.int().positive().max(3),
    }),
  ),
  'lengths and patterns': z.toJSONSchema(
    z.object({
      code: z.string().regex(/^[A-Z]{3}-\d{4}$/),
      long: z.string().min(300),
      short: z.string().max(3),
      either: z.string().regex(/^(cat|dog)s?$/),
    }),
  ),
  formats: z.toJSONSchema(
    z.object({
      day: z.iso.date(),
      at: z.iso.datetime(),
      mail: z.email(),
      link: z.url(),
      id: z.uuid(),
      ip: z.ipv4(),
    }),
  ),
  'records and tuples': z.toJSONSchema(
    z.object({
      scores: z.record(z.string(), z.number()),
      pair: z.tuple([z.string(), z.int()]),
      byKind: z.record(z.enum(['x', 'y']), z.boolean()),
    }),
  ),
  'shared definitions': {
    type: 'object',
    properties: { from: { $ref: '#/$defs/place' }, to: { $ref: '#/$defs/place' } },
    required: ['from', 'to'],
    $defs: { place: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
  },
  'a tree that refers to itself': {
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        properties: {
          value: { type: 'integer' },
          children: { type: 'array', items: { $ref: '#/$defs/node' } },
          next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
        },
        required: ['value', 'children', 'next'],
        additionalProperties: false,
      },
    },
  },
  'all of': {
    allOf: [
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      { type: 'object', properties: { b: { type: 'integer', minimum: 7 } }, required: ['b'] },
    ],
  },
  'several types': { type: 'object', properties: { x: { type: ['string', 'null'] } }, required: ['x'] },
};

describe.each(['a right draw', 'a wrong draw'])('%s gives a valid instance', (draw) => {
  test.each(Object.entries(schemas))('%s', (_, schema) => {
    const instance = instanceOf(schema, promptHints(PROMPT, undefined, draw === 'a right draw'));
    const checked = z.fromJSONSchema(schema as never).safeParse(instance);
    expect(checked.error?.issues ?? []).toEqual([]);
    expect(JSON.stringify(instance).length).toBeLessThan(20_000);
  });
});

test('values come from the prompt', () => {
  const schema = z.toJSONSchema(
    z.object({ people: z.int(), day: z.iso.date(), mail: z.email(), city: z.string(), seat: z.string() }),
  );
  expect(instanceOf(schema, promptHints(PROMPT, undefined, true))).toEqual({
    people: 4,
    day: '2026-03-04',
    mail: 'ada@lovelace.org',
    city: 'London',
    seat: 'window seat',
  });
});

test('the answer of a solver goes where the answer belongs', () => {
  const schema = z.toJSONSchema(z.object({ steps: z.array(z.string()), answer: z.number() }));
  expect(instanceOf(schema, promptHints('What is 6 * 7?', '42', true))).toMatchObject({ answer: 42 });
});

test('a list of different values has no doubles', () => {
  const schema = { type: 'array', items: { enum: ['a', 'b', 'c'] }, uniqueItems: true, minItems: 3 };
  expect(new Set(instanceOf(schema, promptHints('', undefined, true)) as string[]).size).toBe(3);
});

/** A schema that some instance satisfies. */
function randomSchema(random: Random, depth = 0): JsonSchema {
  const low = random.int(-50, 50);
  const make: (() => JsonSchema)[] = [
    () => ({ type: 'string', minLength: random.int(0, 9), maxLength: random.int(10, 40) }),
    () => ({ type: 'number', minimum: low, maximum: low + random.int(0, 30) }),
    () => ({ type: 'integer', exclusiveMinimum: low, exclusiveMaximum: low + random.int(2, 30) }),
    () => ({
      enum: random.pick([
        ['a', 'b'],
        [1, 2],
      ]),
    }),
    () => ({ type: 'boolean' }),
  ];
  if (depth < 4) {
    const inner = () => randomSchema(random, depth + 1);
    make.push(
      () => {
        const keys = ['k', 'l', 'm'].slice(0, random.int(0, 3));
        const properties = Object.fromEntries(keys.map((key) => [key, inner()]));
        const required = keys.filter(() => random.next() < 0.6);
        return { type: 'object', properties, required, additionalProperties: false };
      },
      () => ({ type: 'array', items: inner(), minItems: random.int(0, 3), maxItems: random.int(3, 5) }),
      () => ({ anyOf: [{ type: 'null' }, inner()] }),
      () => ({ type: 'object', additionalProperties: inner() }),
    );
  }
  return random.pick(make)();
}

test('random schemas get valid instances', () => {
  const seed = Math.floor(Math.random() * 1e9);
  for (let index = 0; index < 200; index++) {
    const schema = randomSchema(new Random(seed, index));
    const instance = instanceOf(schema, promptHints(PROMPT, undefined, index % 2 === 0));
    const checked = z.fromJSONSchema(schema as never).safeParse(instance);
    const shown = `seed ${seed}, schema ${index}: ${JSON.stringify(schema)} => ${JSON.stringify(instance)}`;
    expect(checked.error?.issues ?? [], shown).toEqual([]);
  }
});
