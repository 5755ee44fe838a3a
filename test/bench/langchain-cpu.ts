/**
 * CPU time of one `ChatXRouter.invoke` against one `ChatOpenAI.invoke`, both to the same lab in a process of
 * its own. Interleaved rounds, so that what else the machine does hits both alike: read the ratio. Run with
 * `node test/bench/langchain-cpu.ts [rounds] [calls]`; the requirement is a ratio of at most 1.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { HumanMessage, SystemMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { ChatXRouter } from '../../adapters/langchain/index.ts';
import { createCatalog } from '../../src/index.ts';
import { createLab, labEnvironment } from '../../src/lab/index.ts';
import { cpuMsOf, median } from './cpu.ts';

const WARM_UP_ROUNDS = 3;

async function serve(): Promise<void> {
  const lab = await createLab();
  process.send?.(lab.url);
}

async function main(rounds: number, calls: number): Promise<void> {
  const child = spawn(process.execPath, [import.meta.filename, 'serve'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [url] = (await once(child, 'message')) as [string];
  const baseUrl = (provider: string) => `${url}/${provider}/v1`;
  const env = labEnvironment({ baseUrl }, createCatalog().providers);
  const router = new ChatXRouter({ candidates: ['openai/gpt-4o-mini', 'openai/gpt-4o'], env });
  const openai = new ChatOpenAI({
    model: 'gpt-4o-mini',
    apiKey: 'lab',
    configuration: { baseURL: baseUrl('openai') },
  });
  const messages = [
    new SystemMessage('You are a helpful assistant.'),
    new HumanMessage(`${'Some context that comes before the question. '.repeat(20)}What is 12 * 12?`),
  ];
  const subjects = {
    'ChatXRouter.invoke': () => router.invoke(messages),
    'ChatOpenAI.invoke': () => openai.invoke(messages),
  };
  const spent = new Map<string, number[]>(Object.keys(subjects).map((name) => [name, []]));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    const order = Object.entries(subjects);
    if (round % 2) order.reverse();
    for (const [name, call] of order) {
      const ms = await cpuMsOf(calls, call);
      if (round >= 0) spent.get(name)!.push(ms);
    }
  }
  child.kill();
  const [ours, theirs] = [...spent.values()].map(median) as [number, number];
  for (const [name, values] of spent) console.log(`${name}: ${median(values).toFixed(3)} ms CPU per call`);
  console.log(`ratio: ${(ours / theirs).toFixed(2)} (medians of ${rounds} rounds of ${calls} calls)`);
  process.exit(0);
}

if (process.argv[2] === 'serve') await serve();
else await main(Number(process.argv[2] ?? 15), Number(process.argv[3] ?? 200));
