/** Files that are there whole or not at all. */
import { open, rename, rm } from 'node:fs/promises';
import { XrouterError } from '../errors.ts';

/**
 * Writes beside the target and renames: a reader, or an interrupted run, never meets half a file. Texts may be
 * as small as a line; they are gathered before they are written.
 * @throws XrouterError `invalid_file` where the path cannot be written
 */
export async function writeWhole(path: string, parts: Iterable<string | Uint8Array>): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(beside, 'w');
    try {
      for (const part of gathered(parts)) await file.write(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true });
    if (cause instanceof XrouterError) throw cause;
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new XrouterError('invalid_file', `${path} cannot be written: ${detail}.`, {
      hint: 'Check that the folder exists and may be written to.',
      cause,
    });
  }
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
