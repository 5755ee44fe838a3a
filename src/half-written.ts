/**
 * What is written beside a target before it is renamed to it: its name, and which of them no living process is
 * writing any more. A process that is killed, or runs out of memory, cannot tidy up; the next writer does.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Where nobody can be asked whether the writer lives, it has given up after so long without a write. */
const GIVEN_UP_MS = 24 * 3600 * 1000;

const NAME = /^([0-9a-f]{8})-(\d+)-[0-9a-f]{6}\.tmp$/;

/** A name of its own for each write: threads and containers may have the same number. */
export function besideName(target: string): string {
  return `${target}.${place()}-${process.pid}-${randomBytes(3).toString('hex')}.tmp`;
}

/** Removes what killed writers of the target left beside it. What cannot be removed stays: it is in nobody's way. */
export async function removeAbandoned(target: string): Promise<void> {
  const folder = dirname(target);
  const prefix = `${basename(target)}.`;
  for (const name of await readdir(folder).catch(() => [])) {
    const [, where, pid] = (name.startsWith(prefix) && NAME.exec(name.slice(prefix.length))) || [];
    if (where === undefined) continue;
    const path = join(folder, name);
    try {
      if (await isAbandoned(path, where, Number(pid))) await rm(path, { recursive: true, force: true });
    } catch {}
  }
}

async function isAbandoned(path: string, where: string, pid: number): Promise<boolean> {
  // Our own number may have been another's, in a container that was started anew.
  if (where === place() && pid !== process.pid) return !runs(pid);
  return Date.now() - (await stat(path)).mtimeMs > GIVEN_UP_MS;
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be signalled, but is there.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

let known: string | undefined;

/** Within it a process number means one process: the machine and, on Linux, the container. */
function place(): string {
  known ??= createHash('sha256').update(`${hostname()} ${pidNamespace()}`).digest('hex').slice(0, 8);
  return known;
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
