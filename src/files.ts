/** Files that are there whole or not at all. */
import { rmSync, type Stats } from 'node:fs';
import { access, constants, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { XrouterError } from './errors.ts';
import { besideName, removeAbandoned } from './half-written.ts';

/**
 * Writes beside the target and renames: a reader, or an interrupted run, never meets half a file. What a killed
 * writer of the same target left beside it is removed. Texts may be as small as a line; they are gathered before they
 * are written.
 * @throws XrouterError `invalid_file` where the path cannot be written, or is no file: a device would be replaced
 */
export async function writeWhole(path: string, parts: Iterable<string | Uint8Array>): Promise<void> {
  const { target, mode } = await targetOf(path);
  // First, so that a disk which they filled has room again.
  await removeAbandoned(target);
  const beside = besideName(target);
  const written = onInterrupt(() => rmSync(beside, { force: true }));
  try {
    const file = await open(beside, 'wx', mode);
    try {
      // The user's mask took from what was there.
      if (mode !== undefined) await file.chmod(mode);
      // Not `write`, which on a nearly full disk writes a part and calls that success.
      for (const part of gathered(parts)) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, target);
  } catch (cause) {
    await rm(beside, { force: true });
    throw isSystemError(cause) ? cannotWrite(path, cause) : cause;
  } finally {
    written();
  }
}

/**
 * Before a signal ends the process. A program that listens to the signal itself is left to it.
 * @returns what ends it
 */
function onInterrupt(cleanUp: () => void): () => void {
  const signals = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).filter(
    (one) => process.listenerCount(one) === 0,
  );
  const end = () => {
    for (const signal of signals) process.off(signal, interrupted);
  };
  const interrupted = (signal: NodeJS.Signals) => {
    cleanUp();
    end();
    process.kill(process.pid, signal);
  };
  for (const signal of signals) process.on(signal, interrupted);
  return end;
}

/**
 * What takes minutes asks first whether its result can be written at all.
 * @throws XrouterError `invalid_file` where `writeWhole` would throw it
 */
export async function requireWritable(path: string): Promise<void> {
  const { target } = await targetOf(path);
  try {
    await access(dirname(target), constants.W_OK);
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

/** What a path is where it is no plain file; `undefined` where it is one. */
export function kindOfPath(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return 'a folder';
  return stats.isFIFO() ? 'a pipe' : 'a device';
}

/** A link is written through and not replaced; what is there keeps its permissions, and one to read only stays. */
async function targetOf(path: string): Promise<{ target: string; mode?: number }> {
  const there = await stat(path).catch(() => undefined);
  if (!there) return { target: path };
  const kind = kindOfPath(there);
  if (kind !== undefined) throw cannotWrite(path, `it is ${kind}`);
  try {
    await access(path, constants.W_OK);
    return { target: await realpath(path), mode: there.mode & 0o777 };
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

function cannotWrite(path: string, cause: unknown): XrouterError {
  const hint =
    typeof cause === 'string'
      ? 'Name a file.'
      : 'Check that the folder exists, may be written to, and has room.';
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new XrouterError('invalid_file', `${path} cannot be written: ${detail}.`, { hint, cause });
}

/** As opposed to what went wrong while the content was made. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

const GATHERED_CHARS = 1 << 16;

function* gathered(parts: Iterable<string | Uint8Array>): Generator<Uint8Array> {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part;
      if (text.length < GATHERED_CHARS) continue;
    }
    if (text !== '') yield Buffer.from(text);
    text = '';
    if (typeof part !== 'string') yield part;
  }
  if (text !== '') yield Buffer.from(text);
}
