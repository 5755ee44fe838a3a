/** Training of the embedded policy from outcome tables. */
import { PromptEmbedder, readingLength } from '../policy/embedded/embedding.ts';
import { FEATURE_VERSION, HASH_BUCKETS } from '../policy/embedded/features.ts';
import type { CandidateWeights, ExpertWeights, PolicyWeights } from '../policy/embedded/weights.ts';
import type { DapoOptions } from './dapo.ts';
import type { Forecasts } from './environment.ts';
import { fitEmbedding } from './fit-embedding.ts';
import { fitBackground } from './fit-familiarity.ts';
import { fitOwnEmbedding } from './fit-own-embedding.ts';
import { packWordScores, selectRows } from './fit-words.ts';
import { Random } from './random.ts';
import { type Outcome, type OutcomeTable, requireLearnable, type TableRow } from './table.ts';
import { noWords, trainExpert } from './train-expert.ts';
import { type HeldOut, heldOutForecasts, trainSequence } from './train-sequence.ts';

export interface TrainOptions {
  seed?: number;
  name?: string;
  /** Trees of each expert: more are a little more exact, larger and slower. Default 120. */
  trees?: number;
  /** Told what is being done, a line each. */
  progress?: (line: string) => void;
  /** Changes to the reinforcement of sequences; `false`: none, the lookahead decides alone. */
  dapo?: Partial<DapoOptions> | false;
}

/** Tables whose pools overlap at least so much (shared over all) teach one expert together. */
const SAME_POOL = 0.8;

/**
 * Trains one policy on one or more tables; tables with different pools each get their own expert. What it reads of a
 * prompt are its words, or the vectors that `embedTables` attached.
 * @throws XrouterError `invalid_file` where nothing can be learned from a table
 */
export function trainPolicy(tables: readonly OutcomeTable[], options: TrainOptions = {}): PolicyWeights {
  const { weights, heldOut } = fitPredictor(tables, options);
  return { ...weights, sequence: trainSequence(heldOut, options) };
}

/** The first half of `trainPolicy`: a policy that knows one call, and what it expected of rows it was not shown. */
export function fitPredictor(
  tables: readonly OutcomeTable[],
  options: TrainOptions = {},
): { weights: PolicyWeights; heldOut: Forecasts } {
  const { seed = 1, name = 'embedded', progress = () => {} } = options;
  for (const table of tables) requireLearnable(table);
  const random = new Random(seed);
  const everything = tables.flatMap((table) => table.rows);
  progress(`reading ${everything.length} prompts`);
  const views = everything.map((row) => row.view);
  const own = views.some((view) => view.embedding);
  const { embedding, words } = own
    ? { embedding: fitOwnEmbedding(tables, random), words: noWords(views.length) }
    : fitEmbedding(views, random);
  const embedder = new PromptEmbedder(embedding);
  const hardness: number[] = [];
  const vectors = views.map((view) => {
    embedder.embed(view);
    hardness.push(embedder.bearing.hardness());
    return Float32Array.from(embedder.vector);
  });
  const background = fitBackground(vectors, readingLength(embedding.dimensions), hardness);
  const rowNumber = new Map(everything.map((row, i) => [row, i]));

  const groups = groupByPool(tables);
  const ids = [...new Set(groups.flatMap((group) => group.models))].sort();
  const candidates = ids.map((id) => candidateOf(id, everything));
  const position = new Map(ids.map((id, i) => [id, i]));
  const held: HeldOut[] = [];
  const taskWords: { weights: Float64Array; tasks: number }[] = [];
  let scores = 0;
  const experts = groups.map(({ rows, models }, at): ExpertWeights => {
    progress(`expert ${at + 1} of ${groups.length}: ${rows.length} rows, ${models.length} models`);
    const numbers = rows.map((row) => rowNumber.get(row)!);
    const fit = trainExpert(
      {
        rows,
        vectors: numbers.map((i) => vectors[i]!),
        words: selectRows(words, numbers),
        dimensions: embedding.dimensions,
        background,
        candidates: models,
        trees: options.trees,
      },
      random,
    );
    // A candidate of several pools costs more on the prompts of one than on those of another.
    const dearer = models.map((id) => costRatioOn(rows, candidates[position.get(id)!]!));
    fit.expert.costScale.forEach((_, j) => {
      fit.expert.costScale[j]! *= dearer[j]!;
    });
    fit.heldOut.costRatio.data.forEach((_, at) => {
      fit.heldOut.costRatio.data[at]! *= dearer[at % models.length]!;
    });
    progress(`  tells tasks apart in ${(100 * fit.taskAccuracy).toFixed(1)} % of the rows it was not shown`);
    held.push({ rows, models, ...fit.heldOut });
    let wordScoresFrom = -1;
    if (fit.taskWords) {
      const tasks = fit.taskWords.length / HASH_BUCKETS;
      wordScoresFrom = readingLength(embedding.dimensions) + scores;
      scores += tasks;
      taskWords.push({ weights: fit.taskWords, tasks });
    }
    return { candidates: Int32Array.from(models, (id) => position.get(id)!), ...fit.expert, wordScoresFrom };
  });
  const weights = {
    name,
    featureVersion: FEATURE_VERSION,
    seed,
    rows: everything.length,
    embedding: { ...embedding, ...packWordScores(taskWords, scores, embedding.idf) },
    background,
    candidates,
    experts,
  };
  return { weights, heldOut: heldOutForecasts(candidates, held) };
}

interface PoolGroup {
  rows: TableRow[];
  models: string[];
}

function groupByPool(tables: readonly OutcomeTable[]): PoolGroup[] {
  const groups: PoolGroup[] = [];
  for (const { rows, models } of tables) {
    const group = groups.find((other) => {
      const shared = models.filter((id) => other.models.includes(id)).length;
      return shared / (models.length + other.models.length - shared) >= SAME_POOL;
    });
    if (!group) {
      groups.push({ rows: [...rows], models: [...models] });
      continue;
    }
    group.rows = group.rows.concat(rows);
    group.models = [...new Set([...group.models, ...models])].sort();
  }
  return groups;
}

/** Mean cost of a candidate on these rows over the mean cost that the policy goes by. */
export function costRatioOn(rows: readonly TableRow[], { id, meanCostUsd }: CandidateWeights): number {
  return meanCostUsd > 0 ? candidateOf(id, rows).meanCostUsd / meanCostUsd : 1;
}

/** What a candidate's calls on these rows cost, and how long they were. */
export function candidateOf(id: string, rows: readonly TableRow[]): CandidateWeights {
  const outcomes = rows.flatMap((row) => row.outcomes.get(id) ?? []);
  const meanCostUsd = meanOf(outcomes.map(({ costUsd }) => costUsd))!;
  // Tokens may be counted for short calls only: then they are as many more as all calls are dearer.
  const mean = (of: (outcome: Outcome) => number | undefined): number | undefined => {
    const counted = outcomes.filter((outcome) => of(outcome) !== undefined);
    const tokens = meanOf(counted.map((outcome) => of(outcome)!));
    const countedUsd = meanOf(counted.map(({ costUsd }) => costUsd));
    return tokens && countedUsd ? tokens * (meanCostUsd / countedUsd) : tokens;
  };
  const meanInputTokens = mean((outcome) => outcome.inputTokens);
  const meanOutputTokens = mean((outcome) => outcome.outputTokens);
  return {
    id,
    meanCostUsd,
    // Every call reads and writes something: tokens that are all 0 were not counted.
    ...(meanInputTokens && { meanInputTokens }),
    ...(meanOutputTokens && { meanOutputTokens }),
  };
}

function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
