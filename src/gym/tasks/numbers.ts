/** Arithmetic, word problems and systems of equations, all with whole answers. */
import type { Random } from '../random.ts';
import { readNumber, statedNumber } from '../read-number.ts';
import { answerLines, statedAnswer } from '../reading.ts';
import { type Draft, RIGHT, scaled, textTask, wrong } from '../task.ts';
import { CITIES, CLOSING, GOODS, PEOPLE } from './words.ts';

function numberTask(prompt: string, size: number, answer: number): Draft {
  return textTask(`${prompt}\n${CLOSING}`, size, `Answer: ${answer}`, (text) => {
    const given = readNumber(text);
    if (given === answer) return RIGHT;
    return wrong(given === undefined ? 'no number in the answer' : `${given} instead of ${answer}`);
  });
}

/** A nested expression of +, - and *; size: its operators. */
export function arithmetic(random: Random, difficulty: number): Draft {
  const operators = scaled(difficulty, 2, 12);
  const largest = scaled(difficulty, 20, 400);
  const { text, value } = expression(random, operators, largest);
  const opening = random.pick(['Work out the value of', 'Evaluate', 'Compute']);
  return numberTask(`${opening} ${text} (the usual order of operations holds).`, operators, value);
}

interface Expression {
  text: string;
  value: number;
  /** Binds as tightly as its outermost operator; 3 is a plain number. */
  strength: 1 | 2 | 3;
}

function expression(random: Random, operators: number, largest: number): Expression {
  if (operators === 0) {
    const value = random.int(2, largest);
    return { text: String(value), value, strength: 3 };
  }
  const leftOperators = random.int(0, operators - 1);
  const left = expression(random, leftOperators, largest);
  const right = expression(random, operators - 1 - leftOperators, largest);
  const wrap = (part: Expression, needed: number) => (part.strength < needed ? `(${part.text})` : part.text);
  // Products of products would leave the whole numbers that a double holds exactly.
  const small = Math.abs(left.value * right.value) < 1e7;
  if (small && random.chance(0.4)) {
    return { text: `${wrap(left, 2)} * ${wrap(right, 3)}`, value: left.value * right.value, strength: 2 };
  }
  if (random.chance(0.5)) {
    return { text: `${left.text} + ${wrap(right, 2)}`, value: left.value + right.value, strength: 1 };
  }
  return { text: `${left.text} - ${wrap(right, 2)}`, value: left.value - right.value, strength: 1 };
}

/** A store whose stock changes step by step, with remarks that do not matter; size: steps. */
export function wordProblem(random: Random, difficulty: number): Draft {
  const steps = scaled(difficulty, 2, 9);
  const noise = scaled(difficulty, 0, 3);
  const goods = random.pick(GOODS);
  const city = random.pick(CITIES);
  let stock = random.int(60, 240);
  const lines = [`A warehouse in ${city} starts the month with ${stock} ${goods}s.`];
  for (let step = 0; step < steps; step++) {
    const person = random.pick(PEOPLE);
    const kind = random.int(0, 3);
    if (kind === 0) {
      const [boxes, each] = [random.int(3, 14), random.int(4, 18)];
      stock += boxes * each;
      lines.push(`${person} delivers ${boxes} boxes with ${each} ${goods}s in each.`);
    } else if (kind === 1 && stock > 40) {
      const sold = random.int(5, Math.floor(stock / 2));
      stock -= sold;
      lines.push(`${person} sells ${sold} of them.`);
    } else if (kind === 2 && stock % 2 === 0 && stock > 40) {
      stock /= 2;
      lines.push(`Half of what is there goes to another warehouse with ${person}.`);
    } else {
      const [first, second] = [random.int(4, 30), random.int(4, 30)];
      const brings = `${person} brings back ${first} ${goods}s`;
      // Nobody throws away more than there is.
      const throwsAway = stock + first >= second;
      stock += throwsAway ? first - second : first;
      lines.push(throwsAway ? `${brings} and throws away ${second} that are broken.` : `${brings}.`);
    }
  }
  for (let remark = 0; remark < noise; remark++) {
    const at = random.int(1, lines.length);
    const number = random.int(3, 90);
    const remarks = [
      `The door of the warehouse is ${number} years old.`,
      `A shop next door has ${number} ${goods}s of its own.`,
      `${random.pick(PEOPLE)} has worked there for ${number} weeks.`,
    ];
    lines.splice(at, 0, random.pick(remarks));
  }
  return numberTask(
    `${withoutDoubt(lines).join(' ')} How many ${goods}s are in the warehouse in ${city} now?`,
    steps,
    stock,
  );
}

/** After a word on the shop next door, "them" and "there" could be what it has. */
function withoutDoubt(lines: readonly string[]): string[] {
  const shop = lines.findIndex((line) => line.startsWith('A shop'));
  return lines.map((line, index) =>
    shop < 0 || index < shop
      ? line
      : line
          .replace(/of them\.$/, 'of those in the warehouse.')
          .replace(/^Half of what is there/, 'Half of what is in the warehouse'),
  );
}

/** Linear equations with whole solutions; size: unknowns times the length of the coefficients. */
export function algebra(random: Random, difficulty: number): Draft {
  const count = scaled(difficulty, 1, 4);
  const largest = scaled(difficulty, 5, 15);
  const names = random.sample(['a', 'k', 'm', 'n', 'p', 'q', 'x', 'y', 'z'], count).sort();
  const values = names.map(() => random.int(-largest, largest));
  let rows: number[][];
  do {
    rows = names.map(() => names.map(() => random.int(1, largest) * (random.chance(0.4) ? -1 : 1)));
  } while (determinant(rows) === 0);
  const equations = rows.map((row) => {
    const total = row.reduce((sum, coefficient, index) => sum + coefficient * values[index]!, 0);
    return `${sideOf(row, names)} = ${total}`;
  });
  const answer = names.map((name, index) => `${name} = ${values[index]}`).join(', ');
  const form = names.map((name) => `${name} = ...`).join(', ');
  const prompt =
    `Find the ${count === 1 ? 'number' : 'numbers'} for which ${count === 1 ? 'this holds' : 'all of these hold'}:\n` +
    `${equations.join('\n')}\nEnd with a line of the form "Answer: ${form}".`;
  return textTask(prompt, count * largest, `Answer: ${answer}`, (text) => {
    for (const [index, name] of names.entries()) {
      // With one unknown there is no doubt which one a lone number is.
      const value = givenFor(text, name) ?? (count === 1 ? readNumber(text) : undefined);
      if (value !== values[index])
        return wrong(`${name} is ${value ?? 'missing'} instead of ${values[index]}`);
    }
    return RIGHT;
  });
}

/** What the answer says an unknown is: in the stated line, else below it, else at last in the whole text. */
function givenFor(text: string, name: string): number | undefined {
  // Not the y of "2x + y = 10", where someone checks the answer.
  const equation = new RegExp(
    `(?<![\\w\\\\]|[\\w)}] ?[-+*·−] ?)${name}[\\s*_\`$&)}]{0,5}[=:]([^\\n]*)`,
    'gi',
  );
  const found = (part: string) => [...part.matchAll(equation)].map((match) => match[1]!);
  const lines = answerLines(text);
  const said = found(statedAnswer(text) ?? '').at(0) ?? found(lines ?? text).at(lines === undefined ? -1 : 0);
  // Up to the next unknown: ", y = 4", "; y: 4", " and y = 4".
  const own = said?.split(/[,;](?!\d)|\\\\|\band\b|[\s$*_`][a-z][\s*_`$]*[=:]/i)[0];
  return own === undefined || /^[^\d=]*[a-z][^\d=]*\d/i.test(own.replace(/\\[a-z]+/gi, ''))
    ? undefined
    : statedNumber(own);
}

function sideOf(row: number[], names: string[]): string {
  return row
    .map((coefficient, index) => {
      const size = Math.abs(coefficient) === 1 ? '' : String(Math.abs(coefficient));
      const sign = coefficient < 0 ? '-' : '+';
      if (index === 0) return `${sign === '-' ? '-' : ''}${size}${names[index]}`;
      return ` ${sign} ${size}${names[index]}`;
    })
    .join('');
}

/** By cofactors along the first row; the systems have at most four unknowns. */
export function determinant(rows: readonly number[][]): number {
  if (rows.length === 1) return rows[0]![0]!;
  return rows[0]!.reduce((sum, entry, column) => {
    const minor = rows.slice(1).map((row) => row.filter((_, index) => index !== column));
    return sum + (column % 2 === 0 ? 1 : -1) * entry * determinant(minor);
  }, 0);
}
