import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTaskFile } from '../../src/gym/task-file.ts';
import type { AssistantMessage } from '../../src/request.ts';
import { toolCall } from '../verifier/shared.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tasks-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(...lines: unknown[]): string {
  const path = join(folder, 'tasks.jsonl');
  writeFileSync(
    path,
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  );
  return path;
}

async function scores(judged: object, answers: (string | AssistantMessage)[]): Promise<number[]> {
  const [task] = await readTaskFile(fileOf({ id: 'a', task: 'b', prompt: 'c', ...judged }));
  const messages = answers.map((given) =>
    typeof given === 'string' ? { role: 'assistant' as const, content: given } : given,
  );
  return Promise.all(messages.map(async (message) => (await task!.verify(message)).score));
}

const call = (name: string, args: string): AssistantMessage => ({
  role: 'assistant',
  tool_calls: [toolCall(name, args)],
});

const tools = [{ type: 'function', function: { name: 'f' } }];

describe('an answer is judged by', () => {
  test.each<[string, object, (string | AssistantMessage)[], (string | AssistantMessage)[]]>([
    ['a number', { answer: 42 }, ['42', 'Answer: 42.0', 'it is 6 * 7 = 42'], ['41', 'forty-two', '']],
    ['a text', { answer: 'Oslo' }, ['Oslo', 'Answer: **Oslo**.'], ['oslo', 'Oslo or Bergen', '']],
    ['a text that holds marks itself', { answer: '$5' }, ['$5', 'Answer: $5.'], ['$6', '']],
    [
      'a number given as text',
      { answer: '42' },
      ['42', 'Answer: 42 crates', 'Answer: 42.0', 'It is $42.'],
      ['421', 'Answer: 41 or 42'],
    ],
    [
      'a grouped number given as text',
      { answer: '1,234' },
      ['1,234', 'Answer: 1234'],
      ['Answer: 1.234', '234'],
    ],
    ['digits that are no number', { answer: '007' }, ['Answer: 007'], ['Answer: 7']],
    [
      'the letter of an option',
      { answer: 'B' },
      [
        'B',
        'Answer: (B)',
        'Answer: B) Paris',
        '**Answer: B. Paris**',
        'The answer is **B: Paris**.',
        '\\boxed{\\text{(B)}}',
      ],
      ['Answer: A) B', 'Answer: Bergen', 'Answer: A or B', 'B is wrong.\nAnswer: C', 'b'],
    ],
    ['an abbreviation', { answer: 'U.S.A.' }, ['U.S.A.', 'Answer: **U.S.A.**'], ['U.S.']],
    [
      'a text of several lines',
      { answer: 'a\nb' },
      ['a\nb\n', 'So:\n```\na\nb\n```\nDone.'],
      ['b', 'a', 'a b', 'b\na'],
    ],
    ['a text in letters of two characters', { answer: 'Zu\u0308rich' }, ['Answer: Z\u00fcrich'], ['Zurich']],
    ['one of several', { answer: ['yes', 1] }, ['yes', 'Answer: 1'], ['no', '2']],
    [
      'a text in any case',
      { check: { type: 'exact', value: 'Oslo', ignore_case: true } },
      ['OSLO'],
      ['Bergen'],
    ],
    [
      'parts it contains',
      { check: { type: 'contains', value: ['red', 'blue'] } },
      ['blue and red'],
      ['red', 'Red and blue'],
    ],
    [
      'parts in letters of two characters',
      { check: { type: 'contains', value: 'Z\u00fcrich' } },
      ['in Zu\u0308rich'],
      ['Zurich'],
    ],
    [
      'a regular expression',
      { check: { type: 'regex', pattern: '^\\d+ km$', flags: 'gi' } },
      ['12 km', '12 KM'],
      ['12 km away'],
    ],
    [
      'JSON',
      { check: { type: 'json', value: { a: [1], b: null } } },
      ['{"b":null,"a":[1]}', '```json\n{"a":[1],"b":null}\n```'],
      ['{"a":[1]}', 'none'],
    ],
    [
      'a JSON schema',
      { check: { type: 'json-schema', schema: { required: ['a'] } } },
      ['{"a":1}'],
      ['{"b":1}', 'none'],
    ],
    [
      'a tool call',
      { tools, check: { type: 'tool-call', name: 'f' } },
      [call('f', '{"x":1}'), call('f', '')],
      ['f()', call('g', '{}')],
    ],
    [
      'a tool call with arguments',
      { tools, check: { type: 'tool-call', name: 'f', arguments: { x: 1 } } },
      [call('f', '{"x":1}')],
      [call('f', '{"x":2}'), call('f', '{')],
    ],
  ])('%s', async (_, judged, good, bad) => {
    // Twice over: a verdict must not depend on the one before.
    expect(await scores(judged, [...good, ...good])).toEqual([...good, ...good].map(() => 1));
    expect(await scores(judged, bad)).toEqual(bad.map(() => 0));
  });

  test('a function in a file beside the tasks', async () => {
    writeFileSync(
      join(folder, 'check.mjs'),
      'export default ({ text, request }) => text.length / request.messages[0].content.length;',
    );
    expect(
      await scores({ prompt: 'four', check: { type: 'function', file: './check.mjs' } }, ['four', 'ab']),
    ).toEqual([1, 0.5]);
    writeFileSync(
      join(folder, 'verdict.mjs'),
      'export default async ({ text }) => ({ pass: text === "yes" });',
    );
    expect(await scores({ check: { type: 'function', file: 'verdict.mjs' } }, ['yes', 'no'])).toEqual([1, 0]);
  });
});

test('a function that changes the request does not change what is asked next', async () => {
  writeFileSync(
    join(folder, 'changes.mjs'),
    'export default ({ request }) => request.messages.splice(0).length === 1;',
  );
  expect(await scores({ check: { type: 'function', file: 'changes.mjs' } }, ['a', 'b'])).toEqual([1, 1]);
});

test('the request is that of the line: messages, tools, choice and format', async () => {
  const messages = [
    { role: 'system', content: 's' },
    { role: 'user', content: 'u' },
  ];
  const [task] = await readTaskFile(
    fileOf({
      id: 'a',
      task: 'b',
      messages,
      tools,
      tool_choice: 'required',
      response_format: { type: 'json_object' },
      answer: 1,
    }),
  );
  expect(task).toMatchObject({
    id: 'a',
    task: 'b',
    request: { messages, tools, toolChoice: 'required', responseFormat: { type: 'json_object' } },
  });
});

test('empty lines are passed over, and a compressed file is read', async () => {
  const path = join(folder, 'tasks.jsonl.gz');
  writeFileSync(path, gzipSync('\n{"id":"a","task":"b","prompt":"c","answer":"d"}\n\n'));
  expect(await readTaskFile(path)).toHaveLength(1);
});

const good = { id: 'a', task: 'b', prompt: 'c', answer: 'd' };
test.each<[string, unknown[], RegExp]>([
  ['no JSON', [good, '{"id":'], /Line 2 .*JSON/],
  ['no id', [{ ...good, id: undefined }], /Line 1 .*id/],
  ['an id twice', [good, { ...good, id: 'e' }, good], /Line 3 .*"a" is already in line 1/],
  ['neither prompt nor messages', [{ ...good, prompt: undefined }], /either "prompt" or "messages"/],
  [
    'both prompt and messages',
    [{ ...good, messages: [{ role: 'user', content: 'x' }] }],
    /either "prompt" or "messages"/,
  ],
  ['nothing to judge by', [{ ...good, answer: undefined }], /either "answer" or "check"/],
  ['a mistyped field', [{ ...good, promt: 'x' }], /promt/],
  ['an unknown check', [{ ...good, answer: undefined, check: { type: 'vibes' } }], /check/],
  [
    'a broken pattern',
    [{ ...good, answer: undefined, check: { type: 'regex', pattern: '(' } }],
    /Line 1 .*regular expression/,
  ],
  [
    'an unsupported schema',
    [{ ...good, answer: undefined, check: { type: 'json-schema', schema: { unevaluatedItems: false } } }],
    /unevaluatedItems/,
  ],
  [
    'a missing function file',
    [{ ...good, answer: undefined, check: { type: 'function', file: 'gone.mjs' } }],
    /Line 1 .*gone.mjs/,
  ],
  [
    'a call of a tool there is not',
    [{ ...good, tools, answer: undefined, check: { type: 'tool-call', name: 'g' } }],
    /no tool "g"/,
  ],
  ['a tool without a name', [{ ...good, tools: [{ type: 'function' }] }], /tools.0.function/],
  [
    'a message that says nothing',
    [{ ...good, prompt: undefined, messages: [{ role: 'user' }] }],
    /Line 1 .*empty/,
  ],
  ['a prompt of white space', [{ ...good, prompt: ' ' }], /Line 1 .*empty/],
  ['an answer of nothing but marks', [{ ...good, answer: '**' }], /"regex"/],
  ['no line at all', ['', ''], /holds no task/],
])('refuses %s, by line', async (_, lines, message) => {
  const error = await readTaskFile(fileOf(...lines)).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ code: 'invalid_file', message: expect.stringMatching(message) });
});

test('a file that is not there, or cut off, is refused by name', async () => {
  await expect(readTaskFile(join(folder, 'none.jsonl'))).rejects.toThrow(/none.jsonl cannot be read/);
  const path = join(folder, 'cut.jsonl.gz');
  writeFileSync(path, gzipSync('{"id":"a","task":"b","prompt":"c","answer":"d"}\n').subarray(0, 30));
  await expect(readTaskFile(path)).rejects.toThrow(/cut.jsonl.gz cannot be read/);
  const latin = join(folder, 'latin.jsonl');
  writeFileSync(latin, Buffer.from('\n{"id":"a","task":"b","prompt":"Z\u00fcrich?","answer":"d"}', 'latin1'));
  await expect(readTaskFile(latin)).rejects.toThrow(/latin.jsonl, line 2: it is not in UTF-8\./);
});
