/** One request in one line. */
import { formatUsd } from '../../src/index.ts';

/** What is told of a request once it is over. */
export interface RequestReport {
  atMs: number;
  method: string;
  path: string;
  /** HTTP status; 499 where the client left before the answer. */
  status: number;
  ms: number;
  /** Name of the key that was sent. */
  key?: string;
  /** Who answered. */
  model?: string;
  /** `null`: unknown. */
  costUsd?: number | null;
  episodeId?: string;
  /** Code of the error. */
  error?: string;
}

/** Time, status, model, duration, cost, key, episode. */
export function reportLine({ atMs, method, path, status, ms, key, model, ...rest }: RequestReport): string {
  const { costUsd, episodeId, error } = rest;
  const time = new Date(atMs).toISOString().slice(11, 19);
  const cost = costUsd === undefined ? [] : [costUsd === null ? 'cost unknown' : formatUsd(costUsd)];
  const what = model ?? `${method} ${safe(path)}`;
  const words = [time, status, what, `${Math.round(ms)} ms`, ...cost, key && `key ${key}`, error, episodeId];
  return words.filter((word) => word !== undefined && word !== '').join(' ');
}

/** A path is the client's text: it may not forge lines or reach the terminal. */
function safe(path: string): string {
  return path.slice(0, 80).replace(/[^\x21-\x7e]/g, '?');
}
