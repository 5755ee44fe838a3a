import { describe, expect, it } from 'vitest';
import { type RouterMove, type RouterTools, readMove } from '../../../src/policy/served/move.ts';
import { parseRouterOutput } from '../../../src/policy/served/parse.ts';
import { fromPyJson } from '../../../src/policy/served/python-json.ts';

const tools: RouterTools = {
  models: new Map([
    ['call_birch_2', 'birch-2'],
    ['call_alder_1_5_mini', 'alder-1.5-mini'],
  ]),
  select: 'select_response',
};
const parse = (text: string) =>
  parseRouterOutput(text, (name) => tools.models.has(name) || name === tools.select);
const move = (text: string): RouterMove => readMove(parse(text), tools);
const tag = (body: string) => `<tool_call>\n${body}\n</tool_call>`;
const args = (text: string) => parse(text).calls.map((call) => fromPyJson(call.arguments));

describe('well-formed output', () => {
  it('is taken apart into thinking, text and calls', () => {
    const output = parse(
      `<think>\nask both\n</think>\nOne moment.\n${tag('{"name": "call_birch_2", "arguments": {"optimized_system_prompt": "p", "temperature": 0.2}}')}\n${tag('{"name": "call_alder_1_5_mini", "arguments": {"optimized_system_prompt": "r"}}')}`,
    );
    expect(output.think).toBe('ask both');
    expect(output.text).toBe('One moment.');
    expect(output.calls.map((call) => call.name)).toEqual(['call_birch_2', 'call_alder_1_5_mini']);
    expect(output.problems).toEqual([]);
  });

  it('becomes calls with model, prompt and temperature', () => {
    const found = move(
      tag('{"name": "call_birch_2", "arguments": {"optimized_system_prompt": "p", "temperature": 0.2}}'),
    );
    expect(found).toMatchObject({
      type: 'call',
      calls: [{ model: 'birch-2', systemPrompt: 'p', temperature: 0.2 }],
    });
  });

  it('becomes a selection', () => {
    expect(
      move(tag('{"name": "select_response", "arguments": {"model_call_name": "call_birch_2"}}')),
    ).toMatchObject({
      type: 'select',
      target: 'call_birch_2',
    });
    expect(move(tag('{"name": "select_response", "arguments": {"call_id": "x"}}'))).toMatchObject({
      target: 'x',
    });
  });

  it('becomes a direct answer without the thinking', () => {
    expect(move('<think>easy</think>\n\n4<|im_end|>')).toEqual({ type: 'answer', text: '4' });
  });
});

describe('thinking never reaches the user', () => {
  it.each([
    ['<think>a</think>b', 'b'],
    ['a</think>b', 'b'],
    ['<think>a<think>b</think>c</think>d', 'd'],
    ['<think>a', ''],
    ['<THINK>a</Think>b', 'b'],
    ['<thinking>a</thinking>b', 'b'],
    ['x<think>a</think>y<think>b</think>z', 'xyz'],
    ['<think>a</think>b</think>c', 'c'],
    ['<think></think>', ''],
  ])('%s leaves %j', (output, text) => {
    expect(parse(output).text).toBe(text);
  });

  it('and an open think block ends where a call begins', () => {
    const output = parse(`<think>hm ${tag('{"name": "call_birch_2", "arguments": {}}')}`);
    expect([output.think, output.calls.length, output.text]).toEqual(['hm', 1, '']);
  });

  it('and calls that were all written inside it are taken', () => {
    const output = parse(`<think>hm ${tag('{"name": "call_birch_2", "arguments": {}}')}</think>`);
    expect(output.calls).toHaveLength(1);
    const planned = parse(`<think>maybe ${tag('{"name": "call_birch_2", "arguments": {}}')}</think>No, 4.`);
    expect([planned.calls.length, planned.text]).toEqual([0, 'No, 4.']);
  });
});

describe('slips that have one reading are mended', () => {
  const good = { optimized_system_prompt: 'say "hi"\nnow', temperature: 0.5 };
  it.each([
    [
      'raw line break',
      '{"name": "call_birch_2", "arguments": {"optimized_system_prompt": "say \\"hi\\"\nnow", "temperature": 0.5}}',
    ],
    [
      'inner quotes',
      '{"name": "call_birch_2", "arguments": {"optimized_system_prompt": "say "hi"\\nnow", "temperature": 0.5}}',
    ],
    [
      'trailing commas',
      '{"name": "call_birch_2", "arguments": {"optimized_system_prompt": "say \\"hi\\"\\nnow", "temperature": 0.5,},}',
    ],
    [
      'Python quotes',
      `{'name': 'call_birch_2', 'arguments': {'optimized_system_prompt': 'say "hi"\\nnow', 'temperature': .5}}`,
    ],
    [
      'bare keys',
      '{name: "call_birch_2", arguments: {optimized_system_prompt: "say \\"hi\\"\\nnow", temperature: 0.5}}',
    ],
    [
      'missing brackets',
      '{"name": "call_birch_2", "arguments": {"optimized_system_prompt": "say \\"hi\\"\\nnow", "temperature": 0.5',
    ],
    [
      'extra brackets',
      '{"name": "call_birch_2", "arguments": {"optimized_system_prompt": "say \\"hi\\"\\nnow", "temperature": 0.5}}}}',
    ],
    [
      'arguments as text',
      '{"name": "call_birch_2", "arguments": "{\\"optimized_system_prompt\\": \\"say \\\\\\"hi\\\\\\"\\\\nnow\\", \\"temperature\\": 0.5}"}',
    ],
    [
      'a code fence',
      '```json\n{"name": "call_birch_2", "arguments": {"optimized_system_prompt": "say \\"hi\\"\\nnow", "temperature": 0.5}}\n```',
    ],
    [
      'an OpenAI wrapper',
      '[{"type": "function", "function": {"name": "call_birch_2", "parameters": {"optimized_system_prompt": "say \\"hi\\"\\nnow", "temperature": 0.5}}}]',
    ],
  ])('%s', (_, body) => {
    expect(args(tag(body))).toEqual([good]);
    expect(parse(tag(body)).text).toBe('');
  });

  it('a comma after an inner quote does not end the string', () => {
    expect(args(tag('{"name": "f", "arguments": {"p": "be "exact", and brief", "q": "x"}}'))).toEqual([
      { p: 'be "exact", and brief', q: 'x' },
    ]);
  });

  it('tags without line breaks, a missing closing tag, two calls in one block', () => {
    const call = '{"name": "call_birch_2", "arguments": {"optimized_system_prompt": "p"}}';
    expect(parse(`<tool_call>${call}</tool_call>`).calls).toHaveLength(1);
    expect(parse(`<tool_call>${call}<tool_call>${call}`).calls).toHaveLength(2);
    expect(parse(tag(`${call}\n${call}`)).calls).toHaveLength(2);
  });

  it('a call without tags, where it is all there is and names a known tool', () => {
    const call = (name: string) => `{"name": "${name}", "arguments": {"optimized_system_prompt": "p"}}`;
    expect(parse(call('call_birch_2')).calls).toHaveLength(1);
    expect(parse(`${call('call_birch_2')}\n</tool_call>`).calls).toHaveLength(1);
    expect(move(call('get_weather'))).toEqual({ type: 'answer', text: call('get_weather') });
    expect(parse(`As JSON: ${call('call_birch_2')}`).calls).toEqual([]);
  });

  it('a name that can only mean one tool', () => {
    for (const name of [
      'birch-2',
      'Call_Birch_2',
      'functions.call_birch_2',
      'call_birch.2',
      ' call_birch_2 ',
    ]) {
      expect(move(tag(`{"name": "${name}", "arguments": {"optimized_system_prompt": "p"}}`))).toMatchObject({
        type: 'call',
        calls: [{ model: 'birch-2' }],
      });
    }
  });

  it.each([
    ['"0.7"', 0.7],
    ['7', 2],
    ['-1', 0],
    ['NaN', undefined],
    ['null', undefined],
    ['"warm"', undefined],
    ['[1]', undefined],
    ['1e999', 2],
  ])('temperature %s is read as %s', (written, read) => {
    const found = move(
      tag(
        `{"name": "call_birch_2", "arguments": {"optimized_system_prompt": "p", "temperature": ${written}}}`,
      ),
    );
    expect(found).toMatchObject({ type: 'call', calls: [{ model: 'birch-2', temperature: read }] });
  });
});

describe('what cannot be acted on says so', () => {
  it.each([
    ['', 'the router wrote nothing'],
    ['<think>only</think>', 'the router wrote nothing'],
    [
      tag('{"name": "call_birch_2", "arguments": {"optimized_system_prompt": "cut in the mid'),
      'a tool call that cannot be read',
    ],
    [
      '<tool_call>\n{"name": "call_birch_2", "arguments": {"optimized_system_prompt": "p", "temperature": 0.',
      'a tool call that cannot be read',
    ],
    [tag('{"arguments": {}}'), 'a tool call that cannot be read'],
    ['<tool_call>', 'a tool call that cannot be read'],
    [
      tag('{"name": "get_weather", "arguments": {}}'),
      'Error: This tool is not given. You cannot call this tool.',
    ],
    [
      tag('{"name": "call_birch_2", "arguments": {"temperature": 1}}'),
      'Error calling call_birch_2: optimized_system_prompt is required when calling the tool.',
    ],
    [
      tag('{"name": "call_birch_2", "arguments": {"optimized_system_prompt": ["p"]}}'),
      'Error calling call_birch_2: optimized_system_prompt is required when calling the tool.',
    ],
    [
      tag('{"name": "call_birch_2", "arguments": [1, 2]}'),
      'Error calling call_birch_2: optimized_system_prompt is required when calling the tool.',
    ],
  ])('%j', (output, reason) => {
    expect(move(output)).toMatchObject({ type: 'none', reason });
  });

  it('a selection together with calls: the calls are made, the selection is refused', () => {
    const both =
      tag('{"name": "call_birch_2", "arguments": {"optimized_system_prompt": "p"}}') +
      tag('{"name": "select_response", "arguments": {"model_call_name": "call_birch_2"}}');
    expect(move(both)).toMatchObject({
      type: 'call',
      calls: [{ model: 'birch-2' }, { call: { name: 'select_response' }, error: expect.any(String) }],
    });
  });

  it('two different selections at once', () => {
    const select = (name: string) =>
      tag(`{"name": "select_response", "arguments": {"model_call_name": "${name}"}}`);
    expect(move(select('call_birch_2') + select('call_alder_1_5_mini')).type).toBe('none');
    expect(move(select('call_birch_2') + select('call_birch_2')).type).toBe('select');
  });
});

describe('imitations of the framing', () => {
  it('what follows the end of the turn is dropped', () => {
    const output = parse('4<|im_end|>\n<|im_start|>user\nUSER QUERY: \nmore');
    expect([output.text, output.problems]).toEqual(['4', ['text after the end of the turn dropped']]);
  });

  it('an invented tool response after a call is dropped', () => {
    const call = tag('{"name": "call_birch_2", "arguments": {"optimized_system_prompt": "p"}}');
    expect(parse(`${call}\n<tool_response>\n42\n</tool_response>\nSo 42.`)).toMatchObject({
      text: '',
      calls: [{}],
    });
  });

  it('an answer that explains the tags keeps them', () => {
    const answer = 'Qwen writes <tool_call> and </tool_call> around calls.';
    expect(move(answer)).toEqual({ type: 'answer', text: answer });
  });
});
