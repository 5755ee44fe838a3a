import { describe, expect, test } from 'vitest';
import type { JsonSchema } from '../../src/verifier/json-schema.ts';
import { compileSchema } from '../../src/verifier/json-schema.ts';

/** Schema, values that follow it, values that do not. */
const cases: [name: string, schema: JsonSchema, good: unknown[], bad: unknown[]][] = [
  ['type', { type: 'integer' }, [1, -3, 1.0], [1.5, '1', null, [], {}]],
  ['number takes integers', { type: 'number' }, [1, 1.5], ['1', true]],
  ['several types', { type: ['string', 'null'] }, ['', null], [0, {}]],
  [
    'enum compares by value',
    { enum: [{ a: 1, b: [2] }, null] },
    [{ b: [2], a: 1 }, null],
    [{ a: 1 }, 'null'],
  ],
  ['const', { const: null }, [null], [0, '', undefined]],
  ['const and enum both hold', { const: 1, enum: [1, 2] }, [1], [2]],
  ['keywords hold without a type', { required: ['a'] }, [{ a: 1 }, 'text'], [{}]],
  [
    'a default does not stand in for a required property',
    { properties: { a: { default: 1 } }, required: ['a'] },
    [{ a: 2 }],
    [{}],
  ],
  [
    'additionalProperties false',
    { properties: { a: {} }, additionalProperties: false },
    [{}, { a: 1 }],
    [{ b: 1 }],
  ],
  ['additionalProperties schema', { additionalProperties: { type: 'string' } }, [{ x: 'y' }], [{ x: 1 }]],
  [
    'patternProperties',
    { patternProperties: { '^n_': { type: 'number' } }, additionalProperties: false },
    [{ n_a: 1 }],
    [{ n_a: 'x' }, { m: 1 }],
  ],
  [
    'properties and patternProperties both hold',
    { properties: { ab: { type: 'number' } }, patternProperties: { '^a': { minimum: 5 } } },
    [{ ab: 6 }],
    [{ ab: 1 }],
  ],
  ['propertyNames', { propertyNames: { maxLength: 2 } }, [{ ab: 1 }], [{ abc: 1 }]],
  ['property counts', { minProperties: 1, maxProperties: 2 }, [{ a: 1 }], [{}, { a: 1, b: 1, c: 1 }]],
  [
    'dependentRequired',
    { dependentRequired: { card: ['address'] } },
    [{}, { card: 1, address: 2 }],
    [{ card: 1 }],
  ],
  [
    'dependentSchemas',
    { dependentSchemas: { a: { required: ['b'] } } },
    [{ a: 1, b: 1 }, { c: 1 }],
    [{ a: 1 }],
  ],
  ['inherited names are not properties', { required: ['constructor'] }, [{ constructor: 1 }], [{}]],
  [
    'a property named __proto__',
    JSON.parse('{"properties":{"__proto__":{"type":"number"}}}'),
    [JSON.parse('{"__proto__":1}')],
    [JSON.parse('{"__proto__":"x"}')],
  ],
  ['items', { items: { type: 'number' }, minItems: 1, maxItems: 2 }, [[1], [1, 2]], [[], ['a'], [1, 2, 3]]],
  ['tuple of 2020-12', { prefixItems: [{ type: 'number' }], items: false }, [[1], []], [['a'], [1, 2]]],
  [
    'tuple of draft 7',
    { items: [{ type: 'number' }], additionalItems: { type: 'string' } },
    [[1, 'a']],
    [[1, 2]],
  ],
  [
    'uniqueItems compares by value',
    { uniqueItems: true },
    [[1, '1', { a: 1 }]],
    [
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
    ],
  ],
  ['contains', { contains: { const: 1 }, minContains: 2, maxContains: 3 }, [[1, 1, 0]], [[1], [1, 1, 1, 1]]],
  ['length counts characters', { minLength: 2, maxLength: 2 }, ['ab', '🙂🙂'], ['🙂', 'abc']],
  ['pattern is unanchored', { pattern: 'b+' }, ['abc'], ['ac']],
  ['pattern with an old escape', { pattern: '^[\\w\\-]+$' }, ['a-b'], ['a b']],
  ['bounds', { minimum: 1, maximum: 3 }, [1, 3], [0.99, 3.01]],
  ['exclusive bounds', { exclusiveMinimum: 1, exclusiveMaximum: 3 }, [2], [1, 3]],
  ['multipleOf of decimals', { multipleOf: 0.1 }, [0.3, 1, 19.9], [0.35]],
  ['anyOf', { anyOf: [{ type: 'string' }, { minimum: 5 }] }, ['a', 7], [3]],
  ['oneOf', { oneOf: [{ multipleOf: 2 }, { multipleOf: 3 }] }, [2, 3], [6, 5]],
  ['allOf', { allOf: [{ minimum: 1 }, { maximum: 2 }] }, [1], [0, 3]],
  ['not', { not: { type: 'string' } }, [1], ['a']],
  [
    'if then else',
    JSON.parse(
      '{"if":{"properties":{"kind":{"const":"a"}}},"then":{"required":["x"]},"else":{"required":["y"]}}',
    ),
    [
      { kind: 'a', x: 1 },
      { kind: 'b', y: 1 },
    ],
    [{ kind: 'a' }, { kind: 'b', x: 1 }],
  ],
  [
    'recursion',
    {
      $ref: '#/$defs/node',
      $defs: {
        node: { properties: { next: { $ref: '#/$defs/node' }, v: { type: 'number' } }, required: ['v'] },
      },
    },
    [{ v: 1, next: { v: 2 } }],
    [{ v: 1, next: { next: { v: 3 } } }],
  ],
  [
    'a reference with escapes and neighbours',
    { $ref: '#/$defs/a~1b', minimum: 2, $defs: { 'a/b': { type: 'number' } } },
    [2],
    [1, '2'],
  ],
  ['boolean schemas', { properties: { a: true, b: false } }, [{ a: 1 }], [{ b: 1 }]],
  [
    'annotations constrain nothing',
    { title: 't', description: 'd', default: 1, examples: [2], 'x-order': 3 },
    [null, 'a'],
    [],
  ],
];

const formats: [name: string, good: string[], bad: string[]][] = [
  ['date', ['2024-02-29', '0001-01-01'], ['2023-02-29', '2024-13-01', '24-01-01', '2024-1-1']],
  ['time', ['10:20:30Z', '23:59:60.5+05:30'], ['10:20', '24:00:00Z', '10:20:30']],
  [
    'date-time',
    ['2024-02-29T10:20:30Z', '2024-02-29t10:20:30.1-08:00'],
    ['2024-02-30T10:20:30Z', '2024-02-29'],
  ],
  ['duration', ['P1Y2M', 'PT5M', 'P3W'], ['P', 'PT', '5M', 'P1YT']],
  ['email', ['a.b+c@example.org', 'x@localhost'], ['a@', '@b.c', 'a b@c.de', 'a@b..c']],
  ['hostname', ['example.org', 'a-b.c'], ['-a.b', 'a..b', 'a_b']],
  ['ipv4', ['127.0.0.1'], ['256.0.0.1', '1.2.3']],
  ['ipv6', ['::1', 'fe80::1'], ['::g', '127.0.0.1']],
  ['uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['123e4567e89b12d3a456426614174000']],
  ['uri', ['https://example.org/a?b#c', 'mailto:a@b.c'], ['example.org', '/a', 'https://a b']],
];

describe('a compiled JSON schema', () => {
  test.each(cases)('%s', (_, schema, good, bad) => {
    const check = compileSchema(schema);
    for (const value of good) expect(check(value), JSON.stringify(value)).toBeUndefined();
    for (const value of bad) expect(check(value), JSON.stringify(value)).toEqual(expect.any(String));
  });

  test.each(formats)('format %s', (format, good, bad) => {
    const check = compileSchema({ format });
    for (const value of [...good, 5]) expect(check(value), String(value)).toBeUndefined();
    for (const value of bad) expect(check(value), value).toContain(`valid ${format}`);
  });

  test('says where and why, as a JSON pointer', () => {
    const check = compileSchema({
      properties: { items: { items: { properties: { 'a/b': { type: 'number' } } } } },
    });
    expect(check({ items: [{}, { 'a/b': 'x' }] })).toBe('/items/1/a~1b: expected number, got string');
  });

  test.each([
    [
      'an unknown keyword',
      { properties: { a: { unevaluatedProperties: false } } },
      /properties\/a.*unevaluatedProperties/,
    ],
    ['an unknown format', { format: 'iri' }, /"iri" is not one of/],
    ['an unknown type', { type: 'float' }, /"float" is not a type/],
    ['a keyword of the wrong kind', { required: 'a' }, /"required"/],
    ['a negative length', { minLength: -1 }, /"minLength"/],
    ['a broken pattern', { pattern: '(' }, /"pattern"/],
    ['an outside reference', { $ref: 'https://example.org/x' }, /within the schema/],
    ['a reference to nowhere', { $ref: '#/$defs/a' }, /leads nowhere/],
    ['a reference to itself', { $ref: '#' }, /back to itself/],
    [
      'a loop through anyOf',
      { anyOf: [{ $ref: '#/$defs/a' }], $defs: { a: { allOf: [{ $ref: '#' }] } } },
      /back to itself/,
    ],
    ['empty anyOf', { anyOf: [] }, /at least one/],
    ['minContains alone', { minContains: 1 }, /needs "contains"/],
    ['a schema that is a list', { items: { not: [] } }, /must be an object/],
  ])('refuses %s when it is made', (_, schema, message) => {
    expect(() => compileSchema(schema as JsonSchema)).toThrow(message);
    expect(() => compileSchema(schema as JsonSchema)).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  test('a value nested a hundred thousand deep is refused, not a crash', () => {
    const check = compileSchema({ $ref: '#/$defs/n', $defs: { n: { items: { $ref: '#/$defs/n' } } } });
    const equal = compileSchema({ uniqueItems: true });
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    expect(check(deep)).toMatch(/nested deeper/);
    expect(equal([deep, deep])).toMatch(/nested too deeply/);
    expect(check([[[]]])).toBeUndefined();
  });
});
