/** Node's SQLite, loaded when the first file is opened, so that who keeps no file does not pay for it. */
import { XrouterError } from '../errors.ts';

type SqliteModule = typeof import('node:sqlite');

let loaded: SqliteModule | undefined;

/** @throws XrouterError `ledger_unavailable` where this Node has no SQLite */
export function loadSqlite(): SqliteModule {
  loaded ??= withoutExperimentalWarning(() => process.getBuiltinModule('node:sqlite'));
  if (!loaded) {
    throw new XrouterError('ledger_unavailable', `Node ${process.version} has no node:sqlite.`, {
      hint: 'Use Node 22.19 or newer, or the ledger in memory (path ":memory:").',
    });
  }
  return loaded;
}

/**
 * Node 22 warns once, at the load of the module, on the user's terminal, about a choice the user did not make.
 * The load is synchronous, so no other code can warn meanwhile, and other warnings pass all the same.
 */
function withoutExperimentalWarning<T>(load: () => T): T {
  const emitWarning = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    const isSqlite = rest[0] === 'ExperimentalWarning' && String(warning).includes('SQLite');
    if (!isSqlite) Reflect.apply(emitWarning, process, [warning, ...rest]);
  }) as typeof process.emitWarning;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
