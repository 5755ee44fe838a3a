/** Arithmetic with calendar dates. */
import { difficultyOf, type Solver, sizeOf } from './solver.ts';

const DATE = '(\\d{4}-\\d{2}-\\d{2})';
const AFTER = new RegExp(`what date is (\\d+) days (after|before) ${DATE}`, 'i');
const BETWEEN = new RegExp(`how many days are between ${DATE} and ${DATE}`, 'i');
const WEEKDAY = new RegExp(`what day of the week (?:is|was) ${DATE}`, 'i');
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const DAY_MS = 86_400_000;

export const dates: Solver = {
  name: 'dates',

  solve(prompt) {
    const after = AFTER.exec(prompt);
    if (after) {
      const days = Number(after[1]) * (after[2]!.toLowerCase() === 'after' ? 1 : -1);
      const start = Date.parse(after[3]!);
      const [answer, ...slips] = [days, days + 1, days - 1, -days].map((count) =>
        iso(start + count * DAY_MS),
      );
      if (answer === undefined) return undefined;
      return {
        answer,
        kind: 'logic',
        difficulty: difficultyOf(Number(after[1]), 3, 3000),
        slips: slips.filter((slip) => slip !== undefined),
      };
    }
    const between = BETWEEN.exec(prompt);
    if (between) {
      const days = Math.abs(Date.parse(between[2]!) - Date.parse(between[1]!)) / DAY_MS;
      if (!Number.isInteger(days)) return undefined;
      const slips = [days + 1, Math.abs(days - 1), days + 30].map(String);
      return { answer: String(days), kind: 'logic', difficulty: difficultyOf(days + 1, 4, 5000), slips };
    }
    const date = WEEKDAY.exec(prompt)?.[1];
    const at = date === undefined ? Number.NaN : Date.parse(date);
    if (Number.isNaN(at)) return undefined;
    const day = new Date(at).getUTCDay();
    const distance = Math.abs(new Date(at).getUTCFullYear() - 2024) + 1;
    return {
      answer: DAYS[day]!,
      kind: 'logic',
      difficulty: difficultyOf(distance * 3, 3, 400),
      slips: [DAYS[(day + 1) % 7]!, DAYS[(day + 6) % 7]!],
    };
  },

  make(random, difficulty) {
    const start = Date.UTC(random.int(1995, 2030), random.int(0, 11), random.int(1, 28));
    return random.pick([
      () => {
        const days = Math.max(2, Math.round(sizeOf(difficulty, 3, 3000)));
        return `What date is ${days} days ${random.pick(['after', 'before'])} ${iso(start)}? Use the form YYYY-MM-DD.`;
      },
      () => {
        const days = Math.max(2, Math.round(sizeOf(difficulty, 4, 5000)));
        return `How many days are between ${iso(start)} and ${iso(start + days * DAY_MS)}?`;
      },
      () => {
        const years = Math.round(sizeOf(difficulty, 3, 400) / 3) - 1;
        const date = Date.UTC(2024 - years, random.int(0, 11), random.int(1, 28));
        return `What day of the week was ${iso(date)}?`;
      },
    ])();
  },
};

function iso(ms: number): string | undefined {
  return Number.isNaN(ms) || Math.abs(ms) > 8.64e15 ? undefined : new Date(ms).toISOString().slice(0, 10);
}
