/** Tasks with exact verifiers, made up by seed: what to train and to demonstrate on without spending. */
import { Random } from './random.ts';
import type { Kind } from './skill.ts';
import { sameAnswer, solvers } from './solvers/index.ts';

export interface LabTask {
  id: string;
  /** The family, for example `arithmetic`. */
  task: string;
  kind: Kind;
  /** 0..1, from the finished prompt. */
  difficulty: number;
  prompt: string;
  answer: string;
  /** Whether a model's text gives the answer: as the whole text, behind "Answer:", or as its last line. */
  check(text: string): boolean;
}

export interface LabTaskOptions {
  /** Families; default all. Their names are `labTaskNames`. */
  tasks?: readonly string[];
  /** About how hard, 0..1, or a range to draw from evenly; default 0.05 to 0.95. */
  difficulty?: number | readonly [from: number, to: number];
}

export const labTaskNames: readonly string[] = solvers.map(({ name }) => name);

/** `count` tasks; the families take turns. The same seed makes the same tasks. */
export function labTasks(seed: number, count: number, options: LabTaskOptions = {}): LabTask[] {
  const chosen = solvers.filter(({ name }) => options.tasks?.includes(name) ?? true);
  if (chosen.length === 0) {
    throw new RangeError(
      `No such tasks: ${options.tasks?.join(', ')}. Use some of ${labTaskNames.join(', ')}.`,
    );
  }
  const wanted = options.difficulty ?? [0.05, 0.95];
  const [from, to] = typeof wanted === 'number' ? [wanted, wanted] : wanted;
  return Array.from({ length: count }, (_, index) => {
    const solver = chosen[index % chosen.length]!;
    const random = new Random(seed, 'task', index);
    const prompt = `${solver.make(random, from + (to - from) * random.next())}\nGive only the answer.`;
    const solved = solver.solve(prompt);
    if (!solved) throw new Error(`${solver.name} cannot solve its own prompt: ${prompt}`);
    const { answer, kind, difficulty } = solved;
    const id = `lab-${seed}-${index}`;
    return {
      id,
      task: solver.name,
      kind,
      difficulty,
      prompt,
      answer,
      check: (text) => givesAnswer(text, answer),
    };
  });
}

function givesAnswer(text: string, answer: string): boolean {
  const marked = text.split(/\banswer(?:\s+is)?\s*:?\s/i).at(-1)!;
  const lastLine = text.trim().split('\n').at(-1)!;
  return [text, marked, lastLine].some((given) => sameAnswer(given, answer));
}
