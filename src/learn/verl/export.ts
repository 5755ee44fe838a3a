/** `xrouter export verl`: an outcome table as what verl trains a router LLM on. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Candidate } from '../../catalog/candidate.ts';
import { XrouterError } from '../../errors.ts';
import { besideName, removeAbandoned } from '../../half-written.ts';
import { chatRequest } from '../../policy/served/chat.ts';
import { SELECT_TOOL, toolsetOf } from '../../policy/served/toolset.ts';
import { Random } from '../random.ts';
import { atScale, drawBetween, drawPool, withFlatPrice } from './draw.ts';
import { parquetOf } from './parquet.ts';
import { recordingLine } from './recording.ts';
import { type VerlRow, verlFields, verlRow } from './rows.ts';
import { type Source, type SourceRow, type Stratum, stratumOf } from './source.ts';
import { toolConfig } from './tool-config.ts';

export interface VerlOptions {
  seed: number;
  /** Versions of each training prompt, each with a pool, prices and lambda of its own; hard prompts get twice that. */
  versions: number;
  /** lambda is drawn log-uniformly between these; equal bounds fix it. */
  lambda: readonly [number, number];
  /** Fewest and most candidates of a row. */
  poolSize: readonly [number, number];
  /** Prices of training rows are multiplied by a factor from 1/x to x, drawn for each candidate; 1 leaves them. */
  priceFactor: number;
  /** Share of the prompts that is kept for validation: one version each, at list prices. */
  valShare: number;
  /** The router also writes a system prompt for each call. */
  instructions: boolean;
}

export const verlDefaults: VerlOptions = {
  seed: 1,
  versions: 1,
  lambda: [0.03, 3],
  poolSize: [3, 8],
  priceFactor: 2,
  valShare: 0.1,
  instructions: false,
};

/** Hard prompts are rare and teach most; those that nobody solved can teach only to give up. */
const REPEATS: Record<Stratum, number> = { easy: 1, medium: 1, hard: 2, unsolved: 0 };

interface VerlDataset {
  train: VerlRow[];
  val: VerlRow[];
  /** Prompts by stratum, before repetition. */
  strata: Record<Stratum, number>;
  toolConfig: string;
  /** Names of the tools that call a candidate. */
  callTools: string[];
}

/**
 * @param candidates every model of the rows; their prices are the list prices
 * @param atMs the time whose prices hold
 * @throws XrouterError `unknown_model` or `unknown_price`; `invalid_file` where too few rows are left to train on
 */
function verlDataset(
  rows: readonly SourceRow[],
  candidates: readonly Candidate[],
  options: VerlOptions,
  atMs: number,
): VerlDataset {
  const models = [...new Set(rows.flatMap(({ outcomes }) => [...outcomes.keys()]))].sort();
  const byId = new Map(candidates.map((candidate) => [candidate.id, candidate]));
  const priced = models.map((id) => {
    const candidate = byId.get(id);
    if (candidate) return withFlatPrice(candidate, atMs);
    throw new XrouterError('unknown_model', `The catalog does not have ${id}, which the table has.`, {
      hint: 'Give its price in a pool file with --catalog, or leave it out with --pool.',
    });
  });
  const draws = new Draws(rows, priced, options);
  const random = new Random(options.seed);
  const strata: Record<Stratum, number> = { easy: 0, medium: 0, hard: 0, unsolved: 0 };
  const forVal = new Set(random.order(rows.length).subarray(0, Math.round(options.valShare * rows.length)));
  const train: VerlRow[] = [];
  const val: VerlRow[] = [];
  for (const [index, row] of rows.entries()) {
    const stratum = stratumOf(row);
    strata[stratum]++;
    if (forVal.has(index)) {
      val.push(draws.version(row, stratum, 'val', val.length, random));
      continue;
    }
    for (let version = REPEATS[stratum] * options.versions; version > 0; version--) {
      train.push(draws.version(row, stratum, 'train', train.length, random));
    }
  }
  if (train.length === 0) {
    throw new XrouterError('invalid_file', 'No prompt is left to train on.', {
      hint: 'It takes prompts of plain text that at least two of the models were measured on, and one solved.',
    });
  }
  return { train: shuffled(train, random), val, strata, ...draws.tools() };
}

/** What a version of a row is drawn from. */
class Draws {
  readonly #priced: ReadonlyMap<string, Candidate>;
  readonly #meanUsd: Map<string, number>;
  readonly #names: Readonly<Record<string, string>>;
  readonly #options: VerlOptions;

  constructor(rows: readonly SourceRow[], priced: readonly Candidate[], options: VerlOptions) {
    this.#options = options;
    this.#priced = new Map(priced.map((candidate) => [candidate.id, candidate]));
    this.#names = Object.fromEntries(
      toolsetOf(priced, { select: SELECT_TOOL }).pool.map((name, i) => [priced[i]!.id, name]),
    );
    const spent = new Map<string, { usd: number; calls: number }>();
    for (const { outcomes } of rows) {
      for (const [model, { costUsd }] of outcomes) {
        const { usd, calls } = spent.get(model) ?? { usd: 0, calls: 0 };
        spent.set(model, { usd: usd + costUsd, calls: calls + 1 });
      }
    }
    this.#meanUsd = new Map([...spent].map(([model, { usd, calls }]) => [model, usd / calls]));
  }

  version(row: SourceRow, stratum: Stratum, split: 'train' | 'val', index: number, random: Random): VerlRow {
    const { lambda, poolSize, priceFactor, instructions } = this.#options;
    const meanUsd = (id: string) => this.#meanUsd.get(id)!;
    const byCost = [...row.outcomes.keys()].sort((a, b) => meanUsd(a) - meanUsd(b) || (a < b ? -1 : 1));
    const factor = split === 'train' ? priceFactor : 1;
    const pool = drawPool(byCost, poolSize, random).map((id) => {
      const scale = drawBetween([1 / factor, factor], random);
      return { candidate: atScale(this.#priced.get(id)!, scale), scale };
    });
    const dearestUsd = Math.max(...pool.map(({ candidate, scale }) => meanUsd(candidate.id) * scale));
    return verlRow({
      row,
      stratum,
      index,
      split,
      lambda: drawBetween(lambda, random),
      // Where all of it is free there is nothing for lambda to weigh.
      costRefUsd: dearestUsd > 0 ? dearestUsd : 1,
      pool,
      names: this.#names,
      instructions,
    });
  }

  tools(): Pick<VerlDataset, 'toolConfig' | 'callTools'> {
    const tools = toolsetOf([...this.#priced.values()], { select: SELECT_TOOL, names: this.#names });
    const input = { query: '', turns: [], tools, maxOutputTokens: 1, temperature: 1 };
    const definitions = chatRequest(input, this.#options.instructions).tools!;
    return { toolConfig: toolConfig(definitions, tools.models), callTools: [...tools.models.keys()] };
  }
}

function shuffled(rows: readonly VerlRow[], random: Random): VerlRow[] {
  return Array.from(random.order(rows.length), (at, index) => {
    const row = rows[at]!;
    return { ...row, extra_info: { ...row.extra_info, index } };
  });
}

export interface VerlSummary {
  trainRows: number;
  valRows: number;
  strata: Record<Stratum, number>;
  candidates: number;
  skipped: Record<string, number>;
  /** sha256 of each file, the manifest itself left out. */
  files: Record<string, string>;
}

/**
 * Writes `train.parquet`, `val.parquet`, `router_tools.yaml`, `recorded.jsonl` and the manifest `export.json`
 * into a new folder, which is there whole or not at all. The same rows, candidates and options give the same bytes.
 * @throws XrouterError `invalid_file` where the folder has files already or cannot be written
 */
export async function exportVerl(
  source: Source,
  candidates: readonly Candidate[],
  out: string,
  options: VerlOptions,
  atMs = Date.now(),
): Promise<VerlSummary> {
  await requireEmpty(out);
  const dataset = verlDataset(source.rows, candidates, options, atMs);
  const { train, val, strata, callTools } = dataset;
  const fields = verlFields(callTools);
  const contents = new Map<string, string | Uint8Array>([
    ['train.parquet', await parquetOf(fields, train)],
    ['val.parquet', await parquetOf(fields, val)],
    ['router_tools.yaml', dataset.toolConfig],
    ['recorded.jsonl', source.rows.map(recordingLine).join('')],
  ]);
  const files = Object.fromEntries([...contents].map(([name, content]) => [name, sha256(content)]));
  const summary: VerlSummary = {
    trainRows: train.length,
    valRows: val.length,
    strata,
    candidates: callTools.length,
    skipped: Object.fromEntries(source.skipped),
    files,
  };
  contents.set('export.json', `${JSON.stringify({ options, ...summary }, null, 2)}\n`);
  await writeFolder(out, contents);
  return summary;
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

async function requireEmpty(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw cannotWrite(folder, error);
  });
  if (found.length === 0) return;
  throw new XrouterError('invalid_file', `${folder} has files in it already.`, {
    hint: 'Name a new folder with --out, or empty this one.',
  });
}

async function writeFolder(
  folder: string,
  contents: ReadonlyMap<string, string | Uint8Array>,
): Promise<void> {
  const target = resolve(folder);
  await removeAbandoned(target);
  const beside = besideName(target);
  try {
    await mkdir(beside, { recursive: true });
    for (const [name, content] of contents) await writeFile(join(beside, name), content);
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    throw cannotWrite(folder, error);
  }
}

function cannotWrite(folder: string, cause: unknown): XrouterError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new XrouterError('invalid_file', `${folder} cannot be written: ${detail}.`, {
    hint: 'Check that it is a folder, or may be made.',
    cause,
  });
}
