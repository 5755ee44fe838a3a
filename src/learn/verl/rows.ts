/**
 * An outcome table as a training set for a router model on verl: for every prompt several versions, each with
 * a random part of the pool, random prices and a cost sensitivity, so that the router learns to read them
 * instead of learning them by heart. Nothing is called: a recorded outcome is what a call would give.
 */
import type { TableRow } from '../table.ts';

export interface VerlOptions {
  seed: number;
  /** Versions of each prompt. */
  versions: number;
  /** Cost sensitivities, one drawn for each version. */
  lambdas: readonly number[];
  /** Prices are multiplied by a factor drawn log-uniformly from 1/spread to spread, a model and version at a time. */
  priceSpread: number;
  /** Share of the prompts that is kept for validation. */
  validationShare: number;
}

export const verlDefaults: VerlOptions = {
  seed: 1,
  versions: 2,
  lambdas: [0, 0.1, 0.3, 1, 3],
  priceSpread: 4,
  validationShare: 0.1,
};

/** By the mean score of all models that were recorded: below 0.15, up to 0.65, above. */
export type Difficulty = 'hard' | 'medium' | 'easy';

/** One line of the data set; the names are verl's. */
export interface VerlRow {
  prompt: { role: string; content: string }[];
  data_source: string;
  ability: string;
  reward_model: { style: string; ground_truth: string };
  agent_name: string;
  extra_info: {
    index: number;
    split: 'train' | 'validation';
    difficulty: Difficulty;
    lambda: number;
    /** Mean cost of the pool's dearest model at this version's prices, USD: what lambda is relative to. */
    cost_ref_usd: number;
    /** Tools of this version, in order. */
    tool_selection: string[];
    need_tools_kwargs: boolean;
    tools_kwargs: {
      row_id: string;
      query: string;
      /** JSON object: factor of each tool's price in this version. */
      price_factors: string;
      /** JSON object: what each tool's model made of this prompt, `{score, cost_usd}` at recorded prices. */
      outcomes: string;
    };
  };
}

export interface VerlTool {
  name: string;
  model: string;
}

const SELECT = 'select_response';
const HARD_BELOW = 0.15;
const MEDIUM_UP_TO = 0.65;

/** What the router is told; the same for every row, so that a prefix cache holds it. */
export const VERL_SYSTEM_PROMPT = `You route requests to language models. Each function whose name begins with call_ asks one model the request as it stands, with the system prompt you write for it.
Think briefly inside <think></think> first. Then either answer a trivial request yourself in plain text, or call one model or several at once, or release an answer that is in by calling ${SELECT} alone.
The request states what a call of each model costs on average and how much cost matters: 0 means not at all.
`;

/** Tools of the models, under names that every server takes. */
export function verlTools(models: readonly string[]): VerlTool[] {
  const taken = new Set<string>([SELECT]);
  return models.map((model) => {
    const base = `call_${model.replace(/[^A-Za-z0-9]+/g, '_')}`.slice(0, 60);
    let name = base;
    for (let count = 2; taken.has(name); count++) name = `${base}_${count}`;
    taken.add(name);
    return { name, model };
  });
}

/** @param rows prompts with the outcomes of at least two models; others are left out */
export function verlRows(
  rows: readonly TableRow[],
  tools: readonly VerlTool[],
  options: VerlOptions,
): VerlRow[] {
  const meanUsd = meanCosts(rows, tools);
  const result: VerlRow[] = [];
  for (const row of rows) {
    const known = tools.filter(({ model }) => row.outcomes.has(model));
    if (known.length < 2 || row.view.text === '') continue;
    const split = unit(options.seed, 'split', row.id) < options.validationShare ? 'validation' : 'train';
    for (let version = 0; version < options.versions; version++) {
      result.push(oneVersion(row, known, meanUsd, split, version, result.length, options));
    }
  }
  return result;
}

function oneVersion(
  row: TableRow,
  known: readonly VerlTool[],
  meanUsd: ReadonlyMap<string, number>,
  split: 'train' | 'validation',
  version: number,
  index: number,
  options: VerlOptions,
): VerlRow {
  const draw = (...what: (string | number)[]) => unit(options.seed, row.id, version, ...what);
  const size = 2 + Math.floor(draw('size') * (known.length - 1));
  const pool = known
    .map((tool) => ({ tool, order: draw('order', tool.model) }))
    .sort((a, b) => a.order - b.order)
    .slice(0, size)
    .map(({ tool }) => tool);
  const factors = new Map(
    pool.map(({ name }) => [name, options.priceSpread ** (2 * draw('price', name) - 1)]),
  );
  const priceOf = ({ name, model }: VerlTool) => meanUsd.get(model)! * factors.get(name)!;
  const lambda = options.lambdas[Math.floor(draw('lambda') * options.lambdas.length)]!;
  const outcomes = pool.map(({ name, model }) => {
    const { score, costUsd } = row.outcomes.get(model)!;
    return [name, { score, cost_usd: costUsd }];
  });
  const prices = pool.map((tool) => `${tool.name} ${priceOf(tool).toPrecision(3)}`).join(', ');
  const asked = `Cost of a call in USD: ${prices}. Cost sensitivity: ${lambda}.\n\n${row.view.text}`;
  return {
    prompt: [
      { role: 'system', content: VERL_SYSTEM_PROMPT },
      { role: 'user', content: asked },
    ],
    data_source: row.task ?? 'xrouter',
    ability: 'routing',
    reward_model: { style: 'rule', ground_truth: row.id },
    agent_name: 'xrouter_agent',
    extra_info: {
      index,
      split,
      difficulty: difficultyOf(row),
      lambda,
      cost_ref_usd: Math.max(...pool.map(priceOf)),
      tool_selection: [SELECT, ...pool.map(({ name }) => name)],
      need_tools_kwargs: true,
      tools_kwargs: {
        row_id: row.id,
        query: row.view.text,
        price_factors: JSON.stringify(Object.fromEntries(factors)),
        outcomes: JSON.stringify(Object.fromEntries(outcomes)),
      },
    },
  };
}

function difficultyOf(row: TableRow): Difficulty {
  let sum = 0;
  for (const { score } of row.outcomes.values()) sum += score;
  const mean = sum / row.outcomes.size;
  return mean < HARD_BELOW ? 'hard' : mean <= MEDIUM_UP_TO ? 'medium' : 'easy';
}

/** Mean recorded cost of each model, USD. */
function meanCosts(rows: readonly TableRow[], tools: readonly VerlTool[]): Map<string, number> {
  const means = new Map<string, number>();
  for (const { model } of tools) {
    const costs = rows.flatMap(({ outcomes }) => outcomes.get(model)?.costUsd ?? []);
    means.set(model, costs.reduce((sum, cost) => sum + cost, 0) / Math.max(1, costs.length));
  }
  return means;
}

/** A uniform number in [0, 1) that depends on the parts alone: a row's versions do not change with the table. */
function unit(...parts: (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const char of parts.join('\u0000')) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
