/** Questions about a table: filter, then sum, count, extreme or group. Size: rows times conditions. */
import type { Random } from '../random.ts';
import { readNumber } from '../read-number.ts';
import { readText } from '../reading.ts';
import { type Draft, RIGHT, scaled, textTask, wrong } from '../task.ts';
import { CITIES, CLOSING, COLOURS, GOODS } from './words.ts';

interface Row {
  id: number;
  goods: string;
  colour: string;
  city: string;
  pieces: number;
  price: number;
}

interface Condition {
  words: string;
  holds(row: Row): boolean;
}

export function tables(random: Random, difficulty: number): Draft {
  const count = scaled(difficulty, 4, 24);
  const conditionCount = scaled(difficulty, 0, 3);
  const goods = random.sample(GOODS, 4);
  const colours = random.sample(COLOURS, 3);
  const cities = random.sample(CITIES, 3);
  const firstId = random.int(100, 800);
  const rows: Row[] = Array.from({ length: count }, (_, index) => ({
    id: firstId + index,
    goods: random.pick(goods),
    colour: random.pick(colours),
    city: random.pick(cities),
    pieces: random.int(1, 40),
    price: random.int(3, 90),
  }));
  const bound = random.int(10, 25);
  const conditions = random.sample<Condition>(
    [
      { words: `are stored in ${cities[0]}`, holds: (row) => row.city === cities[0] },
      { words: `are not ${colours[0]}`, holds: (row) => row.colour !== colours[0] },
      { words: `have more than ${bound} pieces`, holds: (row) => row.pieces > bound },
      { words: `cost at most ${bound * 3} each`, holds: (row) => row.price <= bound * 3 },
      { words: `hold no ${goods[0]}s`, holds: (row) => row.goods !== goods[0] },
    ],
    conditionCount,
  );
  const kept = rows.filter((row) => conditions.every((condition) => condition.holds(row)));
  const which =
    conditions.length === 0
      ? 'all rows'
      : `the rows that ${conditions.map(({ words }) => words).join(' and ')}`;
  const table = [
    '| id | goods | colour | city | pieces | price each |',
    '| --- | --- | --- | --- | --- | --- |',
    ...random
      .shuffle(rows)
      .map(
        (row) => `| ${row.id} | ${row.goods} | ${row.colour} | ${row.city} | ${row.pieces} | ${row.price} |`,
      ),
  ].join('\n');
  const { question, answer } = ask(random, kept, difficulty);
  const prompt = `${table}\n\nTake ${which}. ${question} ${CLOSING}`;
  return textTask(prompt, count * (1 + conditionCount), `Answer: ${answer}`, (text) => {
    const given = typeof answer === 'number' ? readNumber(text) : kindIn(readText(text) ?? '');
    return given === answer ? RIGHT : wrong(`${given ?? 'nothing'} instead of ${answer}`);
  });
}

/** The one kind of goods that an answer names, in the singular or plural; `undefined` where there are several. */
function kindIn(text: string): string | undefined {
  const named = text.toLowerCase().matchAll(new RegExp(`\\b(${[...GOODS, 'none'].join('|')})s?\\b`, 'g'));
  const kinds = new Set([...named].map((match) => match[1]!));
  return kinds.size === 1 ? [...kinds][0] : undefined;
}

function ask(
  random: Random,
  rows: readonly Row[],
  difficulty: number,
): { question: string; answer: number | string } {
  const total = (of: (row: Row) => number, list = rows) => list.reduce((sum, row) => sum + of(row), 0);
  const kind = random.int(0, difficulty < 0.5 ? 2 : 4);
  if (kind === 0)
    return { question: 'How many pieces do they hold together?', answer: total((row) => row.pieces) };
  if (kind === 1) return { question: 'How many rows are that?', answer: rows.length };
  if (kind === 2 && rows.length > 0) {
    const most = Math.max(...rows.map((row) => row.price));
    return {
      question: 'What is the sum of the ids of those with the highest price each?',
      answer: total(
        (row) => row.id,
        rows.filter((row) => row.price === most),
      ),
    };
  }
  if (kind === 3) {
    return {
      question: 'What are their goods worth, pieces times price each, all together?',
      answer: total((row) => row.pieces * row.price),
    };
  }
  const byGoods = Map.groupBy(rows, (row) => row.goods);
  const sums = [...byGoods].map(([name, list]) => ({ name, sum: total((row) => row.pieces, list) }));
  const best = sums.toSorted((a, b) => b.sum - a.sum || (a.name < b.name ? -1 : 1))[0];
  return {
    question:
      'Add up the pieces for each kind of goods. Which kind has most (of several, the first in the alphabet; "none" without rows)?',
    answer: best?.name ?? 'none',
  };
}
