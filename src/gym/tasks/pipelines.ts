/**
 * Chains of small steps: done by hand on a string, or written as a program. A step is one pure function
 * without outside references, so that its source is also the reference program.
 */

import { canonical } from '../../verifier/json-value.ts';
import type { Random } from '../random.ts';
import { readCode, readText } from '../reading.ts';
import { callInSandbox } from '../sandbox.ts';
import { type Draft, RIGHT, scaled, textOfAnswer, textTask, wrong } from '../task.ts';
import { CLOSING, VOCABULARY } from './words.ts';

interface Step<T> {
  words(k: number): string;
  /** Characters that must be there for the words to say clearly what to do; default 0. */
  needs?(k: number): number;
  run(value: T, k: number): T;
}

export const STRING_STEPS: Step<string>[] = [
  { words: () => 'reverse the string', run: (s) => [...s].reverse().join('') },
  { words: () => 'remove all vowels (a, e, i, o, u)', run: (s) => s.replace(/[aeiou]/g, '') },
  {
    words: (k) => `move the first ${k} characters to the end`,
    needs: (k) => k,
    run: (s, k) => s.slice(k) + s.slice(0, k),
  },
  {
    words: () => 'swap the first and the last character',
    needs: () => 2,
    run: (s) => s.slice(-1) + s.slice(1, -1) + s.slice(0, 1),
  },
  {
    words: (k) => `write every ${k + 1}th character twice, counting from 1`,
    run: (s, k) => [...s].map((c, i) => ((i + 1) % (k + 1) === 0 ? c + c : c)).join(''),
  },
  { words: () => 'sort the characters alphabetically', run: (s) => [...s].sort().join('') },
  {
    words: (k) => `replace each letter by the one ${k} places further in the alphabet (after z comes a)`,
    run: (s, k) => [...s].map((c) => String.fromCharCode(((c.charCodeAt(0) - 97 + k) % 26) + 97)).join(''),
  },
  {
    words: () => 'remove every character that already occurred further left',
    run: (s) => [...new Set(s)].join(''),
  },
  {
    words: (k) => `remove the last ${k} characters`,
    needs: (k) => k,
    run: (s, k) => s.slice(0, Math.max(0, s.length - k)),
  },
];

export const LIST_STEPS: Step<number[]>[] = [
  {
    words: (k) => `keep only the numbers that are divisible by ${k}`,
    run: (list, k) => list.filter((x) => x % k === 0),
  },
  {
    words: (k) => `drop the numbers that are smaller than ${k * 3}`,
    run: (list, k) => list.filter((x) => x >= k * 3),
  },
  { words: (k) => `multiply each number by ${k}`, run: (list, k) => list.map((x) => x * k) },
  { words: (k) => `subtract ${k * 2} from each number`, run: (list, k) => list.map((x) => x - k * 2) },
  {
    words: () =>
      'replace each number by its distance from the next one, which shortens the list by one (an empty list stays empty)',
    run: (list) => list.slice(1).map((x, i) => Math.abs(x - list[i]!)),
  },
  { words: () => 'remove repeated numbers and keep the first of each', run: (list) => [...new Set(list)] },
  { words: () => 'reverse the order', run: (list) => [...list].reverse() },
  { words: () => 'sort ascending', run: (list) => [...list].sort((a, b) => a - b) },
  {
    words: () => 'replace each number by the sum of all numbers up to and including it',
    run: (list) => list.map((_, i) => list.slice(0, i + 1).reduce((sum, x) => sum + x, 0)),
  },
  {
    words: (k) => `move the first ${k} numbers to the end (the whole list if it is shorter)`,
    run: (list, k) => [...list.slice(k), ...list.slice(0, k)],
  },
  {
    words: (k) => `append the number of elements that are larger than ${k * 5}`,
    run: (list, k) => [...list, list.filter((x) => x > k * 5).length],
  },
];

function draw<T>(random: Random, stock: readonly Step<T>[], count: number): { step: Step<T>; k: number }[] {
  const chosen: { step: Step<T>; k: number }[] = [];
  while (chosen.length < count) {
    const step = random.pick(stock);
    // The same step twice in a row mostly undoes or repeats itself.
    if (chosen.at(-1)?.step !== step) chosen.push({ step, k: random.int(2, 5) });
  }
  return chosen;
}

const numbered = <T>(chain: { step: Step<T>; k: number }[]) =>
  chain.map(({ step, k }, index) => `${index + 1}. ${step.words(k)}`).join('\n');

/** Steps done by hand on a string; size: steps. */
export function strings(random: Random, difficulty: number): Draft {
  const chain = draw(random, STRING_STEPS, scaled(difficulty, 1, 7));
  let start = '';
  while (start.length < scaled(difficulty, 6, 16)) start += random.pick(VOCABULARY);
  let end = start;
  for (const { step, k } of chain) {
    // Too short for its next step: another string.
    if (end.length < (step.needs?.(k) ?? 0)) return strings(random, difficulty);
    end = step.run(end, k);
  }
  // Nothing left to read: another string.
  if (end.length < 2) return strings(random, difficulty);
  const prompt = `Begin with the string "${start}" and do these steps, each on the result of the one before:\n${numbered(chain)}\nWhat is the result? ${CLOSING}`;
  return textTask(prompt, chain.length, `Answer: ${end}`, (text) => {
    const given = readText(text);
    return given === end ? RIGHT : wrong(`"${given ?? ''}" instead of "${end}"`);
  });
}

/** A JavaScript function of a list, judged by running it; size: steps. */
export function code(random: Random, difficulty: number): Draft {
  const chain = draw(random, LIST_STEPS, scaled(difficulty, 1, 7));
  const name = `${random.pick(['rework', 'transform', 'convert', 'process', 'reshape'])}${random.pick(['List', 'Numbers', 'Values', 'Readings'])}`;
  const inputs = [[], [random.int(1, 30)], ...Array.from({ length: 8 }, () => numberList(random))];
  const expected = inputs.map((list) => chain.reduce((value, { step, k }) => step.run(value, k), list));
  // A chain that makes everything alike would let a wrong program pass.
  if (new Set(expected.map(canonical)).size < 6) return code(random, difficulty);
  const prompt =
    `Write a JavaScript function ${name}(list). It takes an array of integers and returns a new array, made by these steps in order:\n` +
    `${numbered(chain)}\nAn empty array is a valid input. Plain JavaScript without imports. Answer with the function in one code block.`;
  const source = chain.map(({ step, k }) => `  value = (${step.run})(value, ${k});`).join('\n');
  return {
    request: { messages: [{ role: 'user', content: prompt }] },
    size: chain.length,
    solution: {
      role: 'assistant',
      content: `\`\`\`js\nfunction ${name}(list) {\n  let value = list;\n${source}\n  return value;\n}\n\`\`\``,
    },
    async verify(message) {
      const program = readCode(textOfAnswer(message), name);
      const results = await callInSandbox(
        program,
        name,
        inputs.map((list) => [list]),
      );
      for (const [index, result] of results.entries()) {
        const call = `${name}(${JSON.stringify(inputs[index])})`;
        if ('error' in result) return wrong(`${call}: ${result.error}`);
        if (canonical(result.value) !== canonical(expected[index])) {
          return wrong(
            `${call} gives ${JSON.stringify(result.value)?.slice(0, 100)} instead of ${JSON.stringify(expected[index])}`,
          );
        }
      }
      return RIGHT;
    },
  };
}

function numberList(random: Random): number[] {
  return Array.from({ length: random.int(3, 12) }, () => random.int(-20, 60));
}
