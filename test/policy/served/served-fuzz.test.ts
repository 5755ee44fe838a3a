import { expect, it } from 'vitest';
import type { RouteEvent } from '../../../src/index.ts';
import { user } from '../../support/lab-router.ts';
import { servedRouter } from '../../support/served-router.ts';
import { mutated, seededRandom } from './mutate.ts';

/** Takes about 15 s; fewer while working on it: `FUZZ_OUTPUTS=500`. */
const OUTPUTS = Number(process.env.FUZZ_OUTPUTS ?? 10_000);
const AT_ONCE = 8;

it('10,000 mutated router outputs through the whole router: one end each, no hang, every call paid', async () => {
  const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`FUZZ_SEED=${seed}`);
  const random = seededRandom(seed);
  let outputs = 0;
  const brain = () => {
    outputs++;
    return mutated(random);
  };
  await using setup = await servedRouter({ brain });
  let knownUsd = 0;
  let calls = 0;
  const ends = new Map<string, number>();

  async function one(index: number): Promise<void> {
    const where = `FUZZ_SEED=${seed} request ${index}`;
    const events: RouteEvent[] = [];
    const started = performance.now();
    for await (const event of setup.router.stream({ messages: user(`Question ${index}: why is it so?`) })) {
      events.push(event);
    }
    expect(performance.now() - started, where).toBeLessThan(5000);
    expect(
      events.filter(({ type }) => type === 'end'),
      where,
    ).toHaveLength(1);
    const end = events.at(-1)!;
    expect(end, where).toMatchObject({ type: 'end', status: 'completed' });
    if (end.type !== 'end' || end.status !== 'completed') return;
    const { episode, text } = end.result;
    ends.set(end.result.decision.action.type, (ends.get(end.result.decision.action.type) ?? 0) + 1);
    expect(text.trim(), where).not.toBe('');
    expect(text, where).not.toMatch(/<\/?think(?:ing)?>|<\|im_(?:end|start)\|>/i);
    expect(episode.costComplete, where).toBe(true);
    for (const call of episode.steps.flatMap((step) => step.calls)) {
      calls++;
      knownUsd += call.cost.usd!;
      expect(call.cost.usd, where).toBeGreaterThan(0);
    }
  }

  let next = 0;
  while (outputs < OUTPUTS) await Promise.all(Array.from({ length: AT_ONCE }, () => one(next++)));
  const billed = setup.lab.usage();
  expect(calls).toBe(billed.calls);
  expect(knownUsd).toBeCloseTo(billed.costUsd, 6);
  expect([...ends.keys()].sort()).toEqual(['answer', 'stop']);
  console.log(`${outputs} router outputs, ${next} requests, ${calls} calls, $${knownUsd.toFixed(4)}`);
}, 120_000);
