/** docs/mcp.md says what is so: its tools are the tools, its snippets are valid and name flags that exist. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { command } from '../../../adapters/cli/commands/mcp.ts';
import { user } from '../../support/lab-router.ts';
import { emptyFolder } from './clients.ts';
import { httpServer, post } from './http-server.ts';

const page = readFileSync(new URL('../../../docs/mcp.md', import.meta.url), 'utf8');

const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1]!);

const flags = command().options.flatMap(({ long }) => long ?? []);

test('the table has every tool with every argument', async () => {
  await using server = await httpServer();
  const { body } = await post(server.port, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }));
  const { tools } = JSON.parse(body).result as {
    tools: { name: string; inputSchema: { properties: object } }[];
  };
  const told = [...page.matchAll(/^\| `(\w+)` +\| (`[^|]*) \|/gm)].map(([, name, args]) => ({
    name,
    args: [...args!.matchAll(/`(\w+)`/g)].map((match) => match[1]),
  }));
  const real = tools.map(({ name, inputSchema }) => ({ name, args: Object.keys(inputSchema.properties) }));
  expect(told).toEqual(real);
});

interface ServerEntry {
  command: string;
  args: string[];
}

test('every JSON snippet starts the server', () => {
  const snippets = blocks('json').map(
    (text) => JSON.parse(text) as { mcpServers?: object; servers?: object },
  );
  expect(snippets).toHaveLength(3);
  for (const snippet of snippets) {
    const [entry] = Object.values(snippet.mcpServers ?? snippet.servers ?? {}) as ServerEntry[];
    expect(['npx', 'cmd']).toContain(entry?.command);
    const args = entry!.args.slice(entry!.args.indexOf('npx') + 1);
    expect(args.slice(0, 3)).toEqual(['-y', 'xrouter@0.1', 'mcp']);
    for (const flag of args.slice(3).filter((one) => one.startsWith('--'))) expect(flags).toContain(flag);
  }
});

test('the TOML snippet starts the server', () => {
  const [snippet] = blocks('toml');
  const [, args] = /^args = (\[.*\])$/m.exec(snippet!) ?? [];
  expect(JSON.parse(args!)).toEqual(['-y', 'xrouter@0.1', 'mcp']);
});

test('every flag that the page names exists', () => {
  const named = [
    ...page.matchAll(/`(--[a-z-]+)/g),
    ...page.matchAll(/mcp --http (--port) 7331 (--max-usd)/g),
  ];
  expect(named.length).toBeGreaterThan(5);
  for (const [, ...names] of named) for (const name of names) expect(flags).toContain(name);
});

/** What the page sends by curl. */
const bodies = [...page.matchAll(/-d '([\s\S]*?)'\n/g)].map((match) => match[1]!);

test('the feedback of the page is kept and answered as it says', async () => {
  expect(bodies).toHaveLength(2);
  await using server = await httpServer({}, { ledger: join(emptyFolder(), 'ledger.sqlite') });
  const { id } = await server.router.route({ messages: user('What is 6 * 7?'), pool: ['gpt-5-nano'] });
  const { status, body } = await post(
    server.port,
    bodies[1]!.replace('EPISODE', id),
    {},
    { path: '/v1/feedback' },
  );
  expect(status).toBe(200);
  const [, told] = /It answers `(\{.*\})`/.exec(page) ?? [];
  expect(JSON.parse(body)).toEqual(JSON.parse(told!.replace('EPISODE', id)));
});

test('the request of the page is answered', async () => {
  await using server = await httpServer();
  const [body] = bodies;
  const { result } = JSON.parse((await post(server.port, body!)).body);
  expect(result.structuredContent).toMatchObject({ text: expect.stringContaining('42'), replayed: false });
  for (const field of /`\{(text, model[^}]*)\}`/.exec(page)![1]!.split(', ')) {
    expect(result.structuredContent).toHaveProperty(field);
  }
});
