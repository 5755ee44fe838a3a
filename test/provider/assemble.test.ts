import { describe, expect, test } from 'vitest';
import { AnswerAssembler, type ToolCallDelta } from '../../src/provider/index.ts';
import { ToolCallFragments } from '../../src/provider/tool-call-fragments.ts';

/** The calls that come out when chunks with these `tool_calls` arrive one after the other. */
function assembleCalls(...chunks: unknown[]) {
  const fragments = new ToolCallFragments();
  const assembler = new AnswerAssembler();
  const push = (toolCalls: ToolCallDelta[] | undefined) => assembler.push({ toolCalls });
  for (const chunk of chunks) push(fragments.read(chunk));
  push(fragments.complete());
  return (assembler.answer().message.tool_calls ?? []).map((call) => [
    call.id,
    call.function.name,
    call.function.arguments,
  ]);
}

const part = (index: unknown, id: string | undefined, name?: unknown, args?: unknown) => [
  { index, id, type: 'function', function: { name, arguments: args } },
];

describe('tool calls from fragments', () => {
  test.each<[string, unknown[], unknown[]]>([
    [
      'by index, interleaved',
      [
        part(0, 'a', 'f', ''),
        part(1, 'b', 'g', ''),
        part(0, undefined, undefined, '{"x"'),
        part(1, undefined, undefined, '{}'),
        part(0, undefined, undefined, ':1}'),
      ],
      [
        ['a', 'f', '{"x":1}'],
        ['b', 'g', '{}'],
      ],
    ],
    [
      'whole in one chunk',
      [[...part(0, 'a', 'f', '{}'), ...part(1, 'b', 'g', '{"y":2}')]],
      [
        ['a', 'f', '{}'],
        ['b', 'g', '{"y":2}'],
      ],
    ],
    [
      'index null, as SGLang sends whole ones',
      [[...part(null, 'a', 'f', '{}'), ...part(null, 'b', 'g', '{}')]],
      [
        ['a', 'f', '{}'],
        ['b', 'g', '{}'],
      ],
    ],
    [
      'index -1',
      [[...part(-1, 'a', 'f', '{}'), ...part(-1, 'b', 'f', '{"z":1}')]],
      [
        ['a', 'f', '{}'],
        ['b', 'f', '{"z":1}'],
      ],
    ],
    [
      'no index, continued by bare arguments',
      [
        part(undefined, 'a', 'f', ''),
        part(undefined, undefined, undefined, '{"x":'),
        part(undefined, undefined, undefined, '1}'),
      ],
      [['a', 'f', '{"x":1}']],
    ],
    [
      'no index, the id repeated',
      [part(undefined, 'a', 'f', '{'), part(undefined, 'a', undefined, '}')],
      [['a', 'f', '{}']],
    ],
    [
      'every call numbered 0',
      [part(0, 'a', 'f', '{}'), part(0, 'b', 'g', '{}')],
      [
        ['a', 'f', '{}'],
        ['b', 'g', '{}'],
      ],
    ],
    [
      'indexes from 1',
      [part(1, 'a', 'f', '{}'), part(2, 'b', 'g', '{}')],
      [
        ['a', 'f', '{}'],
        ['b', 'g', '{}'],
      ],
    ],
    [
      'the name cut in two',
      [part(0, 'a', 'get_', ''), part(0, undefined, 'weather', '{}')],
      [['a', 'get_weather', '{}']],
    ],
    ['the name in every fragment', [part(0, 'a', 'f', '{'), part(0, 'a', 'f', '}')], [['a', 'f', '{}']]],
    [
      'the name longer each time',
      [part(0, 'a', 'get', ''), part(0, undefined, 'get_it', '{}')],
      [['a', 'get_it', '{}']],
    ],
    ['arguments as an object', [part(0, 'a', 'f', { x: [1, 'ü'] })], [['a', 'f', '{"x":[1,"ü"]}']]],
    ['no arguments at all', [part(0, 'a', 'f', null)], [['a', 'f', '{}']]],
    ['invalid arguments stay as they are', [part(0, 'a', 'f', '{"x":')], [['a', 'f', '{"x":']]],
    [
      'the id later than the name',
      [part(0, undefined, 'f', ''), part(0, 'a', undefined, '{}')],
      [['a', 'f', '{}']],
    ],
    ['what is no call is skipped', ['x', [null, 3, 'y'], part(0, 'a', 'f', '{}')], [['a', 'f', '{}']]],
  ])('%s', (_, chunks, calls) => {
    expect(assembleCalls(...chunks)).toEqual(calls);
  });

  test('missing and empty ids are made up, each its own', () => {
    const ids = assembleCalls([...part(0, undefined, 'f', '{}'), ...part(1, '', 'g', '{}')]).map(
      ([id]) => id,
    );
    expect(ids[0]).toMatch(/^call_[0-9a-f]{24}$/);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('an answer from deltas', () => {
  test('text, reasoning and refusal are kept apart', () => {
    const assembler = new AnswerAssembler();
    for (const delta of [{ reasoning: 'hm' }, { content: 'a' }, { content: 'b' }, { refusal: 'no' }]) {
      assembler.push(delta);
    }
    expect(assembler.answer()).toEqual({
      message: { role: 'assistant', content: 'ab', refusal: 'no' },
      text: 'ab',
      reasoning: 'hm',
    });
  });

  test('a message of tool calls only has null content', () => {
    const assembler = new AnswerAssembler();
    assembler.push({ toolCalls: [{ index: 1, id: 'b', name: 'g', arguments: '{}' }] });
    assembler.push({ toolCalls: [{ index: 0, id: 'a', name: 'f', arguments: '{}' }] });
    const { message } = assembler.answer();
    expect(message.content).toBeNull();
    expect(message.tool_calls?.map(({ id }) => id)).toEqual(['a', 'b']);
  });
});
