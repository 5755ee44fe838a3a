/** Collects slowly, for the test that kills it. Arguments: the table, the log of what was asked and billed. */
import { appendFileSync } from 'node:fs';
import { type AskModel, collect } from '../../src/gym/collect.ts';
import { generateTasks } from '../../src/gym/generate.ts';

const [out, log] = process.argv.slice(2) as [string, string];
const tasks = generateTasks({ seed: 1, count: 30, kinds: ['arithmetic', 'seating'] });
const idOf = new Map(tasks.map((task) => [task.request.messages[0]!.content, task]));

const ask: AskModel = async (request, model) => {
  const task = idOf.get(request.messages[0]!.content)!;
  appendFileSync(log, `asked ${task.id} ${model}\n`);
  await new Promise((done) => setTimeout(done, 3));
  return { message: task.solution, usd: 0.001 };
};
const summary = await collect({ tasks, models: ['a', 'b', 'c'], out, ask, concurrency: 3 });
process.stdout.write(JSON.stringify(summary));
