/** `xrouter mcp --http --replay`: call_model from a recorded table, over real HTTP. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { type HttpServing, serveRecording } from '../../../adapters/mcp/index.ts';
import { exportVerl, poolFromFile, Recording, readSource, verlDefaults } from '../../../src/learn/index.ts';
import { files, MODELS, tableRows } from '../../learn/verl-table.ts';
import { startRaw } from './clients.ts';
import { httpClient, post, TOKEN } from './http-server.ts';

let recorded: string;
let serving: HttpServing;
beforeAll(async () => {
  const rows = tableRows(12) as { outcomes: Record<string, object> }[];
  rows[3]!.outcomes['lab/huge'] = { score: 1, cost: 0.5, text: 'It is 42.' };
  const { table, catalog, out } = await files(rows);
  await exportVerl(await readSource([table]), await poolFromFile(catalog), out, verlDefaults);
  recorded = join(out, 'recorded.jsonl');
  serving = await serveRecording(await Recording.read(recorded), { token: TOKEN });
});
afterAll(() => serving.close());

const prompt = (n: number) => (tableRows(12)[n] as { prompt: string }).prompt;

async function call(args: object, port = Number(new URL(serving.url).port)) {
  const asked = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'call_model', arguments: args },
  };
  return JSON.parse((await post(port, JSON.stringify(asked))).body).result;
}

describe('a recording over HTTP', () => {
  it('answers a bare POST with what the call cost when it was recorded', async () => {
    const { structuredContent, isError } = await call({ model: 'lab/small', prompt: prompt(5) });
    expect(isError).toBeFalsy();
    expect(structuredContent).toMatchObject({
      model: 'lab/small',
      cost_usd: (0.2 * 105) / 1e6,
      cost_source: { source: 'recorded' },
      input_tokens: 100,
      output_tokens: 5,
      recorded_id: 'row-5',
    });
  });

  it('tells nobody whether the answer was right', async () => {
    const [right, wrong] = [
      await call({ model: 'lab/huge', prompt: prompt(4) }),
      await call({ model: 'lab/tiny', prompt: prompt(4) }),
    ];
    expect(Object.keys(right.structuredContent)).toEqual(Object.keys(wrong.structuredContent));
    expect(JSON.stringify([right, wrong])).not.toContain('score');
    expect(right.structuredContent.text.replace('lab/huge', '')).toBe(
      wrong.structuredContent.text.replace('lab/tiny', ''),
    );
  });

  it('gives the recorded text where the table has it, whatever instructions go along', async () => {
    const { structuredContent } = await call({
      model: 'lab/huge',
      messages: [{ role: 'user', content: prompt(3) }],
      optimized_system_prompt: 'Be brief.',
      temperature: 0.7,
      trajectory_id: 't1',
    });
    expect(structuredContent).toMatchObject({ text: 'It is 42.', cost_usd: 0.5 });
  });

  it.each([
    ['a conversation that was not recorded', { model: MODELS[0], prompt: 'Who?' }, 'invalid_request'],
    ['a model that was not recorded', { model: 'openai/gpt-5', prompt: prompt(1) }, 'unknown_model'],
    ['no prompt at all', { model: MODELS[0] }, 'invalid_request'],
  ])('refuses %s with a code', async (_, args, code) => {
    const result = await call(args);
    expect(result.isError).toBe(true);
    expect(result._meta['xrouter/error']).toEqual({ code });
  });

  it('has no tool that could spend, for any client', async () => {
    for (const era of ['v1', 'modern'] as const) {
      await using client = await httpClient(era, serving.url);
      expect(await client.toolNames()).toEqual(['call_model']);
    }
  });

  it('asks for the token, as the server that spends', async () => {
    const port = Number(new URL(serving.url).port);
    expect((await post(port, '{}', { authorization: 'Bearer other' })).status).toBe(401);
  });
});

describe('xrouter mcp --replay', () => {
  test('serves the file without a key and ends at a signal', async () => {
    await using server = startRaw(['--http', '--replay', recorded, '--port', '0'], {
      XROUTER_MCP_TOKEN: TOKEN,
    });
    await expect.poll(server.stderr, { timeout: 10_000 }).toMatch(/token/);
    const port = Number(/127\.0\.0\.1:(\d+)\/mcp/.exec(server.stderr())?.[1]);
    expect(server.stderr()).toContain('60 calls of 5 models');
    const { structuredContent } = await call({ model: 'lab/tiny', prompt: prompt(0) }, port);
    expect(structuredContent.cost_usd).toBe((0.05 * 100) / 1e6);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  test('says which line of the file is wrong', async () => {
    const { table } = await files(
      `{"id": "a", "prompt_sha256": "${'0'.repeat(64)}", "outcomes": {}}\n{"id": "b"}\n`,
    );
    await using server = startRaw(['--http', '--replay', table, '--port', '0']);
    expect(await server.ended).toBe(1);
    expect(server.stderr()).toMatch(/line 2: prompt_sha256/);
  });

  test('is refused over standard input and output', async () => {
    await using server = startRaw(['--replay', recorded]);
    expect(await server.ended).toBe(2);
    expect(server.stderr()).toContain('--http');
  });
});
