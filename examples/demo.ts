/**
 * The main job on a machine without keys, GPU or network: the lab stands in for the providers, everything
 * else is real. The same tasks go through the LangChain chat model and through an MCP server, each answer is
 * checked, and the bill is set against always asking the strongest model. `npm run demo`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { createCatalog, createRouter, formatUsd, openLedger, type RouteRequest, utcDay } from 'xrouter';
import { createLab, type LabTask, labEnvironment, labTasks } from 'xrouter/lab';
import { ChatXRouter } from 'xrouter/langchain';

const POOL = ['gpt-5-nano', 'ministral-8b-2512', 'gemini-2.5-flash', 'gpt-5', 'claude-opus-5'];
const STRONGEST = 'claude-opus-5';
const TASKS = 24;
const SHOWN = 8;

const catalog = createCatalog();
await using lab = await createLab({ seed: 7, candidates: catalog.candidates });
const env = labEnvironment(lab, catalog.providers);
const folder = mkdtempSync(join(tmpdir(), 'xrouter-demo-'));
const ledger = join(folder, 'ledger.sqlite');
const tasks = labTasks(7, TASKS);

console.log(`The lab answers at ${lab.url}; no provider is called and nothing is spent.\n`);

// 1. The comparison that counts: every task by the strongest model.
const strongest = await routeAll({ pool: [STRONGEST] });

// 2. LangChain: a chat model like any other, which says what it decided and what it cost.
console.log(`LangChain: ChatXRouter over ${POOL.length} models, lambda 1`);
printHead();
const chat = new ChatXRouter({ candidates: POOL, lambda: 1, ledger, env });
const routed = { right: 0, usd: 0 };
for (const [index, task] of tasks.entries()) {
  const answer = await chat.invoke(task.prompt);
  const { model, costUsd } = answer.response_metadata.routing as { model: string; costUsd: number };
  routed.right += Number(task.check(answer.text));
  routed.usd += costUsd;
  if (index < SHOWN) printTask(index, answer.text, model, costUsd);
}
console.log(`  ... and ${TASKS - SHOWN} more\n`);

// 3. MCP: the server that an IDE assistant would start, spoken to over stdio.
console.log('MCP: route_prompt of `xrouter mcp`');
printHead();
const client = new Client({ name: 'demo', version: '1.0.0' });
await client.connect(
  new StdioClientTransport({
    command: process.execPath,
    args: [join(import.meta.dirname, '../dist/bin/xrouter.js'), 'mcp', '--ledger', ledger],
    env: Object.fromEntries(
      Object.entries({ ...process.env, ...env }).filter((entry): entry is [string, string] => !!entry[1]),
    ),
    stderr: 'ignore',
  }),
);
for (const [index, task] of tasks.slice(0, 3).entries()) {
  const call = { name: 'route_prompt', arguments: { prompt: task.prompt, pool: POOL, lambda: 1 } };
  const { structuredContent } = await client.callTool(call);
  const { answer, model, cost } = structuredContent as {
    answer: string;
    model: string;
    cost: { usd: number };
  };
  printTask(index, answer, model, cost.usd);
}
await client.close();

// 4. With a verifier, here the task's own check, a cheap answer that fails is asked again of a better model.
const verified = await routeAll({ pool: POOL, lambda: 1 }, (task) => ({
  name: 'the task’s check',
  accuracy: 0.99,
  verify: ({ message }) => ({ pass: task.check(String(message.content ?? '')) }),
}));

console.log(`\n${TASKS} tasks                          right       cost`);
printTotal(`always ${STRONGEST}`, strongest);
printTotal('routed', routed);
printTotal('routed, answers verified', verified);
console.log('The lab’s skills are made up: this shows how it works, not what you will save.');

// 5. The books: what both adapters wrote into one ledger.
const books = await openLedger({ path: ledger });
const { spentUsd, reservedUsd } = await books.balance({ kind: 'day', key: utcDay(Date.now()) });
const calls = (await books.entries({ limit: 1_000 })).length;
console.log(
  `\nLedger: ${calls} calls, ${formatUsd(spentUsd)} spent today, ${formatUsd(reservedUsd)} reserved`,
);
await books.close();
rmSync(folder, { recursive: true });

async function routeAll(
  request: Omit<RouteRequest, 'messages'>,
  verifierOf?: (task: LabTask) => RouteRequest['verifier'],
) {
  const router = createRouter({}, { env });
  const total = { right: 0, usd: 0, each: [] as number[] };
  for (const task of tasks) {
    const messages = [{ role: 'user' as const, content: task.prompt }];
    const { text, cost } = await router.route({ ...request, messages, verifier: verifierOf?.(task) });
    total.right += Number(task.check(text));
    total.usd += cost.usd ?? Number.NaN;
    total.each.push(cost.usd ?? Number.NaN);
  }
  return total;
}

function printHead(): void {
  console.log(
    `  ${'task'.padEnd(30)} ${'answer'.padEnd(24)} ${'decision'.padEnd(26)} ${'cost'.padStart(10)}  strongest`,
  );
}

function printTask(index: number, text: string, model: string, usd: number): void {
  const task = tasks[index]!;
  const question = task.prompt.replace(/\s+/g, ' ').slice(0, 29).padEnd(30);
  const said = text
    .replace(/^[\s\S]*Answer:/, '')
    .trim()
    .replace(/\s+/g, ' ')
    .slice(0, 17);
  const answer = `${said} ${task.check(text) ? '(right)' : '(wrong)'}`.padEnd(24);
  console.log(
    `  ${question} ${answer} ${model.padEnd(26)} ${formatUsd(usd).padStart(10)}  ${formatUsd(strongest.each[index]!).padStart(9)}`,
  );
}

function printTotal(name: string, { right, usd }: { right: number; usd: number }): void {
  console.log(`  ${name.padEnd(27)} ${`${right}/${TASKS}`.padStart(7)} ${formatUsd(usd).padStart(10)}`);
}
