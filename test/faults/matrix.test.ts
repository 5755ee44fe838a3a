/**
 * Every fault of the lab, in JSON and in streams, against a router with a second candidate. After each:
 * one terminal event, nothing passed off as success, every reservation gone, the ledger equal to the lab's
 * count where the provider reported usage, and a marked estimate where it could not.
 */
import { describe, expect, it } from 'vitest';
import type { RouteEvent, RouteRequest } from '../../src/index.ts';
import { fixedPolicy, toNanoUsd } from '../../src/index.ts';
import type { FaultInfo, FaultMode } from '../../src/lab/index.ts';
import { faultNames } from '../../src/lab/index.ts';
import { collect, eventually, type LabRouter, labRouter, PAIR, user } from '../support/lab-router.ts';

// Not a reasoning model: hidden reasoning would make every first token late.
const FAULTY = 'openai/gpt-4.1-nano';
const HEALTHY = PAIR[1];
const TOOLS: RouteRequest['tools'] = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'Weather of a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];

const cases = Object.entries(faultNames as Record<string, FaultInfo>).flatMap(([fault, info]) =>
  info.modes.map((mode) => ({ fault, mode, info })),
);

function request(mode: FaultMode, info: FaultInfo): RouteRequest {
  return {
    messages: user('What is the weather in Paris? Tell me at length.'),
    stream: mode === 'stream',
    ...(info.needsTools && { tools: TOOLS, toolChoice: 'required' }),
    limits: { firstTokenMs: 500, idleMs: 150, totalMs: 5_000 },
  };
}

async function setUp(): Promise<LabRouter> {
  return labRouter({
    policy: fixedPolicy(FAULTY, HEALTHY),
    pool: [FAULTY, HEALTHY],
    budgets: { dayUsd: 100 },
    maxOutputTokens: 2_000,
    retry: { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 5 },
  });
}

describe.each(cases)('$fault ($mode)', ({ fault, mode, info }) => {
  it('keeps every promise', async () => {
    await using setup = await setUp();
    setup.lab.faults.set([{ model: FAULTY, fault }]);
    const events = await collect(setup.router.stream(request(mode, info)));
    const end = terminal(events);

    const shown = events.filter((event) => event.type === 'delta' && event.model === FAULTY).length;
    if (info.outcome === 'answer') {
      expect(end).toMatchObject({ status: 'completed', result: { model: FAULTY } });
    } else if (shown > 0) {
      expect(end).toMatchObject({ status: 'failed', error: { name: 'CallError' } });
    } else {
      expect(end).toMatchObject({ status: 'completed', result: { model: HEALTHY } });
    }
    // After the event that is no JSON the whole rest follows and is billed, which nobody reads.
    const billed = fault === 'broken-json-after-tokens' ? undefined : info.billed;
    await booksAgree(setup, fault !== 'wrong-usage', { mode, billed });
  });
});

describe('many requests at once, each with its own fault', () => {
  it('share no state: each ends once, by its own fault or without, and the books agree', async () => {
    await using setup = await setUp();
    const playable = cases.filter(({ info }) => info.outcome === 'error' && !info.needsTools);
    const streams = playable.flatMap(({ fault, mode, info }) =>
      [`[[lab:${fault}]] `, ''].map(async (marker) => {
        const base = request(mode, info);
        const events = await collect(
          setup.router.stream({
            ...base,
            pool: [FAULTY],
            messages: user(`${marker}Tell me about ${fault}.`),
          }),
        );
        return { faulty: marker !== '', end: terminal(events) };
      }),
    );
    for (const { faulty, end } of await Promise.all(streams)) {
      // The breaker opens on the way; that is a refusal with its own name and not somebody else's fault.
      if (!faulty && end.status !== 'completed') expect(end.error.message).toMatch(/failed repeatedly/);
      if (faulty) expect(end.status).toBe('failed');
    }
    await booksAgree(setup);
  });
});

function terminal(events: RouteEvent[]) {
  const ends = events.filter((event) => event.type === 'end');
  expect(ends).toHaveLength(1);
  expect(events.at(-1)).toBe(ends[0]);
  return ends[0]!;
}

/** @param truthful whether the provider reports what it bills */
async function booksAgree(
  { router, lab, episodes }: LabRouter,
  truthful = true,
  { mode, billed }: { mode?: FaultMode; billed?: FaultInfo['billed'] } = {},
): Promise<void> {
  const entries = await router.ledger.entries({ limit: 10_000 });
  expect(entries.filter(({ state }) => state === 'reserved')).toEqual([]);
  const settled = entries.filter(({ state }) => state === 'settled');

  const sum = (amounts: (number | undefined)[]) =>
    amounts.reduce<number>((total, usd) => total + toNanoUsd(usd ?? Number.NaN), 0);
  const { spentUsd, reservedUsd } = await router.ledger.balance({
    kind: 'day',
    key: new Date().toISOString().slice(0, 10),
  });
  expect(reservedUsd).toBe(0);
  expect(toNanoUsd(spentUsd)).toBe(sum(settled.map(({ usd }) => usd)));
  expect(sum(episodes.map(({ cost }) => cost.usd))).toBe(toNanoUsd(spentUsd));

  // Where everything was reported, it equals the lab's own count.
  const labUsd = () => sum(lab.usage().requests.map(({ costUsd }) => costUsd));
  const reported = settled.filter(({ estimated }) => !estimated);
  if (truthful && reported.length === settled.length) {
    const what = `the lab's count is the ledger's: ${labUsd()} and ${sum(reported.map(({ usd }) => usd))} nano-USD`;
    await eventually(() => sum(reported.map(({ usd }) => usd)) === labUsd(), what);
  }
  // What had to be estimated is marked as such, and never nothing.
  for (const { estimated, usd } of settled) if (estimated) expect(usd).toBeGreaterThan(0);
  await eventually(
    () => settled.length <= lab.usage().requests.length,
    'the lab has seen every call that was booked',
  );
  // Where a stream was cut, the estimate is near what the lab billed for it.
  const cut = settled.filter(({ estimated, model }) => estimated && model === FAULTY);
  if (mode === 'stream' && billed === 'sent' && cut.length > 0) {
    const ratio = sum(cut.map(({ usd }) => usd)) / toNanoUsd(lab.usage().models[FAULTY]!.costUsd);
    expect(ratio).toBeGreaterThan(0.4);
    expect(ratio).toBeLessThan(2.5);
  }
}
