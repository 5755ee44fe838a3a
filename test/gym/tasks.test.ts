import { afterAll, describe, expect, test } from 'vitest';
import { generateTasks, TASK_KINDS } from '../../src/gym/generate.ts';
import { mistakeOf } from '../../src/gym/mistake.ts';
import { closeSandbox } from '../../src/gym/sandbox.ts';
import type { GymTask } from '../../src/gym/task.ts';
import type { AssistantMessage } from '../../src/request.ts';
import { textOf } from '../../src/request.ts';
import { jsonSchemaVerifier } from '../../src/verifier/json-schema-verifier.ts';
import { toolCallVerifier } from '../../src/verifier/tool-call-verifier.ts';

afterAll(closeSandbox);

const say = (content: string): AssistantMessage => ({ role: 'assistant', content });
const scoreOf = async (task: GymTask, message: AssistantMessage) => (await task.verify(message)).score;
const promptOf = (task: GymTask) => textOf(task.request.messages[0]!.content);

/** Answers that are nearly right; each differs from the solution in one thing. */
function nearMisses(task: GymTask): AssistantMessage[] {
  const text = textOf(task.solution.content);
  const calls = task.solution.tool_calls;
  if (task.task === 'tool-choice') {
    if (!calls) {
      const tool = task.request.tools![0]!.function.name;
      return [
        {
          role: 'assistant',
          tool_calls: [{ id: '1', type: 'function', function: { name: tool, arguments: '{}' } }],
        },
      ];
    }
    const first = calls[0]!;
    const args = JSON.parse(first.function.arguments);
    const with_ = (changed: Partial<{ name: string; arguments: string }>) => ({
      ...task.solution,
      tool_calls: [{ ...first, function: { ...first.function, ...changed } }, ...calls.slice(1)],
    });
    const [key, value] = Object.entries(args)[0]!;
    return [
      say(`I would call ${first.function.name}.`),
      with_({ arguments: JSON.stringify({ ...args, extra: 1 }) }),
      with_({
        arguments: JSON.stringify({ ...args, [key]: typeof value === 'number' ? value + 1 : `${value}x` }),
      }),
      with_({ arguments: first.function.arguments.slice(0, -1) }),
      with_({ name: 'do_it' }),
      { ...task.solution, tool_calls: [...calls, first] },
      { ...task.solution, tool_calls: calls.slice(1) },
    ];
  }
  switch (task.task) {
    case 'code':
      return [
        say(text.replace('return value', 'return [...value, 1]')),
        say(text.replace('function ', 'function my')),
        say(text.replace(/ {2}value = .*\n {2}return/, '  return')),
        say('I would loop over the list.'),
      ];
    case 'extraction': {
      const { orders } = JSON.parse(text);
      const changed = (patch: object) =>
        say(JSON.stringify({ orders: [{ ...orders[0], ...patch }, ...orders.slice(1)] }));
      return [
        changed({ express: !orders[0].express }),
        changed({ due: '2020-01-01' }),
        changed({ note: '' }),
        changed({ items: [...orders[0].items, orders[0].items[0]] }),
        say(JSON.stringify(orders)),
        say(text.slice(0, -1)),
      ];
    }
    case 'instructions':
      return [say(`${text} more`), say(text.split(' ').slice(0, -1).join(' ')), say(`Here it is:\n${text}`)];
    case 'seating': {
      const names = text.replace('Answer: ', '').split(', ');
      return [say(`Answer: ${names.toReversed().join(', ')}`), say(`Answer: ${names.slice(1).join(', ')}`)];
    }
    case 'truth-tellers':
      return [say(text.includes('nobody') ? 'Answer: everybody' : 'Answer: nobody'), say('Answer:')];
    case 'algebra':
      return [
        say(text.replace(/-?\d+$/, (number) => String(Number(number) + 1))),
        say(text.replace(/, [^,]*$|^Answer: .*[^,]*$/, '')),
      ].filter((message) => message.content !== text);
    default:
      return [say(/\d$/.test(text) ? `${text}1` : `${text}x`), say('Answer:'), say('I do not know.')];
  }
}

describe.each(TASK_KINDS)('tasks of kind %s', (kind) => {
  // Judging code means running it, so there are fewer of those.
  const count = kind === 'code' ? 2 : 12;
  const tasks = [0, 0.3, 0.7, 1].flatMap((difficulty) =>
    generateTasks({ seed: 11, count, kinds: [kind], difficulty }),
  );

  test('the solution passes, alone and as the end of a longer answer', async () => {
    for (const task of tasks) {
      expect(await task.verify(task.solution), promptOf(task)).toEqual({ score: 1 });
      const text = textOf(task.solution.content);
      if (kind === 'instructions' || !text) continue;
      const chatty = `Let me think: 1, 2, 3, and then some.\n\n${text}\n`;
      expect(await scoreOf(task, { ...task.solution, content: chatty }), promptOf(task)).toBe(1);
    }
  });

  test('thoughts left in the answer are no part of it, whether their beginning is there or not', async () => {
    const thoughts = 'Maybe {"orders": [ or:\n```js\nfunction x() {\n```\nAnswer: 1, Ada\n\n';
    for (const task of tasks.filter(({ solution }) => solution.content)) {
      const text = textOf(task.solution.content);
      for (const right of [`<think>\n${thoughts}</think>\n\n${text}`, `${thoughts}</think>${text}`])
        expect(await scoreOf(task, say(right)), promptOf(task)).toBe(1);
      expect(await scoreOf(task, say(`<think>${thoughts}${text}`)), 'cut off while it thinks').toBe(0);
    }
  });

  test('near misses fail, with a reason', async () => {
    for (const task of tasks) {
      for (const message of [mistakeOf(task), ...nearMisses(task)]) {
        const score = await task.verify(message);
        expect(score, `${promptOf(task)}\n=> ${JSON.stringify(message)}`).toMatchObject({ score: 0 });
        expect(score.reason).toEqual(expect.any(String));
      }
    }
  });

  test('nothing, and nonsense of every kind, fails without an exception', async () => {
    for (const task of tasks.slice(0, 4)) {
      const nonsense: AssistantMessage[] = [
        { role: 'assistant' },
        ...['', '```', '{', 'null', '\\boxed{', 'Answer: NaN', '💥'.repeat(1000), 'x'.repeat(100_000)].map(
          say,
        ),
      ];
      for (const message of nonsense) {
        expect(await scoreOf(task, message), JSON.stringify(message).slice(0, 80)).toBe(0);
      }
    }
  });

  test('a higher difficulty never makes the mean size smaller, and the whole range makes it larger', () => {
    const sizes = [0, 0.25, 0.5, 0.75, 1].map((difficulty) => {
      const drawn = generateTasks({ seed: 4, count: 20, kinds: [kind], difficulty });
      return drawn.reduce((sum, task) => sum + task.size, 0) / drawn.length;
    });
    for (let index = 1; index < sizes.length; index++)
      expect(sizes[index]).toBeGreaterThanOrEqual(sizes[index - 1]!);
    expect(sizes.at(-1)).toBeGreaterThan(sizes[0]! * 1.5);
  });

  test('the request does not hold the solution', () => {
    for (const task of tasks) {
      const solution = textOf(task.solution.content).replace('Answer: ', '');
      // A short number or a word of a table may stand there by chance.
      const isChoice = kind === 'truth-tellers';
      if (!isChoice && solution.length > 12 && solution !== 'No tool fits.')
        expect(JSON.stringify(task.request)).not.toContain(solution);
    }
  });
});

test('an answer of several lines is read: names one a line, unknowns one a line', async () => {
  const [row] = generateTasks({ seed: 2, count: 1, kinds: ['seating'], difficulty: 0.5 });
  const names = textOf(row!.solution.content).replace('Answer: ', '').split(', ');
  const list = (lines: string[]) =>
    say(`Answer:\n${lines.map((line, index) => `${index + 1}. ${line}`).join('\n')}`);
  expect(await scoreOf(row!, list(names))).toBe(1);
  expect(await scoreOf(row!, list(names.toReversed()))).toBe(0);
  const [system] = generateTasks({ seed: 2, count: 1, kinds: ['algebra'], difficulty: 0.5 });
  const values = textOf(system!.solution.content).replace('Answer: ', '').split(', ');
  expect(await scoreOf(system!, say(`Answer:\n${values.join('\n')}`))).toBe(1);
  expect(await scoreOf(system!, say(`\\boxed{${values.join(', ')}}`))).toBe(1);
  expect(await scoreOf(system!, say(`Answer:\n${values.slice(1).join('\n')}`))).toBe(0);
});

test('equations: a check after the answer, and marks around it, change nothing; half of a value is wrong', async () => {
  for (const task of generateTasks({ seed: 5, count: 20, kinds: ['algebra'] })) {
    const equations = promptOf(task).split('\n').slice(1, -1);
    const values = textOf(task.solution.content)
      .replace('Answer: ', '')
      .split(', ')
      .map((part) => part.split(' = ') as [string, string]);
    const said = (form: (name: string, value: string) => string, mark = ', ') =>
      values.map(([name, value]) => form(name, value)).join(mark);
    const plain = said((name, value) => `${name} = ${value}`);
    for (const right of [
      `Answer: ${plain}\n\nCheck:\n${equations.join('\n')}`,
      `\\[\\boxed{${said((name, value) => `${name} = ${value}`, ',\\quad ')}}\\]\nfits ${equations.join(', ')}`,
      `Answer: ${said((name, value) => `$${name}$ = $${value}$`, ' and ')}.`,
      `Answer: ${said((name, value) => `**${name}** = **${value}**`, '; ')}`,
      `**Answer:**\n${said((name, value) => `- ${name} = ${value}`, '\n')}`,
      `Answer: ${said((name, value) => `${name} = 99 - 99 = ${value}`)}`,
      ...(values.length === 1 ? [`Answer: ${values[0]![1]}`] : []),
    ]) {
      expect(await task.verify(say(right)), right).toEqual({ score: 1 });
    }
    for (const miss of [
      said((name, value) => `${name} = ${value}/9`),
      said((name, value) => `${name} = ${value} or 77`),
    ]) {
      if (values.some(([, value]) => value !== '0') || miss.includes('or'))
        expect(await scoreOf(task, say(`Answer: ${miss}`)), miss).toBe(0);
    }
  }
});

test('truth-tellers: a list with one name a line is read, and only the list', async () => {
  for (const task of generateTasks({ seed: 5, count: 20, kinds: ['truth-tellers'] })) {
    const names = textOf(task.solution.content).replace('Answer: ', '').split(', ');
    const list = `I think:\nAnswer:\n\n${names.map((name) => `- ${name}`).join('\n')}`;
    expect(await scoreOf(task, say(`${list}\n\nSo Ada, Boris and Chen were a distraction.`)), list).toBe(1);
    const more = promptOf(task)
      .match(/[A-Z]\w+(?= says)/g)!
      .find((name) => !names.includes(name));
    if (more) expect(await scoreOf(task, say(`${list}\n- ${more}`)), list).toBe(0);
  }
});

test('the kind of goods that a table asks for is read in the plural and with its count, but not among others', async () => {
  const kinds = generateTasks({ seed: 26, count: 100, kinds: ['tables'], difficulty: 1 }).filter((task) =>
    promptOf(task).includes('Which kind'),
  );
  expect(kinds.length).toBeGreaterThan(5);
  for (const task of kinds) {
    const kind = textOf(task.solution.content).replace('Answer: ', '');
    const other = kind === 'lamp' ? 'kettle' : 'lamp';
    for (const right of [`${kind}s`, `**${kind}**`, `${kind[0]!.toUpperCase()}${kind.slice(1)} (85 pieces)`])
      expect(await scoreOf(task, say(`Answer: ${right}`)), right).toBe(1);
    for (const miss of [other, `${kind} and ${other}`, `${kind} or ${other}`, `${kind}maker`])
      expect(await scoreOf(task, say(`Answer: ${miss}`)), miss).toBe(0);
  }
});

test('words are what a person counts: no dash that stands alone, no mark within a word as its letter', async () => {
  const tasks = generateTasks({ seed: 7, count: 200, kinds: ['instructions'], difficulty: 0.3 });
  const plain = tasks.filter(
    (task) => !promptOf(task).includes('punctuation') && promptOf(task).includes('one line'),
  );
  expect(plain.length).toBeGreaterThan(10);
  for (const task of plain) {
    const text = textOf(task.solution.content);
    expect(await scoreOf(task, say(text.replace(' ', ' - '))), promptOf(task)).toBe(1);
    const longest = Number(/longer than (\d+) letters/.exec(promptOf(task))?.[1]);
    if (!longest) continue;
    const letter = /letter "(.)"/.exec(promptOf(task))?.[1];
    const word = (length: number) => `${'zwq'.replace(letter ?? '', '')}zwqzwq`.slice(0, length);
    const first = (other: string) => say(text.replace(/^\w+/, other));
    if (promptOf(task).includes(`"${text.split(' ')[0]}"`)) continue;
    const within = `${word(longest - 1)}'n`;
    expect(await scoreOf(task, first(within)), `${promptOf(task)} ${within}`).toBe(letter === 'n' ? 0 : 1);
    expect(await scoreOf(task, first(`${within}n`)), promptOf(task)).toBe(0);
  }
});

test('where no tool fits, only an answer that says so is right', async () => {
  const none = generateTasks({ seed: 2, count: 60, kinds: ['tool-choice'] }).find(
    (task) => !task.solution.tool_calls,
  )!;
  expect(await scoreOf(none, say('Sorry: **no tool fits**.'))).toBe(1);
  for (const claim of ['', 'Done, your table is booked.', '<tool_call>{"name":"get_weather"}</tool_call>'])
    expect(await scoreOf(none, say(claim)), claim).toBe(0);
});

describe('generating', () => {
  test('the same seed gives the same tasks; another seed gives others', () => {
    const plain = (tasks: GymTask[]) => tasks.map(({ verify, ...rest }) => rest);
    const first = plain(generateTasks({ seed: 3, count: 60 }));
    expect(plain(generateTasks({ seed: 3, count: 60 }))).toEqual(first);
    const ids = new Set(first.map((task) => task.id));
    expect(generateTasks({ seed: 4, count: 60 }).filter((task) => ids.has(task.id)).length).toBeLessThan(3);
  });

  test('ids do not change from version to version', () => {
    expect(generateTasks({ seed: 1, count: 11 }).map((task) => task.id)).toMatchInlineSnapshot(`
      [
        "arithmetic-1nnemof1lnkdz7",
        "word-problem-1ykqpeq1udv0w8",
        "algebra-0tm8qw204c24hu",
        "seating-0jgx0h002tq6f9",
        "truth-tellers-14aqupj1dt2s4x",
        "code-0ra0p5208z863u",
        "strings-0l3zwcg16uv4x1",
        "tables-0w0d6mf15vygcv",
        "instructions-0ulgmjy044x84r",
        "extraction-1jl38fq02k7edp",
        "tool-choice-1ghrpne10vp6rp",
      ]
    `);
  });

  test('more tasks only come at the end', () => {
    const few = generateTasks({ seed: 3, count: 25 }).map((task) => task.id);
    const many = generateTasks({ seed: 3, count: 80 }).map((task) => task.id);
    expect(many.slice(0, 25)).toEqual(few);
  });

  test('500 tasks in less than a second, none twice', () => {
    const started = performance.now();
    const tasks = generateTasks({ seed: 9, count: 500 });
    expect(performance.now() - started).toBeLessThan(1000);
    expect(new Set(tasks.map((task) => task.id)).size).toBe(500);
    expect(new Set(tasks.map((task) => JSON.stringify(task.request))).size).toBe(500);
    expect(new Set(tasks.map((task) => task.task))).toEqual(new Set(TASK_KINDS));
  });

  test('every kind has a hundred different tasks even where it is easiest', () => {
    for (const kind of TASK_KINDS) {
      expect(generateTasks({ seed: 1, count: 100, kinds: [kind], difficulty: 0 })).toHaveLength(100);
    }
  });

  test.each([
    [{ count: 1, kinds: ['chess'] }, /no kind of task "chess"/],
    [{ count: 1, kinds: [] }, /no kind/],
    [{ count: 1, difficulty: 1.5 }, /not within 0..1/],
    [{ count: 1, difficulty: [0.5, 0.2] }, /not within 0..1/],
    [{ count: 1.5 }, /not a whole number/],
  ])('refuses %j', (options, message) => {
    expect(() => generateTasks({ seed: 1, ...options } as never)).toThrow(message);
  });

  test('requests are ones a provider accepts: schemas compile, solutions follow them', async () => {
    for (const task of generateTasks({ seed: 6, count: 60, kinds: ['extraction', 'tool-choice'] })) {
      const input = { request: task.request, message: task.solution, finishReason: 'stop', model: 'x' };
      expect(await jsonSchemaVerifier().verify(input)).toMatchObject({ pass: true });
      expect(await toolCallVerifier().verify(input)).toMatchObject({ pass: true });
    }
  });
});
