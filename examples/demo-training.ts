/**
 * The second half of the demo: what learning is worth. The models of the lab are measured on tasks of the
 * lab, a policy is trained on those outcomes, and on other tasks it is set against the shipped policy, which
 * was trained elsewhere, and against every fixed model. `npm run demo`
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCatalog, createRouter, formatUsd, type PolicyChoice } from 'xrouter';
import { createLab, labEnvironment, labTasks } from 'xrouter/lab';
import { encodeWeights, readTable, trainPolicy } from 'xrouter/learn';

const POOL = [
  'openai/gpt-5-nano',
  'mistral/mistral-small-2603',
  'google/gemini-2.5-flash',
  'anthropic/claude-opus-5',
];
const MEASURED = 400;
const FRESH = 200;
const LAMBDAS = [0.1, 0.3, 1];

const catalog = createCatalog();
await using lab = await createLab({ seed: 7, candidates: catalog.candidates });
const env = labEnvironment(lab, catalog.providers);
const folder = mkdtempSync(join(tmpdir(), 'xrouter-demo-'));

// 1. Measure: every model on every task, as `xrouter collect` does.
const router = createRouter({}, { env });
const rows: string[] = [];
for (const task of labTasks(1, MEASURED)) {
  const messages = [{ role: 'user' as const, content: task.prompt }];
  const outcomes = await Promise.all(
    POOL.map(async (model) => {
      const { text, cost } = await router.route({ messages, pool: [model] });
      return [model, { score: Number(task.check(text)), cost: cost.usd }];
    }),
  );
  const { id, task: name, prompt } = task;
  rows.push(JSON.stringify({ id, task: name, prompt, outcomes: Object.fromEntries(outcomes) }));
}
const table = join(folder, 'outcomes.jsonl');
writeFileSync(table, `${rows.join('\n')}\n`);

// 2. Train, as `xrouter train` does.
const started = performance.now();
const trained = join(folder, 'trained.policy');
writeFileSync(trained, encodeWeights(trainPolicy([await readTable(table)], { seed: 1, name: 'trained' })));
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `\nLearning: ${MEASURED} tasks measured on ${POOL.length} models of the lab, trained in ${seconds} s.`,
);

// 3. Compare on tasks that were not measured.
console.log(`${FRESH} fresh tasks of the lab            right       cost`);
for (const model of POOL) print(`always ${model.split('/')[1]}`, await play({ fixed: model }, 0));
for (const lambda of LAMBDAS) {
  print(`shipped policy, lambda ${lambda}`, await play('embedded', lambda));
  print(`trained policy, lambda ${lambda}`, await play({ file: trained }, lambda));
}
rmSync(folder, { recursive: true });

async function play(policy: PolicyChoice, lambda: number): Promise<{ right: number; usd: number }> {
  const player = createRouter({ pool: POOL, policy }, { env });
  const total = { right: 0, usd: 0 };
  for (const task of labTasks(2, FRESH)) {
    const { text, cost } = await player.route({ messages: [{ role: 'user', content: task.prompt }], lambda });
    total.right += Number(task.check(text));
    total.usd += cost.usd ?? Number.NaN;
  }
  return total;
}

function print(name: string, { right, usd }: { right: number; usd: number }): void {
  console.log(`  ${name.padEnd(30)} ${`${right}/${FRESH}`.padStart(7)} ${formatUsd(usd).padStart(10)}`);
}
