/** The tools as a model reads them: every one fully described, all of them small. */
import { expect, test } from 'vitest';
import { type Connection, connect } from './clients.ts';
import { httpServer, post } from './http-server.ts';

/** Characters of English and JSON in a token, about. */
const CHARS_PER_TOKEN = 4;
const NAME = /^[a-z_]{1,64}$/;

test('every tool has title, description, schemas and annotations', async () => {
  await using client = await connect('modern');
  const tools = await client.tools();
  expect(tools.map(({ name }) => name)).toEqual([
    'route_prompt',
    'get_result',
    'list_models',
    'estimate_cost',
    'give_feedback',
  ]);
  for (const tool of tools) {
    expect(tool.name).toMatch(NAME);
    expect(tool).toMatchObject({
      title: expect.any(String),
      description: expect.any(String),
      inputSchema: { type: 'object', additionalProperties: false },
      outputSchema: { type: 'object' },
      annotations: { readOnlyHint: expect.any(Boolean), openWorldHint: expect.any(Boolean) },
    });
  }
});

test('what a model reads of them, call_model too, is at most 1,000 tokens', async () => {
  await using server = await httpServer();
  const answer = await post(server.port, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }));
  const { tools } = JSON.parse(answer.body).result as { tools: Awaited<ReturnType<Connection['tools']>> };
  expect(tools).toHaveLength(6);
  const read = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
  expect(JSON.stringify(read).length / CHARS_PER_TOKEN).toBeLessThanOrEqual(1_000);
});
