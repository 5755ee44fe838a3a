/** `xrouter collect`: measures models on tasks and writes an outcome table. */

import { Command } from 'commander';
import type { RefusalCode, RouteRequest, Router } from '../../../src/index.ts';
import type { KnownPrompts } from '../../../src/lab/index.ts';
import type { AskModel, CollectSummary, CollectTask, GymTask, TaskKind } from '../../../src/learn/index.ts';
import { collect, generateTasks, missing, mistakeOf, readTaskFile } from '../../../src/learn/index.ts';
import { atLeastZero, CONFIG, LAB, LEDGER, list, probability, wholeFrom } from '../flags.ts';
import { printJson, say, UsageError } from '../output.ts';
import { progressLine } from '../progress.ts';
import { openCallingRouter } from '../setup.ts';
import { accountOnly, refusedBy } from '../spending.ts';
import { usd } from '../table.ts';
import { counted } from '../terminal.ts';

interface CollectFlags {
  tasks: string;
  pool: string[];
  out: string;
  maxUsd?: number;
  concurrency: number;
  count: number;
  seed: number;
  kinds?: string[];
  difficulty?: number[];
  config?: string;
  lab?: boolean;
  ledger?: string;
  json?: boolean;
}

export function command(): Command {
  return new Command('collect')
    .description(
      'Runs tasks on models and writes an outcome table; the same command goes on where it stopped.',
    )
    .requiredOption('--tasks <gym|file>', 'the built-in tasks, or a file of your own (docs/gym.md)')
    .requiredOption('--pool <a,b>', 'the models to measure', list)
    .requiredOption('--out <table>', 'the outcome table, JSON lines; .gz at the end compresses it')
    .option('--max-usd <x>', 'most the whole collection may cost, resumed runs included', atLeastZero)
    .option('--concurrency <n>', 'calls under way at once', wholeFrom(1), 4)
    .option('--count <n>', 'tasks of the gym', wholeFrom(1), 200)
    .option('--kinds <a,b>', 'kinds of tasks of the gym; default: all', list)
    .option('--difficulty <x,y>', 'difficulty of the tasks of the gym, or a range; default 0,1', range)
    .option('--seed <n>', 'seed of the tasks of the gym', wholeFrom(0), 1)
    .option(...CONFIG)
    .option(...LAB)
    .option(...LEDGER)
    .option('--json', 'print the summary as one JSON document')
    .action(run);
}

async function run(flags: CollectFlags): Promise<void> {
  const gym = flags.tasks === 'gym' ? gymTasks(flags) : undefined;
  const tasks: readonly CollectTask[] = gym ?? (await readTaskFile(flags.tasks));
  const { router, close } = await openCallingRouter(flags, {
    // One model is asked for each call, so there is nothing to decide, and nothing to escalate to.
    settings: ({ budgets, ledger }) => ({
      policy: 'cheapest',
      verifier: undefined,
      shadow: undefined,
      exploration: undefined,
      ledger: ledger && accountOnly(ledger),
      // Collect itself sets aside who keeps failing; a circuit that opens would fail the tasks after it unasked.
      breaker: { failureThreshold: Number.MAX_SAFE_INTEGER },
      budgets: flags.maxUsd === undefined ? budgets : { ...budgets, otherKeysUsd: flags.maxUsd },
    }),
    known: gym && answersOf(gym),
  });
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const progress = progressLine();
  try {
    const models = [...new Set(flags.pool.map((name) => router.catalog.get(name).id))];
    const ask = askBy(router, flags.maxUsd !== undefined);
    const { out, concurrency } = flags;
    const onProgress = progress.show;
    const summary = await collect({ tasks, models, out, concurrency, ask, signal: stop.signal, onProgress });
    progress.end();
    if (flags.json) printJson(summary);
    report(summary, flags.out);
  } finally {
    progress.end();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    await close();
  }
}

function gymTasks({ count, seed, kinds, difficulty }: CollectFlags): GymTask[] {
  const [low, high = low] = difficulty ?? [];
  return generateTasks({
    count,
    seed,
    // The gym itself says which kinds there are.
    kinds: kinds as TaskKind[] | undefined,
    difficulty: low === undefined || high === undefined ? undefined : [low, high],
  });
}

function askBy(router: Router, capped: boolean): AskModel {
  return async (request, model, signal, run) => {
    const asked: RouteRequest = {
      ...request,
      pool: [model],
      signal,
      ...(capped && { budgetKey: `collect:${run}` }),
    };
    for await (const event of router.stream(asked)) {
      if (event.type !== 'end') continue;
      if (event.status === 'completed') {
        const { id, message, cost, usage, episode } = event.result;
        const isFirst = episode.steps.every(({ calls }) => calls.every(({ attempts }) => attempts === 1));
        const call = isFirst ? undefined : await completedCall(router, id);
        return { message, usd: cost.usd, usage, ...(call && { ...call, spentUsd: cost.usd }) };
      }
      const { error, episode } = event;
      const isUnable = episode.refusals.some(({ code }) => INABILITIES.has(code));
      if (isUnable || error.code === 'context_overflow') return undefined;
      if (error.code === 'budget_exceeded') throw refusedBy(error, episode, router);
      throw Object.assign(error, { episode });
    }
    throw new Error('The event stream ended without an end event.');
  };
}

/** The attempt that answered: what failed before it says something of the network, and nothing of the model. */
async function completedCall({ ledger }: Router, episodeId: string) {
  const entries = await ledger.entries({ episodeId });
  const { usd, usage } = entries.find(({ status }) => status === 'completed') ?? {};
  return usd === undefined ? undefined : { usd, usage };
}

/** What waiting, a key or money does not change. */
const INABILITIES = new Set<RefusalCode>([
  'input_modality',
  'tool_calling',
  'structured_output',
  'context_window',
]);

/** The sandbox cannot read the gym's tasks, so it is told how a right and a wrong answer look. */
function answersOf(tasks: readonly GymTask[]): KnownPrompts {
  const byPrompt = new Map(tasks.map((task) => [task.request.messages.at(-1)!.content, task]));
  return (prompt) => {
    const task = byPrompt.get(prompt);
    if (!task) return undefined;
    return {
      kind: KIND_OF_SKILL[task.task as TaskKind],
      difficulty: task.difficulty,
      right: task.solution,
      wrong: mistakeOf(task),
    };
  };
}

const KIND_OF_SKILL = {
  arithmetic: 'math',
  'word-problem': 'math',
  algebra: 'math',
  seating: 'logic',
  'truth-tellers': 'logic',
  code: 'code',
  strings: 'logic',
  tables: 'knowledge',
  instructions: 'language',
  extraction: 'language',
  'tool-choice': 'language',
} as const satisfies Record<TaskKind, string>;

/** @throws Error, for exit status 1, where outcomes are missing */
function report(summary: CollectSummary, out: string): void {
  const { rows, done, total, unable, spentUsd, failures, setAside, stopped, refusal } = summary;
  say(`${out}: ${rows} rows, ${done} of ${total} outcomes, ${usd(spentUsd)} spent by this run.`);
  for (const [model, count] of Object.entries(unable)) {
    say(`${model} cannot be asked ${count} of the tasks: no tools, no JSON schema, or too little context.`);
  }
  for (const { model, reason } of setAside) say(`${model} was set aside: ${reason}`);
  const kinds = alike(failures.map(({ model, reason }) => `${model}: ${reason}`));
  for (const [reason, count] of kinds.slice(0, MOST_KINDS)) {
    say(`${counted(count, 'call')} failed: ${reason}`);
  }
  if (kinds.length > MOST_KINDS)
    say(`There are ${kinds.length - MOST_KINDS} more kinds of failures; --json tells all of them.`);
  if (summary.unplaced) {
    const what = `${counted(summary.unplaced, 'outcome')} of other tasks`;
    say(`${out}.journal keeps ${what}; a run that has those tasks too puts them into the table.`);
  }
  const left = missing(summary);
  if (left === 0) return;
  const why = refusal ?? `${stopped ?? 'calls failed'}. Run the same command to go on.`;
  throw new Error(`${left} of ${total} outcomes are missing: ${why}`);
}

/** On one screen, beside what else is told. */
const MOST_KINDS = 12;

/** The first of those that differ in numbers and ids only, as of requests, and how many they are; most first. */
function alike(lines: string[]): [string, number][] {
  const kinds = Map.groupBy(lines, (line) => line.replace(/[\w-]*\d[\w-]*/g, '#'));
  return [...kinds.values()]
    .map((group): [string, number] => [group[0]!, group.length])
    .toSorted(([, a], [, b]) => b - a);
}

function range(value: string): number[] {
  const numbers = list(value).map(probability);
  if (numbers.length > 2) throw new UsageError('--difficulty takes one number or two.');
  return numbers;
}
