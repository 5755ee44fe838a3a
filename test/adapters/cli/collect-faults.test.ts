/** `xrouter collect` over a provider that misbehaves, on a real socket: what counts, and what is told. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openLedger } from '../../../src/ledger/index.ts';
import { rowsOf, startCollect } from '../../support/collecting.ts';

let folder: string;
let out: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-collect-'));
  out = join(folder, 'table.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const rows = () => rowsOf(out);

/** A provider over a real socket, whose answers the test makes. */
async function startProvider(
  answerOne: (request: IncomingMessage, response: ServerResponse, body: string) => unknown,
) {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => answerOne(request, response, body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const configure = (more: object) => {
    const config = {
      providers: { shaky: { baseUrl: `http://127.0.0.1:${port}/v1` } },
      models: [
        { id: 'shaky/model', price: { inputUsdPerMTok: 1, outputUsdPerMTok: 1 } },
        { id: 'shaky/cheap', price: { inputUsdPerMTok: 0.01, outputUsdPerMTok: 0.01 } },
      ],
      retry: { maxAttempts: 1 },
    };
    writeFileSync(join(folder, 'xrouter.config.json'), JSON.stringify({ ...config, ...more }));
  };
  configure({});
  return {
    configure,
    /** Of so many tasks, whose right answer is 1. */
    collect(count: number, ...more: string[]) {
      const lines = Array.from({ length: count }, (_, index) =>
        JSON.stringify({ id: `s${index}`, task: 'sums', prompt: `${index}`, answer: 1 }),
      );
      writeFileSync(join(folder, 'tasks.jsonl'), lines.join('\n'));
      return startCollect(
        folder,
        ...['--tasks', 'tasks.jsonl', '--pool', 'shaky/model', '--out', out],
        ...['--ledger', join(folder, 'ledger.db'), ...more],
      );
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(response: ServerResponse, content = 'Answer: 1', finish_reason = 'stop') {
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason }];
  const usage = { prompt_tokens: 20, completion_tokens: 30, total_tokens: 50 };
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ choices, usage }));
}

describe('collecting from a provider that misbehaves', () => {
  test('a model that fails at every other call is asked all the same, and the summary names its failures', async () => {
    let calls = 0;
    await using provider = await startProvider((_, response) => {
      if (calls++ % 2) return answer(response);
      response.writeHead(500).end();
    });
    const { code, stderr } = await provider.collect(20, '--concurrency', '1').ended;
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/10 calls failed:.*500/),
    });
    expect(rows()).toHaveLength(10);
  });

  test('a model that is rate limited is waited for, as long as it asks, and nothing is missing', async () => {
    const times: number[] = [];
    await using provider = await startProvider((_, response) => {
      times.push(Date.now());
      if (times.length !== 4 && times.length !== 5) return answer(response);
      return response.writeHead(429, { 'retry-after-ms': '1500' }).end('{"error":{"message":"slow down"}}');
    });
    expect(await provider.collect(10, '--concurrency', '1').ended).toMatchObject({ code: 0 });
    expect(rows()).toHaveLength(10);
    expect(times).toHaveLength(12);
    expect(times[4]! - times[3]!).toBeGreaterThan(1490);
    expect(times[5]! - times[4]!).toBeGreaterThan(1490);
  });

  test('no connection, an answer cut off and an empty one are no outcome; what they cost is told and booked', async () => {
    let calls = 0;
    await using provider = await startProvider((request, response) => {
      const fault = calls++ % 8;
      if (fault === 1) return request.socket.destroy();
      if (fault === 3) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        return response.end('data: {"choices":[{"index":0,"delta":{"content":"Answer: 1"}}]}\n\n');
      }
      if (fault === 5) return answer(response, '');
      // This one is the model's own doing: a wrong answer.
      if (fault === 7) return answer(response, 'I think that it', 'length');
      return answer(response);
    });
    const { code, stdout, stderr } = await provider.collect(24, '--concurrency', '1', '--json').ended;
    expect(code, stderr).toBe(1);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ done: 15, total: 24, failures: { length: 9 } });
    const scores = rows().map((row) => row.outcomes['shaky/model']!.score);
    expect([
      scores.filter((score) => score === 1).length,
      scores.filter((score) => score === 0).length,
    ]).toEqual([12, 3]);
    const ledger = await openLedger({ path: join(folder, 'ledger.db') });
    try {
      const booked = (await ledger.entries({ limit: 1000 })).map(({ usd }) => usd!);
      expect(summary.spentUsd).toBeCloseTo(
        booked.reduce((sum, usd) => sum + usd, 0),
        9,
      );
    } finally {
      await ledger.close();
    }
  });

  test('an attempt that failed before the answer is spent, and no part of the outcome', async () => {
    let calls = 0;
    await using provider = await startProvider((_, response) =>
      answer(response, calls++ % 2 ? 'Answer: 1' : ''),
    );
    provider.configure({ retry: { maxAttempts: 2, baseDelayMs: 1 } });
    const { code, stdout, stderr } = await provider.collect(3, '--concurrency', '1', '--json').ended;
    expect(code, stderr).toBe(0);
    expect(calls).toBe(6);
    expect(rows().map((row) => row.outcomes['shaky/model'])).toEqual(
      Array(3).fill({ score: 1, cost: 0.00005, input_tokens: 20, output_tokens: 30 }),
    );
    expect(JSON.parse(stdout).spentUsd).toBeCloseTo(6 * 0.00005, 9);
  });

  test('failures that differ in the ids of their requests are told together, the most frequent first', async () => {
    let calls = 0;
    await using provider = await startProvider((_, response) => {
      const call = calls++;
      if (call % 3 === 0) return answer(response);
      const message = call % 3 === 1 ? 'overloaded' : `prompt refused (request req_${call}af)`;
      response.writeHead(call % 3 === 1 ? 503 : 400).end(JSON.stringify({ error: { message } }));
    });
    const { stderr } = await provider.collect(30, '--concurrency', '1').ended;
    const told = stderr.split('\n').filter((line) => line.includes('failed:'));
    expect(told.length, stderr).toBe(2);
    expect(told.join()).toMatch(/10 calls failed: .*(overloaded|req_\d+af).*10 calls failed/);
  });

  test('what turns out not to fit into the context of a model is told as such, and the rest is measured', async () => {
    await using provider = await startProvider((_, response, body) => {
      if (/"content":"[0-6]"/.test(body)) {
        const error = {
          message: "This model's maximum context length is 10 tokens",
          code: 'context_length_exceeded',
        };
        return response.writeHead(400).end(JSON.stringify({ error }));
      }
      return answer(response);
    });
    const { code, stderr } = await provider.collect(12, '--concurrency', '1').ended;
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('shaky/model cannot be asked 7 of the tasks'),
    });
    expect(rows()).toHaveLength(5);
  });

  test('a budget of the configuration that leaves no room is named, with where to change it', async () => {
    await using provider = await startProvider((_, response) => answer(response));
    provider.configure({ budgets: { dayUsd: 0.0085 } });
    const day = await provider.collect(20, '--max-usd', '5').ended;
    expect(day).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /outcomes are missing: another call might exceed budgets.dayUsd of the configuration of \$0.0085.*00:00 UTC/,
      ),
    });
    expect(day.stderr).not.toContain('--max-usd');
    // What one call of a model may never cost is no reason to stop the others.
    provider.configure({ budgets: { requestUsd: 0.001 } });
    const request = await provider.collect(20, '--pool', 'shaky/model,shaky/cheap').ended;
    expect(request.stderr).toMatch(
      /shaky\/model was set aside: .*budgets.requestUsd of the configuration refuses it/,
    );
    expect(rows().filter((row) => row.outcomes['shaky/cheap'])).toHaveLength(20);
  });
});
