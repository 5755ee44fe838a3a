/** Plays a planned response onto a socket: in time, with its fault, counting what left. */
import type { ServerResponse } from 'node:http';

export interface Piece {
  data: string | Buffer;
  /** Output tokens this piece carries. */
  tokens: number;
}

export interface Plan {
  status: number;
  headers: Record<string, string | number>;
  /** Time until the headers. */
  headersMs: number;
  /** Time from the headers to the first piece. */
  firstPieceMs: number;
  /** Time a token takes; 0: all at once. */
  tokenMs: number;
  pieces: Piece[];
  /** `end`: cleanly. `cut`: the connection is destroyed. `stall`: nothing more comes. `hang`: not even headers. */
  ending: 'end' | 'cut' | 'stall' | 'cut-before-headers' | 'hang';
  /** Every piece is a packet of its own. */
  separate?: boolean;
}

/** Pieces that fall due within this time leave in one write, so that many paced streams stay cheap. */
const TICK_MS = 15;

/**
 * @param sent is told of tokens before they leave, so that the count is never behind the client's
 * @param ended is told, once, before the last byte leaves: true where all was played, false where the
 *   client went away before
 */
export function play(
  res: ServerResponse,
  plan: Plan,
  sent: (tokens: number) => void,
  ended: (played: boolean) => void,
): void {
  let timer: NodeJS.Timeout | undefined;
  let finished = false;
  const finish = (played: boolean) => {
    clearTimeout(timer);
    if (finished) return;
    finished = true;
    ended(played);
  };
  res.on('close', () => finish(false));
  res.on('error', () => finish(false));

  const wait = (ms: number, next: () => void) => {
    if (ms <= 0) next();
    else timer = setTimeout(next, ms);
  };

  const headers = () => {
    if (res.destroyed) return;
    if (plan.ending === 'hang') return;
    if (plan.ending === 'cut-before-headers') {
      finish(true);
      res.socket?.destroy();
      return;
    }
    res.writeHead(plan.status, plan.headers);
    if (plan.firstPieceMs > 0 || plan.ending !== 'end') res.flushHeaders();
    wait(plan.firstPieceMs, () => body(0, performance.now()));
  };

  const body = (from: number, startedAt: number) => {
    if (res.destroyed) return;
    let to = from;
    if (plan.separate) to = Math.min(from + 1, plan.pieces.length);
    else if (plan.tokenMs <= 0) to = plan.pieces.length;
    else {
      const due = Math.floor((performance.now() - startedAt) / plan.tokenMs) + 1;
      to = Math.min(Math.max(due, from + 1), plan.pieces.length);
    }
    const last = to >= plan.pieces.length;
    const now = plan.pieces.slice(from, to);
    for (const piece of now) sent(piece.tokens);
    const data = joined(now);
    if (!last) {
      res.write(data);
      const pause = plan.separate ? Math.max(plan.tokenMs, 1) : Math.max(plan.tokenMs, TICK_MS);
      timer = setTimeout(() => body(to, startedAt), pause);
      return;
    }
    if (plan.ending === 'end') {
      finish(true);
      res.end(data);
    } else {
      if (data.length > 0) res.write(data);
      if (plan.ending !== 'cut') return;
      finish(true);
      const { socket } = res;
      // The bytes written so far leave first; then the connection is gone without the body's end.
      socket?.end(() => socket.destroy());
    }
  };

  wait(plan.headersMs, headers);
}

function joined(pieces: Piece[]): string | Buffer {
  if (pieces.length === 1) return pieces[0]!.data;
  let text = '';
  for (const { data } of pieces) {
    if (typeof data !== 'string') return Buffer.concat(pieces.map((piece) => Buffer.from(piece.data)));
    text += data;
  }
  return text;
}
