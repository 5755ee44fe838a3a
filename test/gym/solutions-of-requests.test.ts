/** Programs, extracted records and tool calls, worked out again from the words of the prompt alone. */
import { afterAll, expect, test } from 'vitest';
import { generateTasks, type TaskKind } from '../../src/gym/generate.ts';
import { closeSandbox } from '../../src/gym/sandbox.ts';
import type { GymTask } from '../../src/gym/task.ts';
import { textOf } from '../../src/request.ts';

afterAll(closeSandbox);

const promptOf = (task: GymTask) => textOf(task.request.messages[0]!.content);

/** Tries the rules in order; what none of them reads is a prompt that does not say enough. */
function readBy<T>(words: string, rules: readonly [RegExp, (...parts: string[]) => T][]): T {
  for (const [pattern, make] of rules) {
    const match = pattern.exec(words);
    if (match) return make(...match.slice(1));
  }
  throw new Error(`nobody can know what to do: ${words}`);
}

const tasksOf = (kind: TaskKind, each: number) =>
  [0, 0.4, 0.7, 1].flatMap((difficulty) =>
    generateTasks({ seed: 31, count: each, kinds: [kind], difficulty }),
  );

/** Written as a beginner would, without the methods that the reference programs use. */
const PROGRAM_STEPS: [RegExp, (k: string) => string][] = [
  [
    /^keep only the numbers that are divisible by (\d+)$/,
    (k) => `for (const x of v) if (x % ${k} == 0) o.push(x);`,
  ],
  [/^drop the numbers that are smaller than (\d+)$/, (k) => `for (const x of v) if (!(x < ${k})) o.push(x);`],
  [/^multiply each number by (\d+)$/, (k) => `for (const x of v) o.push(x * ${k});`],
  [/^subtract (\d+) from each number$/, (k) => `for (const x of v) o.push(x - ${k});`],
  [
    /^replace each number by its distance from the next one/,
    () =>
      'for (let i = 0; i + 1 < v.length; i++) o.push(v[i] > v[i + 1] ? v[i] - v[i + 1] : v[i + 1] - v[i]);',
  ],
  [/^remove repeated numbers/, () => 'for (const x of v) if (!o.includes(x)) o.push(x);'],
  [/^reverse the order$/, () => 'for (const x of v) o.unshift(x);'],
  [
    /^sort ascending$/,
    () => 'for (const x of v) { let i = 0; while (i < o.length && o[i] <= x) i++; o.splice(i, 0, x); }',
  ],
  [/^replace each number by the sum of all/, () => 'let s = 0; for (const x of v) { s += x; o.push(s); }'],
  [
    /^move the first (\d+) numbers to the end/,
    (k) => `o = v; for (let i = 0; i < ${k} && i < v.length; i++) o = [...o.slice(1), o[0]];`,
  ],
  [
    /^append the number of elements that are larger than (\d+)$/,
    (k) => `let n = 0; for (const x of v) { o.push(x); if (x > ${k}) n++; } o.push(n);`,
  ],
];

test('code: a program that follows the words step by step passes, and one that leaves a step out mostly fails', async () => {
  let [fewer, caught] = [0, 0];
  for (const task of tasksOf('code', 8)) {
    const name = /function (\w+)\(list\)/.exec(promptOf(task))![1]!;
    const steps = [...promptOf(task).matchAll(/^\d+\. (.*)$/gm)].map(
      ([, words]) => `{ let o = []; ${readBy(words!, PROGRAM_STEPS)} v = o; }`,
    );
    const answer = (bodies: string[]) => ({
      role: 'assistant' as const,
      content: `\`\`\`js\nfunction ${name}(list) {\n let v = [...list];\n${bodies.join('\n')}\n return v;\n}\n\`\`\``,
    });
    expect(await task.verify(answer(steps)), promptOf(task)).toEqual({ score: 1 });
    fewer++;
    if ((await task.verify(answer(steps.slice(0, -1)))).score === 0) caught++;
  }
  expect(caught / fewer).toBeGreaterThan(0.9);
});

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);

function dateOf(words: string): string {
  const iso = (year: string, month: number | string, day: string) =>
    [year, month, day].map((part) => String(part).padStart(2, '0')).join('-');
  return readBy(words, [
    [/^(\d+) ([A-Z]\w+) (\d{4})$/, (day, month, year) => iso(year!, MONTHS.indexOf(month!) + 1, day!)],
    [/^([A-Z]\w+) (\d+), (\d{4})$/, (month, day, year) => iso(year!, MONTHS.indexOf(month!) + 1, day!)],
    [/^(\d+)\.(\d+)\.(\d{4}) \(day\.month\.year\)$/, (day, month, year) => iso(year!, month!, day!)],
  ]);
}

test('extraction: reading note by note gives the same orders', async () => {
  for (const task of tasksOf('extraction', 30)) {
    const notes = promptOf(task).split('\n\n').slice(1, -1);
    const orders = notes.map((note) => {
      const [number, customer, city, said] = readBy(note, [
        [/^Order (\w-\d+) is for (\w+ \w+) in (\w+): (.*?)\. It is to/, (...parts) => parts],
        [
          /^(\w+ \w+) from (\w+) rang and wants (.*?); this got the number (\w-\d+)\./,
          (customer, city, said, number) => [number!, customer!, city!, said!],
        ],
      ]);
      const [, date, way] = /It is to arrive on (.*?), by (express|normal post)\./.exec(note)!;
      const [, corrected, right, wrong] =
        /corrected by phone: of the (\w+)s it is (\d+), not (\d+)\./.exec(note) ?? [];
      const items = said!.split(/, | and /).map((item) => {
        const [, count, name, price] = /^(\d+) (\w+) at (\d+\.\d\d) each$/.exec(item)!;
        const goods = count === '1' ? name! : name!.replace(/s$/, '');
        if (goods === corrected) expect(count).toBe(wrong);
        return { goods, quantity: Number(goods === corrected ? right : count), unitPrice: Number(price) };
      });
      return { number, customer, city, due: dateOf(date!), express: way === 'express', items };
    });
    expect(JSON.parse(textOf(task.solution.content)), promptOf(task)).toEqual({ orders });
  }
});

type Call = [name: string, args: object];
const REQUESTS: [RegExp, (...parts: string[]) => Call][] = [
  [
    /^heat the (\w+) to (\d+) degrees Celsius\.$/,
    (room, celsius) => ['set_temperature', { room, celsius: Number(celsius) }],
  ],
  [
    /^how much is (\d+) (\w+) in (\w+)\?$/,
    (amount, from, to) => ['convert_money', { amount: Number(amount), from, to }],
  ],
  [
    /^get us a table for (\d+) at the restaurant "(.*)" on (\S+) at (\S+)\.$/,
    (people, restaurant, date, time) => ['book_table', { restaurant, people: Number(people), date, time }],
  ],
  [/^what will the weather be like in (\w+) on (\S+)\?$/, (city, date) => ['get_weather', { city, date }]],
  [/^text (\w+): "(.*)"\.$/, (to, text) => ['send_message', { to, text }]],
  [
    /^remind me on (\S+) at (\S+) of this: "(.*)"\.$/,
    (date, time, about) => ['create_reminder', { about, date, time }],
  ],
  [
    /^which trains go from (\w+) to (\w+) on (\S+), (\w+) class\?$/,
    (from, to, date, seats) => ['find_trains', { from, to, date, class: seats }],
  ],
  [
    /^put (\d+) (\w+)s into my cart, (not )?wrapped as a present\.$/,
    (quantity, goods, not) => ['add_to_cart', { goods, quantity: Number(quantity), gift_wrap: !not }],
  ],
  [
    /^start a timer named "(.*)" for (\d+) minutes\.$/,
    (label, minutes) => ['start_timer', { seconds: 60 * Number(minutes), label }],
  ],
];

test('tool choice: what is asked for needs the same calls, and all of its tools are offered or none', () => {
  let none = 0;
  for (const task of tasksOf('tool-choice', 40)) {
    const asked = promptOf(task).split('\n\n')[0]!;
    const wanted = asked
      .split(' Also, ')
      .map((words) => readBy(words[0]!.toLowerCase() + words.slice(1), REQUESTS));
    const offered = task.request.tools!.map((tool) => tool.function.name);
    expect(new Set(offered).size).toBe(offered.length);
    const there = wanted.filter(([name]) => offered.includes(name));
    const calls = (task.solution.tool_calls ?? []).map(({ function: called }) => [
      called.name,
      JSON.parse(called.arguments),
    ]);
    expect(calls, promptOf(task)).toEqual(there);
    if (there.length > 0) expect(there).toEqual(wanted);
    else none++;
  }
  expect(none).toBeGreaterThan(5);
});
