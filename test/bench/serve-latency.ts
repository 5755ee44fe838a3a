/**
 * What the OpenAI-compatible server adds to a call: against the upstream asked directly, and against a plain
 * pass-through proxy of node:http and undici that reads nothing. Every server is a process of its own; short slices
 * of load are interleaved, so that what else the machine does hits all alike: read the differences and ratios.
 * Run: node test/bench/serve-latency.ts [rounds] [slice in ms]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { serveOpenAI } from '../../adapters/openai/index.ts';
import { createRouter } from '../../src/index.ts';
import { median } from './cpu.ts';

const TOKENS = 20;
const POOL = ['openai/gpt-4.1-nano', 'openai/gpt-4.1-mini', 'openai/gpt-4.1', 'openai/gpt-5-nano'];

/** Answers at once: 662 bytes of JSON, or 21 events in one write for each. */
function upstream(): void {
  const base = { id: 'chatcmpl-1', created: 1, model: 'gpt-4.1-nano' };
  const usage = { prompt_tokens: 200, completion_tokens: TOKENS, total_tokens: 200 + TOKENS };
  const message = { role: 'assistant', content: 'word '.repeat(90) };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  const whole = JSON.stringify({ ...base, object: 'chat.completion', choices, usage });
  const json = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${whole.length}\r\n\r\n${whole}`;
  const chunked = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
  const event = (value: object) =>
    chunked(`data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', ...value })}\n\n`);
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
  const words = event({ choices: [{ index: 0, delta: { content: 'word ' }, finish_reason: null }] });
  const end =
    event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }) + event({ choices: [], usage });
  const stream = [
    head,
    ...new Array<string>(TOKENS).fill(words),
    `${end}${chunked('data: [DONE]\n\n')}0\r\n\r\n`,
  ];
  const server = createNetServer({ noDelay: true }, (socket) => {
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (;;) {
        const start = text.indexOf('\r\n\r\n') + 4;
        const length = Number(/content-length: (\d+)/i.exec(text.slice(0, start))?.[1]);
        if (start < 4 || text.length < start + length) return;
        const body = text.slice(start, start + length);
        text = text.slice(start + length);
        if (body.includes('"stream":true')) for (const part of stream) socket.write(part);
        else socket.write(json);
      }
    });
  });
  server.listen(0, '127.0.0.1', () => tell((server.address() as AddressInfo).port));
}

function passThrough(to: string): void {
  const dispatcher = new Agent({ connections: 1024 });
  const server = createHttpServer(async (asked, response) => {
    const { statusCode, headers, body } = await request(`${to}/chat/completions`, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': asked.headers['content-length'] },
      body: asked,
    });
    response.writeHead(statusCode, headers);
    body.pipe(response);
  });
  server.listen(0, '127.0.0.1', () => tell((server.address() as AddressInfo).port));
}

async function xrouter(to: string, ledger: string | undefined): Promise<void> {
  const env = { OPENAI_API_KEY: 'key', OPENAI_BASE_URL: to };
  const router = createRouter({ pool: POOL, ledger, budgets: { dayUsd: 1e6 } }, { env });
  const { port } = await serveOpenAI(router);
  tell(port);
}

function tell(port: number): void {
  process.send!({ port });
  process.on('message', () => process.send!(process.cpuUsage()));
  process.once('disconnect', () => process.exit());
}

async function start(kind: string, ...args: string[]): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(import.meta.filename, [kind, ...args], {
    execArgv: ['--disable-warning=ExperimentalWarning', ...(process.env.SERVER_FLAGS?.split(' ') ?? [])],
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { child, port };
}

async function cpuMs(child: ChildProcess): Promise<number> {
  const answered = once(child, 'message');
  child.send('cpu');
  const [{ user, system }] = (await answered) as [NodeJS.CpuUsage];
  return (user + system) / 1_000;
}

interface Slice {
  /** Of each request, in ms. */
  total: number[];
  /** To the first byte of the answer's body. */
  first: number[];
  ms: number;
}

/** Closed loop over raw sockets: each connection sends its next request when the last was answered. */
async function load(port: number, stream: boolean, connections: number, forMs: number): Promise<Slice> {
  const slice: Slice = { total: [], first: [], ms: 0 };
  const started = performance.now();
  let number = 0;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      let text = '';
      let sent = 0;
      let first = 0;
      const next = () => {
        text = '';
        first = 0;
        // Another prompt each time, so that nothing can be remembered from the last.
        const content = `${number++} ${'Explain how a hash map resizes itself. '.repeat(22)}`;
        const body = JSON.stringify({ model: 'xrouter', stream, messages: [{ role: 'user', content }] });
        sent = performance.now();
        socket.write(
          `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        );
      };
      socket.on('connect', next);
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (first === 0 && text.length > text.indexOf('\r\n\r\n') + 4) first = performance.now();
        if (!isWhole(text, stream)) return;
        const now = performance.now();
        if (!text.startsWith('HTTP/1.1 200')) return reject(new Error(text));
        slice.total.push(now - sent);
        slice.first.push(first - sent);
        if (now - started < forMs) next();
        else {
          socket.destroy();
          resolve();
        }
      });
    });
  await Promise.all(Array.from({ length: connections }, one));
  slice.ms = performance.now() - started;
  return slice;
}

function isWhole(text: string, stream: boolean): boolean {
  if (stream) return text.endsWith('\r\n0\r\n\r\n') || (text.startsWith('HTTP/1.1 4') && text.endsWith('}'));
  const start = text.indexOf('\r\n\r\n') + 4;
  return start > 4 && text.length - start >= Number(/content-length: (\d+)/i.exec(text.slice(0, start))?.[1]);
}

interface Figures {
  p50: number[];
  p99: number[];
  first: number[];
  perSecond: number[];
  cpu: number[];
}

async function main(rounds: number, sliceMs: number): Promise<void> {
  const direct = await start('upstream');
  const to = `http://127.0.0.1:${direct.port}/v1`;
  const file = join(tmpdir(), `serve-bench-${process.pid}.sqlite`);
  const targets = {
    direct,
    'pass-through': await start('pass', to),
    'xrouter, account in memory': await start('xrouter', to),
    'xrouter, account in a file': await start('xrouter', to, file),
  };
  const cases = [false, true].flatMap((stream) => [1, 16].map((connections) => ({ stream, connections })));
  const results = new Map<string, Figures>();
  for (let round = -1; round < rounds; round++) {
    for (const { stream, connections } of cases) {
      for (const [name, { child, port }] of Object.entries(targets)) {
        const cpuBefore = await cpuMs(child);
        const { total, first, ms } = await load(port, stream, connections, sliceMs);
        const cpu = (await cpuMs(child)) - cpuBefore;
        if (round < 0) continue;
        const key = `${stream} ${connections} ${name}`;
        const figures = results.get(key) ?? { p50: [], p99: [], first: [], perSecond: [], cpu: [] };
        results.set(key, figures);
        const sorted = total.toSorted((a, b) => a - b);
        figures.p50.push(median(total));
        figures.p99.push(sorted[Math.floor(sorted.length * 0.99)]!);
        figures.first.push(median(first));
        figures.perSecond.push((total.length / ms) * 1_000);
        figures.cpu.push(cpu / total.length);
      }
    }
  }
  console.log(`medians of ${rounds} interleaved rounds, ${sliceMs} ms each; 900 characters of prompt`);
  for (const { stream, connections } of cases) {
    const of = (name: string) => results.get(`${stream} ${connections} ${name}`)!;
    const base = of('direct');
    console.log(`\n${stream ? `stream of ${TOKENS} tokens` : 'JSON'}, ${connections} at once`);
    for (const name of Object.keys(targets)) {
      const { p50, p99, first, perSecond, cpu } = of(name);
      const added = median(p50) - median(base.p50);
      const firstAdded = median(first) - median(base.first);
      console.log(
        [
          name.padEnd(27),
          `p50 ${median(p50).toFixed(2)} (+${added.toFixed(2)})`,
          `p99 ${median(p99).toFixed(1)} ms`,
          ...(stream ? [`first +${firstAdded.toFixed(2)}`] : []),
          `${Math.round(median(perSecond))}/s, ${(median(base.perSecond) / median(perSecond)).toFixed(1)}x below direct`,
          `CPU ${median(cpu).toFixed(3)} ms a request`,
        ].join(' | '),
      );
    }
  }
  for (const { child } of Object.values(targets)) child.disconnect();
}

const [kind, to = '', ledger] = process.argv.slice(2);
if (kind === 'upstream') upstream();
else if (kind === 'pass') passThrough(to);
else if (kind === 'xrouter') await xrouter(to, ledger);
else await main(Number(kind ?? 4), Number(to || 600));
