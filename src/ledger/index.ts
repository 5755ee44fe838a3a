/** Which ledger: the shared file by default, memory where nothing is to be kept. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createMemoryLedger } from './memory.ts';
import { createMemoryEpisodes } from './memory-episodes.ts';
import type { SqliteLedger, SqliteLedgerOptions } from './sqlite.ts';
import { openSqliteLedger } from './sqlite.ts';

export type { BindingBudget, BudgetConfig, BudgetedRequest } from './budgets.ts';
export { budgetScopes, standingBudgets, utcDay } from './budgets.ts';
export type {
  EpisodeFilter,
  EpisodeOptions,
  EpisodeStore,
  EpisodeWithPrompt,
  Feedback,
  FeedbackTarget,
  LearningFacts,
  StoredEpisode,
} from './episodes.ts';
export { explorationBudget, isExploration } from './exploration.ts';
export { lazyLedger } from './lazy.ts';
export type * from './ledger.ts';
export type { MemoryLedgerOptions } from './memory.ts';
export { createMemoryLedger } from './memory.ts';
export type { ExceededBudget } from './rules.ts';
export { BudgetExceededError } from './rules.ts';
export type { SqliteLedger, SqliteLedgerOptions } from './sqlite.ts';

/** The ledger file, or `:memory:` for an account that ends with the process. Default `defaultLedgerPath()`. */
export type OpenLedgerOptions = Partial<SqliteLedgerOptions>;

/** @throws XrouterError `ledger_unavailable`, with what to do */
export async function openLedger(options: OpenLedgerOptions = {}): Promise<SqliteLedger> {
  const path = options.path ?? defaultLedgerPath();
  if (path !== ':memory:') return openSqliteLedger({ ...options, path });
  const ledger = createMemoryLedger({ nowMs: options.nowMs });
  return Object.assign(ledger, { episodeStore: createMemoryEpisodes(options.episodes) });
}

/** One file for each user of the machine, so that all their programs share its budgets. */
export function defaultLedgerPath(): string {
  const dataFolder =
    process.platform === 'win32'
      ? (process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'))
      : (process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'));
  return join(dataFolder, 'xrouter', 'ledger.sqlite');
}
