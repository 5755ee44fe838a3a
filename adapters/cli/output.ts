/** What all commands print by: one JSON document on standard output, everything for people on standard error. */
import { readFileSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { columnsOf, printable, shown, wrap } from './terminal.ts';

/** Prints the command's one JSON document. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Prints a line for a person. */
export function say(line: string): void {
  const width = columnsOf(process.stderr);
  const text = shown(printable(line));
  process.stderr.write(`${width === undefined ? text : folded(text, width)}\n`);
}

function folded(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => wrap(line, width, `${/^ */.exec(line)![0]}  `))
    .join('\n');
}

/**
 * Whoever reads may stop early, as `head` does: then there is nobody to tell, and the command goes on to its end, so
 * that calls under way are still accounted. That the output has no room is a failure like any other.
 */
export function surviveLostOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') fail(`standard output cannot be written: ${error.message}.`);
  });
  process.stderr.on('error', () => {});
}

/** Ends the command as failed: one line that says why and what to do. Exit status 1. */
export function fail(error: unknown): void {
  say(
    `xrouter: ${reasonOf(error)
      .replace(/\s*\n\s*/g, ' ')
      .trim()}`,
  );
  process.exitCode = 1;
}

/** Why it went wrong and, where the error says so, what to do. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint = 'hint' in error && typeof error.hint === 'string' ? ` ${error.hint}` : '';
  return `${error.message}${hint}`;
}

/** A wrong use of the command line: exit status 2. */
export class UsageError extends Error {}

/**
 * A swapped flag must not cost a table that was paid for.
 * @throws UsageError where `--out` names one of the files that are read
 */
export function requireOtherThan(out: string, ...read: (string | undefined)[]): void {
  if (read.some((path) => path !== undefined && realPath(path) === realPath(out))) {
    throw new UsageError(`--out ${out} is what this command reads, and would be lost. Name another file.`);
  }
}

/** Where a path leads, behind links, which are written through. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

export function version(): string {
  for (const relative of ['../../package.json', '../package.json', '../../../package.json']) {
    try {
      return JSON.parse(readFileSync(new URL(relative, import.meta.url), 'utf8')).version;
    } catch {}
  }
  return 'unknown';
}
