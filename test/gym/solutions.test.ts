/** The solutions of tasks, found again by other means: solvers that read the prompt as a person would. */
import { describe, expect, test } from 'vitest';
import { generateTasks } from '../../src/gym/generate.ts';
import type { GymTask } from '../../src/gym/task.ts';
import { textOf } from '../../src/request.ts';

const promptOf = (task: GymTask) => textOf(task.request.messages[0]!.content);

describe('a second solver finds the one solution', () => {
  const permutations = (list: string[]): string[][] =>
    list.length < 2
      ? [list]
      : list.flatMap((first, i) => permutations(list.toSpliced(i, 1)).map((rest) => [first, ...rest]));

  test('seating', () => {
    for (const task of generateTasks({ seed: 21, count: 40, kinds: ['seating'] })) {
      const lines = promptOf(task)
        .split('\n')
        .filter((line) => line.startsWith('- '));
      const answer = textOf(task.solution.content).replace('Answer: ', '').split(', ');
      const fits = permutations(answer.toSorted()).filter((row) =>
        lines.every((line) => {
          const place = (name: string) => row.indexOf(name) + 1;
          const names = answer
            .filter((name) => line.includes(name))
            .toSorted((a, b) => line.indexOf(a) - line.indexOf(b));
          const [a, b] = names.map(place) as [number, number];
          const number = Number(/\d+/.exec(line)?.[0]);
          if (line.includes('directly')) return a + 1 === b;
          if (line.includes('somewhere')) return a < b;
          if (line.includes('Between')) return Math.abs(a - b) === number + 1;
          if (line.includes('does not')) return a !== number;
          if (line.includes('ends')) return a === 1 || a === row.length;
          throw new Error(line);
        }),
      );
      expect(fits).toEqual([answer]);
    }
  });

  test('truth-tellers', () => {
    for (const task of generateTasks({ seed: 22, count: 40, kinds: ['truth-tellers'] })) {
      const lines = promptOf(task)
        .split('\n')
        .filter((line) => line.startsWith('- '));
      const people = lines.map((line) => /^- (\w+) says/.exec(line)![1]!);
      const fits: string[] = [];
      for (let bits = 0; bits < 2 ** people.length; bits++) {
        const honest = new Set(people.filter((_, index) => bits & (1 << index)));
        const consistent = lines.every((line, index) => {
          const said = line.slice(line.indexOf('"'));
          const [a, b] = said.match(/[A-Z][a-z]+/g)!.filter((word) => people.includes(word)) as [
            string,
            string,
          ];
          const holds = said.includes('lies."')
            ? said.includes('At least')
              ? !(honest.has(a) && honest.has(b))
              : !honest.has(a)
            : said.includes('Either')
              ? honest.has(a) === honest.has(b)
              : honest.size === Number(/\d+/.exec(said)![0]);
          return holds === honest.has(people[index]!);
        });
        if (consistent) fits.push([...honest].toSorted().join(', ') || 'nobody');
      }
      expect(fits).toEqual([textOf(task.solution.content).replace('Answer: ', '')]);
    }
  });

  test('equations: the solution solves them', () => {
    for (const task of generateTasks({ seed: 23, count: 40, kinds: ['algebra'] })) {
      const values = Object.fromEntries(
        [...textOf(task.solution.content).matchAll(/([a-z]) = (-?\d+)/g)].map((match) => [
          match[1]!,
          Number(match[2]),
        ]),
      );
      for (const line of promptOf(task).split('\n').slice(1, -1)) {
        const [left, right] = line.split(' = ') as [string, string];
        const sum = [...left.replaceAll(' ', '').matchAll(/([+-]?)(\d*)([a-z])/g)].reduce(
          (total, [, sign, size, name]) =>
            total + (sign === '-' ? -1 : 1) * Number(size || 1) * values[name!]!,
          0,
        );
        expect(sum).toBe(Number(right));
      }
    }
  });

  test('expressions: JavaScript finds the same value', () => {
    for (const task of generateTasks({ seed: 24, count: 60, kinds: ['arithmetic'] })) {
      const expression = /(?:value of|Evaluate|Compute) (.*) \(the usual/.exec(promptOf(task))![1]!;
      expect(expression).toMatch(/^[\d+\-* ()]+$/);
      expect(`Answer: ${Function(`return ${expression}`)()}`).toBe(textOf(task.solution.content));
    }
  });
});
