/** The solutions of tasks, found again by other means: solvers that read the prompt as a person would. */
import { describe, expect, test } from 'vitest';
import { generateTasks } from '../../src/gym/generate.ts';
import type { GymTask } from '../../src/gym/task.ts';
import { textOf } from '../../src/request.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';
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

  test('word problems: counting through the story gives the same stock', () => {
    for (const task of generateTasks({ seed: 25, count: 200, kinds: ['word-problem'] })) {
      const stock = promptOf(task)
        .split(/(?<=\.) /)
        .reduce((left, line) => {
          const [first = 0, second = 0] = (line.match(/\d+/g) ?? []).map(Number);
          if (line.includes('starts the month')) return first;
          if (line.includes('boxes with')) return left + first * second;
          if (line.includes('sells')) return left - first;
          if (line.startsWith('Half')) return left / 2;
          if (line.includes('brings back')) return left + first - second;
          return left;
        }, 0);
      expect(`Answer: ${stock}`, promptOf(task)).toBe(textOf(task.solution.content));
    }
  });

  test('word problems: what is sold or halved is never said right after what the shop next door has', () => {
    const prompts = generateTasks({ seed: 25, count: 200, kinds: ['word-problem'] }).map(promptOf);
    expect(prompts.filter((prompt) => prompt.includes('A shop')).length).toBeGreaterThan(50);
    for (const prompt of prompts) expect(prompt).not.toMatch(/A shop.*(of them|is there)/);
  });

  test('tables: filtering and adding up the rows that are printed gives the same answer', () => {
    for (const task of generateTasks({ seed: 26, count: 200, kinds: ['tables'] })) {
      const [table, question] = promptOf(task).split('\n\n') as [string, string];
      const rows = table
        .split('\n')
        .slice(2)
        .map((line) => {
          const [id, goods, colour, city, pieces, price] = line.slice(2, -2).split(' | ') as string[];
          return { goods, colour, city, id: Number(id), pieces: Number(pieces), price: Number(price) };
        });
      const kept = rows.filter((row) => {
        const said = (pattern: RegExp) => pattern.exec(question)?.[1];
        const [more, most] = [said(/more than (\d+) pieces/), said(/at most (\d+) each/)];
        return (
          (!said(/stored in (\w+)/) || row.city === said(/stored in (\w+)/)) &&
          row.colour !== said(/are not (\w+)/) &&
          row.goods !== said(/hold no (\w+)s/) &&
          (!more || row.pieces > Number(more)) &&
          (!most || row.price <= Number(most))
        );
      });
      const sum = (list: typeof rows, of: (row: (typeof rows)[0]) => number) =>
        list.reduce((total, row) => total + of(row), 0);
      const byKind = Object.entries(Object.groupBy(kept, ({ goods }) => goods!)).toSorted();
      const counts = byKind.map(([, list]) => sum(list!, ({ pieces }) => pieces));
      const asked = (words: string) => question.includes(words);
      const answer = () => {
        if (asked('goods worth')) return sum(kept, ({ pieces, price }) => pieces * price);
        if (asked('How many pieces')) return sum(kept, ({ pieces }) => pieces);
        if (asked('How many rows')) return kept.length;
        if (asked('Which kind')) return byKind[counts.indexOf(Math.max(...counts))]?.[0] ?? 'none';
        return sum(kept, ({ id, price }) => (kept.every((other) => other.price <= price) ? id : 0));
      };
      expect(`Answer: ${answer()}`, promptOf(task)).toBe(textOf(task.solution.content));
    }
  });

  test('strings: every step finds as many characters as it speaks of', () => {
    const counts = new Map<RegExp, (text: string, count: number) => string>([
      [/^reverse/, (text) => text.split('').toReversed().join('')],
      [/^remove all vowels/, (text) => text.replaceAll(/[aeiou]/g, '')],
      [/^move the first (\d+)/, (text, count) => text.slice(count) + text.slice(0, count)],
      [/^swap/, (text) => text.replace(/^(.)(.*)(.)$/, '$3$2$1')],
      [
        /^write every (\d+)th/,
        (text, count) => text.replaceAll(new RegExp(`.{${count - 1}}(.)`, 'g'), '$&$1'),
      ],
      [/^sort/, (text) => text.split('').toSorted().join('')],
      [
        /^replace each letter by the one (\d+)/,
        (text, count) => text.replaceAll(/./g, (c) => ALPHABET[(ALPHABET.indexOf(c) + count) % 26]!),
      ],
      [
        /^remove every/,
        (text) =>
          text
            .split('')
            .filter((c, i, all) => all.indexOf(c) === i)
            .join(''),
      ],
      [/^remove the last (\d+)/, (text, count) => text.slice(0, text.length - count)],
    ]);
    for (const task of generateTasks({ seed: 1077, count: 300, kinds: ['strings'] })) {
      const steps = promptOf(task)
        .split('\n')
        .flatMap((line) => /^\d+\. (.*)/.exec(line)?.[1] ?? []);
      const start = /"(\w+)"/.exec(promptOf(task))![1]!;
      const end = steps.reduce((text, step) => {
        const [pattern, run] = counts.entries().find(([pattern]) => pattern.test(step))!;
        const count = Number(pattern.exec(step)![1] ?? 0);
        const least = /^(move|remove the last)/.test(step) ? count : step.startsWith('swap') ? 2 : 0;
        expect(text.length, promptOf(task)).toBeGreaterThanOrEqual(least);
        return run(text, count);
      }, start);
      expect(`Answer: ${end}`, promptOf(task)).toBe(textOf(task.solution.content));
    }
  });

  test('instructions: the reference keeps its own rules, also where few words fit', async () => {
    for (const task of generateTasks({ seed: 1077, count: 100, kinds: ['instructions'], difficulty: 0 })) {
      expect(await task.verify(task.solution), promptOf(task)).toEqual({ score: 1 });
    }
  });
});
