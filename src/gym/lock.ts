/** One collection at a time into one table: the later one would overwrite what the earlier one paid for. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { XrouterError } from '../errors.ts';

/** Of this process; a lock file with its number that is not among them is of a dead one that had the same. */
const held = new Set<string>();

/**
 * Takes the lock of a table, also over from a process that was killed.
 * @returns gives it back
 * @throws XrouterError `invalid_file` where another collection writes the table, or the folder cannot be written
 */
export function lockTable(out: string): () => void {
  const path = `${out}.lock`;
  for (let tries = 0; tries < 2; tries++) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      held.add(path);
      return () => {
        held.delete(path);
        rmSync(path, { force: true });
      };
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code !== 'EEXIST') {
        // A full disk has room for its name only.
        rmSync(path, { force: true });
        throw new XrouterError('invalid_file', `${path} cannot be written: ${message}.`, {
          hint: 'It stands beside the table; choose an output file in a folder you can write to, with room.',
          cause,
        });
      }
      if (isHeld(path)) break;
      rmSync(path, { force: true });
    }
  }
  throw new XrouterError('invalid_file', `Another collection is writing ${out}.`, {
    hint: `Wait until it ends or choose another output file; if there is none, remove ${path}.`,
  });
}

function isHeld(path: string): boolean {
  let owner: number;
  try {
    owner = Number(readFileSync(path, 'utf8'));
  } catch {
    // It was given back just now.
    return false;
  }
  if (owner === process.pid) return held.has(path);
  // An empty one is being written at this moment.
  if (!(owner > 0)) return true;
  try {
    process.kill(owner, 0);
    return true;
  } catch (error) {
    // A process of another user is there, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
