/**
 * The main job on a machine without keys, GPU or network: the lab stands in for the providers, everything
 * else is real. The same tasks go through the LangChain chat model and through an MCP server, each answer is
 * checked, and the bill is set against always asking the strongest model. `npm run demo`
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { createCatalog, createRouter, formatUsd, openLedger, utcDay } from 'xrouter';
import { createLab, labEnvironment, labTasks } from 'xrouter/lab';
import { ChatXRouter } from 'xrouter/langchain';

const POOL = ['gpt-5-nano', 'mistral-small-2603', 'gemini-2.5-flash', 'gpt-5', 'claude-opus-5'];
const STRONGEST = 'claude-opus-5';
const TASKS = 24;

const catalog = createCatalog();
await using lab = await createLab({ seed: 7, candidates: catalog.candidates });
const env = labEnvironment(lab, catalog.providers);
const ledger = join(mkdtempSync(join(tmpdir(), 'xrouter-demo-')), 'ledger.sqlite');
const tasks = labTasks(7, TASKS);
const messages = (content: string) => [{ role: 'user' as const, content }];

console.log(`The lab answers at ${lab.url}; no provider is called and nothing is spent.\n`);

// 1. LangChain: a chat model like any other, which says what it decided and what it cost.
console.log(`LangChain: ChatXRouter over ${POOL.length} models`);
const chat = new ChatXRouter({ candidates: POOL, lambda: 1, ledger, env });
let right = 0;
let spentUsd = 0;
for (const [index, task] of tasks.entries()) {
  const answer = await chat.invoke(task.prompt);
  const { model, costUsd } = answer.response_metadata.routing as { model: string; costUsd: number };
  const passed = task.check(answer.text);
  right += Number(passed);
  spentUsd += costUsd;
  if (index < 8) {
    const question = task.prompt.replace(/\s+/g, ' ').slice(0, 44);
    console.log(
      `  ${question.padEnd(46)} ${model.padEnd(30)} ${formatUsd(costUsd).padStart(11)}  ${passed ? 'right' : 'wrong'}`,
    );
  }
}
console.log(`  ... and ${TASKS - 8} more`);

// 2. MCP: the server that an IDE assistant would start, spoken to over stdio.
console.log('\nMCP: route_prompt of `xrouter mcp`');
const main = join(import.meta.dirname, '../dist/bin/xrouter.js');
const client = new Client({ name: 'demo', version: '1.0.0' });
const childEnv = Object.fromEntries(
  Object.entries({ ...process.env, ...env }).filter(([, value]) => value !== undefined),
);
await client.connect(
  new StdioClientTransport({
    command: process.execPath,
    args: [main, 'mcp', '--ledger', ledger],
    env: childEnv as Record<string, string>,
    stderr: 'ignore',
  }),
);
for (const task of tasks.slice(0, 3)) {
  const result = await client.callTool({
    name: 'route_prompt',
    arguments: { prompt: task.prompt, pool: POOL },
  });
  const { model, cost, answer } = result.structuredContent as {
    model: string;
    cost: { usd: number };
    answer: string;
  };
  const question = task.prompt.replace(/\s+/g, ' ').slice(0, 44);
  console.log(
    `  ${question.padEnd(46)} ${model.padEnd(30)} ${formatUsd(cost.usd).padStart(11)}  ${task.check(answer) ? 'right' : 'wrong'}`,
  );
}
await client.close();

// 3. The same tasks, always by the strongest model: the comparison that counts.
const strongest = createRouter({ pool: [STRONGEST] }, { env });
let strongestRight = 0;
let strongestUsd = 0;
for (const task of tasks) {
  const { text, cost } = await strongest.route({ messages: messages(task.prompt) });
  strongestRight += Number(task.check(text));
  strongestUsd += cost.usd ?? Number.NaN;
}
console.log(`\n${TASKS} tasks of the lab          right      cost`);
console.log(
  `  routed (lambda 1)          ${String(right).padStart(2)}/${TASKS} ${formatUsd(spentUsd).padStart(9)}`,
);
console.log(
  `  always ${STRONGEST.padEnd(20)}${String(strongestRight).padStart(2)}/${TASKS} ${formatUsd(strongestUsd).padStart(9)}`,
);
console.log(`  The lab's skills are made up, so this shows how it works and not what you will save.`);

// 4. The books: what the ledger of both adapters holds.
const books = await openLedger({ path: ledger });
const day = await books.balance({ kind: 'day', key: utcDay(Date.now()) });
console.log(
  `\nLedger: ${(await books.entries({ limit: 1_000 })).length} calls, ${formatUsd(day.spentUsd)} spent today, ${formatUsd(day.reservedUsd)} reserved`,
);
await books.close();
