/** What a client sees of one answer on the socket, without any library that smooths it over. */
import { request } from 'node:http';

export interface Observed {
  status?: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** How it ended; `silent`: nothing came for `silenceMs`, and the client left. */
  ended: 'clean' | 'cut' | 'silent';
  /** Packets in which the body came. */
  packets: Buffer[];
  /** Time until the headers. */
  headersMs?: number;
}

export function observe(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
  silenceMs = 250,
): Promise<Observed> {
  return new Promise((resolve) => {
    const seen: Observed = { headers: {}, body: '', ended: 'cut', packets: [] };
    const startedAt = performance.now();
    let timer: NodeJS.Timeout;
    const end = (ended: Observed['ended']) => {
      clearTimeout(timer);
      seen.ended = ended;
      seen.body = Buffer.concat(seen.packets).toString();
      resolve(seen);
    };
    const req = request(`${url}/chat/completions`, { method: 'POST', headers, agent: false });
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        end('silent');
        req.destroy();
      }, silenceMs);
    };
    heard();
    req.on('error', () => end('cut'));
    req.on('response', (res) => {
      heard();
      seen.status = res.statusCode;
      seen.headers = res.headers;
      seen.headersMs = performance.now() - startedAt;
      res.on('data', (chunk: Buffer) => {
        heard();
        seen.packets.push(chunk);
      });
      res.on('end', () => end('clean'));
      res.on('error', () => end('cut'));
    });
    req.end(JSON.stringify(body));
  });
}

/** The JSON of each event of a stream; text where it is not JSON. */
export function eventsOf(body: string): unknown[] {
  return body
    .split(/\r?\n\r?\n/)
    .filter((event) => event.startsWith('data: '))
    .map((event) => {
      const data = event.slice('data: '.length).trim();
      try {
        return JSON.parse(data);
      } catch {
        return data;
      }
    });
}

interface Delta {
  content?: string;
  tool_calls?: { index: number; id?: string; function: { name?: string; arguments?: string } }[];
}

/** The answer a lenient client would put together. */
export function assemble(seen: Observed, mode: 'json' | 'stream') {
  type Choice = { delta?: Delta; message?: Delta; finish_reason: string | null };
  type Body = { choices?: Choice[]; usage?: Record<string, number> | null; error?: { message: string } };
  let bodies: Body[] = [];
  if (mode === 'stream')
    bodies = eventsOf(seen.body).filter((event): event is Body => typeof event === 'object');
  else {
    try {
      bodies = [JSON.parse(seen.body) as Body];
    } catch {}
  }
  let text = '';
  let tokens = 0;
  let finish: string | null | undefined;
  let usage: Record<string, number> | undefined;
  let error: string | undefined;
  const calls: string[] = [];
  for (const body of bodies) {
    const choice = body.choices?.[0];
    const delta = choice?.delta ?? choice?.message;
    if (delta?.content) {
      text += delta.content;
      tokens++;
    }
    for (const [at, call] of (delta?.tool_calls ?? []).entries()) {
      const index = call.index ?? at;
      calls[index] = (calls[index] ?? '') + (call.function.arguments ?? '');
    }
    finish = choice?.finish_reason ?? finish;
    usage = body.usage ?? usage;
    error = body.error?.message ?? error;
  }
  return { text, tokens, finish, usage, error, calls };
}
