/** The candidates of a request as tools of the router. */
import type { Candidate } from '../../catalog/candidate.ts';
import type { ModelSpec } from './contract.ts';
import { describeCandidate } from './describe.ts';
import { toolName } from './framing.ts';
import type { RouterTools } from './move.ts';

/** Name of the tool that releases an answer, in our own prompt; a contract brings its own. */
export const SELECT_TOOL = 'select_response';

export interface Toolset extends RouterTools {
  /** Model ids as the router knows them, in the pool's order. */
  pool: readonly string[];
  /** Those the contract has no words for. */
  newModels: ReadonlyMap<string, ModelSpec>;
}

export interface ToolsetOptions {
  /** Models the router was trained on; `undefined`: none. */
  known?: ReadonlyMap<string, ModelSpec>;
  /** Candidate id to the router's model id, where the two do not follow from each other. */
  names?: Readonly<Record<string, string>>;
  select?: string;
}

/** Two candidates never share a tool: the second one gets a number. */
export function toolsetOf(candidates: readonly Candidate[], options: ToolsetOptions): Toolset {
  const pool: string[] = [];
  const newModels = new Map<string, ModelSpec>();
  const models = new Map<string, string>();
  for (const candidate of candidates) {
    const wanted =
      options.names?.[candidate.id] ?? knownName(candidate, options.known) ?? shortName(candidate);
    let id = wanted;
    for (let count = 2; models.has(toolName(id)) || toolName(id) === options.select; count++)
      id = `${wanted}-${count}`;
    if (!options.known?.has(id)) newModels.set(id, describeCandidate(candidate));
    pool.push(id);
    models.set(toolName(id), candidate.id);
  }
  return { pool, newModels, models, select: options.select };
}

function knownName(candidate: Candidate, known: ToolsetOptions['known']): string | undefined {
  const names = [candidate.model, candidate.id, shortName(candidate), ...(candidate.aliases ?? [])];
  return names.find((name) => known?.has(name));
}

/** Function names may hold letters, digits, `_` and `-`, 64 in all, five of them `call_`. */
function shortName(candidate: Candidate): string {
  const last = candidate.model.slice(candidate.model.lastIndexOf('/') + 1);
  return last.replace(/[^\w.-]/g, '_').slice(0, 56) || 'model';
}
