/** Conversions between units of length, mass, volume, time and temperature. */
import { difficultyOf, plainNumber, type Solver } from './solver.ts';

/** Name, dimension, size in the dimension's base unit, how seldom it is met (1 common .. 5 rare). */
const UNITS: Record<string, readonly [dimension: string, size: number, rarity: number]> = {
  mm: ['length', 0.001, 1],
  cm: ['length', 0.01, 1],
  m: ['length', 1, 1],
  km: ['length', 1000, 1],
  inches: ['length', 0.0254, 2],
  feet: ['length', 0.3048, 2],
  miles: ['length', 1609.344, 2],
  furlongs: ['length', 201.168, 5],
  'nautical miles': ['length', 1852, 4],
  g: ['mass', 0.001, 1],
  kg: ['mass', 1, 1],
  pounds: ['mass', 0.45359237, 2],
  ounces: ['mass', 0.028349523125, 3],
  stones: ['mass', 6.35029318, 4],
  ml: ['volume', 0.001, 1],
  liters: ['volume', 1, 1],
  'US gallons': ['volume', 3.785411784, 3],
  'US pints': ['volume', 0.473176473, 4],
  seconds: ['time', 1, 1],
  minutes: ['time', 60, 1],
  hours: ['time', 3600, 1],
  days: ['time', 86_400, 1],
  fortnights: ['time', 1_209_600, 4],
};
const NAMES = Object.keys(UNITS);
const QUESTION = new RegExp(
  `convert (\\d+(?:\\.\\d+)?) (${NAMES.join('|')}) (?:in)?to (${NAMES.join('|')})\\b`,
  'i',
);

export const units: Solver = {
  name: 'units',

  solve(prompt) {
    const match = QUESTION.exec(prompt);
    const from = UNITS[match?.[2] ?? ''];
    const to = UNITS[match?.[3] ?? ''];
    if (!match || !from || !to || from[0] !== to[0]) return undefined;
    const value = (Number(match[1]) * from[1]) / to[1];
    const answer = plainNumber(Number(value.toPrecision(5)));
    const difficulty = difficultyOf(match[1]!.length * (from[2] * to[2]) ** 1.2, 1, 100);
    const slips = [value * 10, value / 10, (Number(match[1]) * to[1]) / from[1], value * 1.07];
    return {
      answer,
      kind: 'knowledge',
      difficulty,
      slips: slips.map((slip) => plainNumber(Number(slip.toPrecision(5)))),
    };
  },

  make(random, difficulty) {
    let best = '';
    let miss = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 24; tries++) {
      const from = random.pick(NAMES);
      const to = random.pick(NAMES.filter((name) => name !== from && UNITS[name]![0] === UNITS[from]![0]));
      const amount = random.int(2, 10 ** random.int(1, 4));
      const prompt = `Convert ${amount} ${from} to ${to}. Round to five significant digits.`;
      const gap = Math.abs(units.solve(prompt)!.difficulty - difficulty);
      if (gap < miss) [best, miss] = [prompt, gap];
    }
    return best;
  },
};
