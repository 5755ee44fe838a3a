/** Progress notifications: one at once, so that a client's idle timer is reset, then only what is new. */
import type { ServerContext } from '@modelcontextprotocol/server';
import type { Call } from './calls.ts';

/** Often enough for a person who watches. */
const EVERY_MS = 250;
/** A sign of life where nothing is new; clients count silence, the strictest from about a minute. */
const SILENCE_MS = 5_000;

/** Reports on a call until the returned function is called. Silent where the client asked for none. */
export function reportProgress(call: Call, ctx: ServerContext): () => void {
  const progressToken = ctx.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return () => {};
  let progress = 0;
  let told = '';
  let toldAtMs = 0;
  const report = () => {
    const now = Date.now();
    if (call.phase === told && now - toldAtMs < SILENCE_MS) return;
    told = call.phase;
    toldAtMs = now;
    const params = { progressToken, progress: progress++, message: told };
    // The client may be gone, which its signal tells; there is nobody to tell that progress got lost.
    ctx.mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {});
  };
  report();
  const timer = setInterval(report, EVERY_MS);
  return () => clearInterval(timer);
}
