/** Making tasks by seed: the same seed gives the same tasks on every machine. */
import { XrouterError } from '../errors.ts';
import { canonical } from '../verifier/json-value.ts';
import { hash32, randomOf } from './random.ts';
import type { Draft, Generator, GymTask } from './task.ts';
import { extraction } from './tasks/extraction.ts';
import { instructions } from './tasks/instructions.ts';
import { seating, truthTellers } from './tasks/logic.ts';
import { algebra, arithmetic, wordProblem } from './tasks/numbers.ts';
import { code, strings } from './tasks/pipelines.ts';
import { tables } from './tasks/tables.ts';
import { toolChoice } from './tasks/tools.ts';

const GENERATORS = {
  arithmetic,
  'word-problem': wordProblem,
  algebra,
  seating,
  'truth-tellers': truthTellers,
  code,
  strings,
  tables,
  instructions,
  extraction,
  'tool-choice': toolChoice,
} satisfies Record<string, Generator>;

export type TaskKind = keyof typeof GENERATORS;

export const TASK_KINDS = Object.keys(GENERATORS) as TaskKind[];

export interface GenerateOptions {
  seed: number;
  count: number;
  /** Default: all of `TASK_KINDS`, in turn. */
  kinds?: readonly TaskKind[];
  /** 0 easy to 1 hard, one for all or a range; default the whole range. */
  difficulty?: number | readonly [number, number];
}

/** An easy kind holds fewer different tasks than someone may ask for; then it is better to say so. */
const MOST_TRIES = 200;

/**
 * Makes `count` different tasks. A larger count only adds tasks at the end.
 *
 * @throws XrouterError `invalid_request` for an unknown kind, a difficulty outside 0..1, a count that is no
 * whole number, or more tasks than a kind has at that difficulty
 */
export function generateTasks(options: GenerateOptions): GymTask[] {
  const { seed, count } = options;
  const kinds = options.kinds ?? TASK_KINDS;
  const [low, high] =
    typeof options.difficulty === 'number'
      ? [options.difficulty, options.difficulty]
      : (options.difficulty ?? [0, 1]);
  const unknown = kinds.find((kind) => !Object.hasOwn(GENERATORS, kind));
  if (unknown !== undefined || kinds.length === 0) {
    throw invalid(`there is no kind of task "${unknown ?? ''}"`, `Choose among ${TASK_KINDS.join(', ')}.`);
  }
  if (!(low >= 0 && low <= high && high <= 1)) {
    throw invalid(
      `the difficulty ${low} to ${high} is not within 0..1`,
      'Give a number or a range from 0 to 1.',
    );
  }
  if (!Number.isInteger(count) || count < 0)
    throw invalid(`the count ${count} is not a whole number`, 'Give 1 or more.');

  const tasks = new Map<string, GymTask>();
  for (let index = 0; index < count; index++) {
    const kind = kinds[index % kinds.length]!;
    // Steps of the golden ratio cover the range evenly, whatever the count.
    const difficulty =
      low + (high - low) * ((0.5 + Math.floor(index / kinds.length) * 0.6180339887498949) % 1);
    let task: GymTask;
    let tries = 0;
    do {
      if (++tries > MOST_TRIES) {
        throw invalid(
          `the kind "${kind}" has too few different tasks at difficulty ${difficulty.toFixed(2)}`,
          'Ask for fewer tasks, more kinds or a wider range of difficulty.',
        );
      }
      task = named(
        kind,
        difficulty,
        GENERATORS[kind](randomOf(`${seed}/${kind}/${index}/${tries}`), difficulty),
      );
    } while (tasks.has(task.id));
    tasks.set(task.id, task);
  }
  return [...tasks.values()];
}

function named(kind: TaskKind, difficulty: number, draft: Draft): GymTask {
  const content = canonical(draft.request);
  // Two hashes over different texts: 64 bits, so that different tasks never share an id in practice.
  const hash = [hash32(content), hash32(`${content.length}|${content}`)].map((part) =>
    part.toString(36).padStart(7, '0'),
  );
  return { id: `${kind}-${hash.join('')}`, task: kind, difficulty, ...draft };
}

function invalid(problem: string, hint: string): XrouterError {
  return new XrouterError('invalid_request', `The tasks cannot be made: ${problem}.`, { hint });
}
