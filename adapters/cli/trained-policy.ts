/** From flags to a trained policy and what it reads: what `calibrate`, `decide`, `eval` and `replay` share. */
import type { Command } from 'commander';
import type { Candidate } from '../../src/index.ts';
import {
  embedRows,
  loadPolicyWeights,
  type PolicyWeights,
  poolFromFile,
  requireEmbeddings,
  shippedPolicyPath,
  type TablePrompt,
} from '../../src/learn/index.ts';
import { embeddingsFrom } from './embeddings.ts';
import { lambdas } from './flags.ts';
import { say } from './output.ts';

export interface PolicyAndTable {
  policy: string;
  table: string;
  embeddings?: string;
  catalog?: string;
  json?: boolean;
}

/** Adds the flags that say which policy is asked about which table. */
export function withPolicyAndTable(
  command: Command,
  table = 'outcome table, JSON lines, optionally .gz',
): Command {
  return command
    .option('--policy <file>', 'the policy; default: the shipped one', shippedPolicyPath())
    .requiredOption('--table <file>', table)
    .option('--embeddings <file>', 'module of the embeddings that the policy was trained with');
}

export const CATALOG = [
  '--catalog <file>',
  'pool file: prices of today, and benchmarks of models the policy never met',
] as const;
export const LAMBDAS = ['--lambda <a,b>', 'cost sensitivities', lambdas, [0] as number[]] as const;

/** A policy, ready to be asked. */
export interface TrainedPolicy {
  weights: PolicyWeights;
  /** Of the pool file; empty without one. */
  catalog: Candidate[];
  /** Prompts as the policy reads them: with their vectors where it was trained with own embeddings. */
  read<Row extends TablePrompt>(path: string, rows: Row[]): Promise<Row[]>;
}

/**
 * @throws XrouterError `invalid_file`; `invalid_config` where the policy was trained with other embeddings, or with none
 */
export async function openPolicy(flags: PolicyAndTable): Promise<TrainedPolicy> {
  const weights = await loadPolicyWeights(flags.policy);
  const embeddings = flags.embeddings === undefined ? undefined : await embeddingsFrom(flags.embeddings);
  requireEmbeddings(weights, embeddings, flags.policy);
  const catalog = flags.catalog === undefined ? [] : await poolFromFile(flags.catalog);
  const unused = withoutTokens(weights.candidates.filter(({ id }) => catalog.some((one) => one.id === id)));
  if (unused.length > 0)
    say(`${flags.catalog}: its prices of ${unused.join(', ')} are not used. ${COSTS_STAY}`);
  return {
    weights,
    catalog,
    read: async (path, rows) => (embeddings ? embedRows(path, rows, embeddings, { progress: say }) : rows),
  };
}

/** Why a price of today may change nothing. */
export const COSTS_STAY =
  'Without input_tokens and output_tokens in the table of training, costs stay those of that table.';

/** Candidates whose calls have a cost but no length, so that no price of today says what they cost now. */
export function withoutTokens(candidates: PolicyWeights['candidates']): string[] {
  return candidates
    .filter(({ meanInputTokens, meanOutputTokens }) => !meanInputTokens || !meanOutputTokens)
    .map(({ id }) => id);
}
