/** `xrouter mcp --http` as a process: its token, its port, its end. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { type RawServer, startRaw } from './clients.ts';
import { post } from './http-server.ts';

const HTTP = ['--http', '--lab', '--port', '0'];
const LIST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });

async function portOf(server: RawServer): Promise<number> {
  await expect.poll(server.stderr, { timeout: 10_000 }).toMatch(/token: /);
  return Number(/MCP at http:\/\/127\.0\.0\.1:(\d+)\/mcp/.exec(server.stderr())?.[1]);
}

test('makes a token of its own, tells it on standard error, and takes no other', async () => {
  await using server = startRaw(HTTP);
  const port = await portOf(server);
  const [, token] = /token: (\S{40,})/.exec(server.stderr()) ?? [];
  expect((await post(port, LIST, { authorization: `Bearer ${token}` })).status).toBe(200);
  expect((await post(port, LIST, { authorization: 'Bearer other' })).status).toBe(401);
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  expect(server.stdout()).toBe('');
});

test('takes the token of a variable, and never tells it', async () => {
  const token = 'canary-7c2e5a90b1d4';
  await using server = startRaw([...HTTP, '--token-env', 'MY_TOKEN'], { MY_TOKEN: token });
  const port = await portOf(server);
  const answer = await post(port, LIST, { authorization: `Bearer ${token}` });
  expect(answer.status).toBe(200);
  expect(server.stderr() + answer.body).not.toContain(token);
});

test('without a token of its own it is not open to other machines', async () => {
  await using server = startRaw([...HTTP, '--host', '0.0.0.0']);
  expect(await server.ended).toBe(2);
  expect(server.stderr()).toMatch(/XROUTER_MCP_TOKEN/);
});

test('a port in use ends it with what to do', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await using server = startRaw(['--http', '--lab', '--port', String(port)]);
  expect(await server.ended).toBe(1);
  expect(server.stderr()).toMatch(new RegExp(`Port ${port} is in use.*--port`));
  other.close();
});
