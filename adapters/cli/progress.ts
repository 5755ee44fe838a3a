/** How far a long command is, on standard error: one line that rewrites itself, or now and then a new one. */
import { usd } from './table.ts';
import { columnsOf } from './terminal.ts';

export interface Progress {
  done: number;
  failed: number;
  total: number;
  spentUsd: number;
  remainingMs: number | undefined;
  /** Until anything goes on. */
  restMs?: number;
}

/** Where nobody watches, a line every so often is enough. */
const PLAIN_EVERY_MS = 10_000;
const TERMINAL_EVERY_MS = 100;

export function progressLine(stream: NodeJS.WriteStream = process.stderr) {
  const every = stream.isTTY ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS;
  let shownAt = performance.now() - (stream.isTTY ? every : 0);
  let open = false;
  return {
    show(progress: Progress): void {
      const now = performance.now();
      const isEnd = progress.done + progress.failed >= progress.total;
      // Nothing else is shown until a rest is over.
      const isRest = stream.isTTY && progress.restMs !== undefined;
      if (now - shownAt < every && !isEnd && !isRest) return;
      shownAt = now;
      if (!stream.isTTY) {
        stream.write(`${wordsOf(progress)}\n`);
        return;
      }
      // A longer line would go on in the next, which no return comes back from.
      stream.write(`\r${wordsOf(progress).slice(0, (columnsOf(stream) ?? 80) - 1)}\x1b[K`);
      open = true;
    },
    /** Leaves the last state standing. */
    end(): void {
      if (open) stream.write('\n');
      open = false;
    },
  };
}

function wordsOf({ done, failed, total, spentUsd, remainingMs, restMs }: Progress): string {
  const parts = [`${done} of ${total} outcomes`, `${usd(spentUsd)} spent`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (remainingMs !== undefined && done < total) parts.push(`${duration(remainingMs)} left`);
  if (restMs !== undefined) parts.push(`waiting ${duration(restMs)} before the next call`);
  return parts.join(', ');
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
