/**
 * CPU time of one call through the HTTP provider, against the `openai` SDK, both to the same server in a
 * process of its own. Interleaved rounds, so that what else the machine does hits both alike: read the
 * ratios. Run with `node test/bench/provider-cpu.bench.ts [rounds] [calls]`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { callWithRetry, closeHttpConnections, createHttpProvider } from '../../src/provider/index.ts';
import type { RouteRequest } from '../../src/request.ts';
import { CANDIDATE } from '../provider/calls.ts';
import { cpuMsOf, median } from './cpu.ts';

const STREAM_CHUNKS = 20;
const WARM_UP_ROUNDS = 2;

function serve(): void {
  const usage = { prompt_tokens: 200, completion_tokens: 20, total_tokens: 220 };
  const base = { id: 'chatcmpl-1', created: 1, model: 'model-1' };
  const whole = JSON.stringify({
    ...base,
    object: 'chat.completion',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'word '.repeat(20) }, finish_reason: 'stop' },
    ],
    usage,
  });
  const chunk = (choices: unknown[], extra = {}) =>
    `data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices, ...extra })}\n\n`;
  const words = Array.from({ length: STREAM_CHUNKS }, () =>
    chunk([{ index: 0, delta: { content: 'word ' } }]),
  );
  const end = chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]) + chunk([], { usage });
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      if (!body.includes('"stream":true')) {
        response.writeHead(200, { 'content-type': 'application/json' }).end(whole);
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const word of words) response.write(word);
      response.end(`${end}data: [DONE]\n\n`);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

async function main(rounds: number, calls: number): Promise<void> {
  const child = spawn(process.execPath, [import.meta.filename, 'serve'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [port] = (await once(child, 'message')) as [number];
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  const provider = createHttpProvider({ id: 'bench', baseUrl, apiKey: 'key' });
  const openai = new OpenAI({ baseURL: baseUrl, apiKey: 'key', maxRetries: 0 });
  const messages = [
    { role: 'system' as const, content: 'You are a helpful assistant.' },
    { role: 'user' as const, content: 'word '.repeat(180) },
  ];
  const signal = new AbortController().signal;

  async function ours(request: RouteRequest): Promise<void> {
    let text = '';
    let tokens = 0;
    for await (const event of callWithRetry(provider, {
      candidate: CANDIDATE,
      request,
      limits: {},
      signal,
    })) {
      if (event.type === 'delta') text += event.delta.content ?? '';
      else tokens = event.usage?.outputTokens ?? 0;
    }
    if (text.length !== 100 || tokens !== 20) throw new Error(`xrouter read ${text.length} characters.`);
  }
  async function sdkJson(): Promise<void> {
    const answer = await openai.chat.completions.create({ model: 'model-1', messages });
    if (answer.choices[0]?.message.content?.length !== 100) throw new Error('openai read something else.');
  }
  async function sdkStream(): Promise<void> {
    let text = '';
    const stream_options = { include_usage: true };
    const stream = await openai.chat.completions.create({
      model: 'model-1',
      messages,
      stream: true,
      stream_options,
    });
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    if (text.length !== 100) throw new Error('openai read something else.');
  }
  const cases: Record<string, () => Promise<void>> = {
    'json xrouter': () => ours({ messages, stream: false }),
    'json openai': sdkJson,
    'stream xrouter': () => ours({ messages }),
    'stream openai': sdkStream,
  };
  const results = new Map(Object.keys(cases).map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds + WARM_UP_ROUNDS; round++) {
    for (const [name, call] of Object.entries(cases)) {
      const cpuMs = await cpuMsOf(calls, call);
      if (round >= WARM_UP_ROUNDS) results.get(name)?.push(cpuMs);
    }
  }
  const cpuMs = (name: string) => median(results.get(name) ?? []);
  for (const form of ['json', 'stream']) {
    const [mine, theirs] = [cpuMs(`${form} xrouter`), cpuMs(`${form} openai`)];
    console.log(
      `${form.padEnd(6)} xrouter ${mine.toFixed(3)} ms CPU a call, openai ${theirs.toFixed(3)}, ratio ${(mine / theirs).toFixed(2)}`,
    );
  }
  child.kill();
  await closeHttpConnections();
}

if (process.argv[2] === 'serve') serve();
else await main(Number(process.argv[2] ?? 9), Number(process.argv[3] ?? 250));
