/** Logic puzzles; a solver makes sure that each has exactly one solution and no clue too many. */
import type { Random } from '../random.ts';
import { answerLines, readText } from '../reading.ts';
import { type Draft, RIGHT, scaled, textTask, wrong } from '../task.ts';
import { listed, PEOPLE } from './words.ts';

interface Clue {
  text: string;
  holds(row: readonly string[]): boolean;
}

/** Who stands where in a row; size: people. */
export function seating(random: Random, difficulty: number): Draft {
  const people = random.sample(PEOPLE, scaled(difficulty, 3, 6));
  const orders = permutations(people);
  const hidden = random.shuffle(people);
  const clues = minimal(random.shuffle(trueClues(random, hidden)), orders);
  const prompt =
    `${listed(people.toSorted())} stand in a row. Place 1 is on the far left.\n` +
    `${clues.map((clue) => `- ${clue.text}`).join('\n')}\n` +
    `Who stands where? End with a line of the form "Answer: name, name, ..." from left to right.`;
  return textTask(prompt, people.length, `Answer: ${hidden.join(', ')}`, (text) => {
    const line = namesIn(readText(text) ?? '', people);
    // A list with one name a line.
    const given = line.length < people.length ? namesIn(answerLines(text) ?? text, people) : line;
    return given.join() === hidden.join()
      ? RIGHT
      : wrong(`${given.join(', ') || 'no names'} is not the order`);
  });
}

function trueClues(random: Random, row: readonly string[]): Clue[] {
  const clues: Clue[] = [];
  for (const a of row) {
    for (const b of row) {
      if (a === b) continue;
      const gap = row.indexOf(b) - row.indexOf(a);
      if (gap === 1) {
        clues.push({
          text: `${a} stands directly to the left of ${b}.`,
          holds: (order) => order.indexOf(b) - order.indexOf(a) === 1,
        });
      }
      if (gap > 0) {
        clues.push({
          text: `${a} stands somewhere to the left of ${b}.`,
          holds: (order) => order.indexOf(a) < order.indexOf(b),
        });
      }
      if (gap > 1) {
        clues.push({
          text: `Between ${a} and ${b} ${gap === 2 ? 'is exactly 1 person' : `are exactly ${gap - 1} people`}.`,
          holds: (order) => Math.abs(order.indexOf(a) - order.indexOf(b)) === gap,
        });
      }
    }
    const place = row.indexOf(a);
    const elsewhere = random.pick(row.map((_, index) => index).filter((index) => index !== place));
    clues.push({
      text: `${a} does not stand in place ${elsewhere + 1}.`,
      holds: (order) => order[elsewhere] !== a,
    });
    if (place === 0 || place === row.length - 1) {
      clues.push({
        text: `${a} stands at one of the two ends.`,
        holds: (order) => order[0] === a || order.at(-1) === a,
      });
    }
  }
  return clues;
}

/** Clues that together leave one order, none of which can be left out. */
function minimal(clues: readonly Clue[], orders: readonly string[][]): Clue[] {
  let chosen: Clue[] = [];
  let left = orders;
  for (const clue of clues) {
    const after = left.filter(clue.holds);
    if (after.length < left.length) chosen.push(clue);
    left = after;
    if (left.length === 1) break;
  }
  for (const clue of chosen) {
    const others = chosen.filter((other) => other !== clue);
    if (solutions(orders, others, 2) === 1) chosen = others;
  }
  return chosen;
}

function solutions(orders: readonly string[][], clues: readonly Clue[], enough: number): number {
  let count = 0;
  for (const order of orders) {
    if (clues.every((clue) => clue.holds(order)) && ++count === enough) break;
  }
  return count;
}

export function permutations<T>(list: readonly T[]): T[][] {
  if (list.length < 2) return [[...list]];
  return list.flatMap((first, index) =>
    permutations(list.toSpliced(index, 1)).map((rest) => [first, ...rest]),
  );
}

/** Who tells the truth; size: people. */
export function truthTellers(random: Random, difficulty: number): Draft {
  const people = random.sample(PEOPLE, scaled(difficulty, 2, 7));
  for (;;) {
    const statements = people.map((speaker) => statement(random, speaker, people));
    const fits: Set<string>[] = [];
    for (let bits = 0; bits < 2 ** people.length; bits++) {
      const honest = new Set(people.filter((_, index) => bits & (1 << index)));
      if (statements.every(({ speaker, holds }) => holds(honest) === honest.has(speaker))) fits.push(honest);
    }
    if (fits.length !== 1) continue;
    const honest = people.filter((person) => fits[0]!.has(person)).toSorted();
    const prompt =
      `Each of ${listed(people.toSorted())} either always tells the truth or always lies.\n` +
      `${statements.map(({ speaker, text }) => `- ${speaker} says: "${text}"`).join('\n')}\n` +
      `Who tells the truth? End with a line of the form "Answer: name, name, ..."; write "Answer: nobody" if all lie.`;
    return textTask(prompt, people.length, `Answer: ${honest.join(', ') || 'nobody'}`, (text) => {
      const stated = readText(text) ?? '';
      // The whole line, or a list with one name a line.
      const said = namesBelow(text) ?? stated;
      const given = namesIn(said, people).toSorted();
      const isNobody = /\b(nobody|no ?one|none)\b/i.test(said);
      if (given.join() === honest.join() && isNobody === (honest.length === 0)) return RIGHT;
      return wrong(`"${stated}" instead of ${honest.join(', ') || 'nobody'}`);
    });
  }
}

/** The lines of a list below an "Answer:" with nothing behind it; `undefined` where there is none. */
function namesBelow(text: string): string | undefined {
  const [first, ...below] = (answerLines(text) ?? '').trimStart().split('\n');
  if (first === undefined || /[:：=].*\w/.test(first)) return undefined;
  return below.filter((line) => /^\s*(?:[-*•]|\d+[.)])\s/.test(line)).join('\n') || undefined;
}

function statement(random: Random, speaker: string, people: readonly string[]) {
  const [a, b] = random.sample(
    people.filter((person) => person !== speaker),
    2,
  ) as [string, string | undefined];
  const kind = random.int(0, 3);
  if (kind === 0) return { speaker, text: `${a} lies.`, holds: (honest: Set<string>) => !honest.has(a) };
  if (kind === 1 && b !== undefined) {
    return {
      speaker,
      text: `Either ${a} and ${b} both tell the truth, or they both lie.`,
      holds: (honest: Set<string>) => honest.has(a) === honest.has(b),
    };
  }
  if (kind === 2 && b !== undefined) {
    return {
      speaker,
      text: `At least one of ${a} and ${b} lies.`,
      holds: (honest: Set<string>) => !honest.has(a) || !honest.has(b),
    };
  }
  const count = random.int(0, people.length);
  return {
    speaker,
    text: `Exactly ${count} of us ${people.length} ${count === 1 ? 'tells' : 'tell'} the truth.`,
    holds: (honest: Set<string>) => honest.size === count,
  };
}

/** The names in the order they stand in the text; a name said twice counts twice, so it is wrong. */
function namesIn(text: string, people: readonly string[]): string[] {
  return [...text.matchAll(new RegExp(`\\b(?:${people.join('|')})\\b`, 'gi'))].map(
    ([name]) => people.find((person) => person.toLowerCase() === name.toLowerCase())!,
  );
}
