/** The same seed and the same requests give the same answers, usage, ids and stamps. */
import { describe, expect, test } from 'vitest';
import { createLab, type FaultRule, type Lab, labTasks } from '../../src/lab/index.ts';
import { candidates, strong, weak } from './candidates.ts';

const prompts = [...labTasks(5, 22).map(({ prompt }) => prompt), 'Explain tides.', 'Hello', 'Hello'];

async function post(lab: Lab, model: string, prompt: string, stream = false): Promise<string> {
  const response = await fetch(`${lab.baseUrl('openai')}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({
      model,
      messages: [{ role: 'user', content: prompt }],
      stream,
      stream_options: stream ? { include_usage: true } : undefined,
    }),
  });
  return response.text();
}

async function runAll(seed: number, faults?: FaultRule[]): Promise<string[]> {
  await using lab = await createLab({ candidates, seed, faults });
  const bodies: string[] = [];
  for (const prompt of prompts) bodies.push(await post(lab, 'weak', prompt, bodies.length % 2 === 1));
  return bodies;
}

test('two labs with one seed answer byte for byte the same', async () => {
  const [first, second] = [await runAll(4), await runAll(4)];
  expect(second).toEqual(first);
  expect(new Set(first.map((body) => /chatcmpl-\w+/.exec(body)![0])).size).toBe(prompts.length);
  expect(await runAll(5)).not.toEqual(first);
});

test('answers do not depend on which request came first', async () => {
  const text = (body: string) =>
    (JSON.parse(body) as { choices: { message: unknown }[] }).choices[0]!.message;
  await using lab = await createLab({ candidates, seed: 4 });
  const forth = [];
  for (const prompt of prompts) forth.push(text(await post(lab, 'strong', prompt)));
  const back = await Promise.all(
    prompts.toReversed().map(async (prompt) => text(await post(lab, 'strong', prompt))),
  );
  expect(back.toReversed()).toEqual(forth);
});

describe('fault rules', () => {
  const statusOf = async (lab: Lab, model: string, prompt = 'Hello') => {
    const response = await fetch(`${lab.baseUrl('openai')}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model, messages: [{ role: 'user', content: prompt }] }),
    });
    await response.text();
    return response.status;
  };
  const statuses = async (faults: FaultRule[], ask: (lab: Lab) => Promise<number>[] | Promise<number[]>) => {
    await using lab = await createLab({ candidates, seed: 4, faults });
    return await Promise.all(await ask(lab));
  };
  const inTurn = (model: string, count: number) => async (lab: Lab) => {
    const seen: number[] = [];
    for (let index = 0; index < count; index++) seen.push(await statusOf(lab, model));
    return seen;
  };

  test('nth counts the requests that match', async () => {
    expect(await statuses([{ nth: [1, 3], fault: 'status-429' }], inTurn('weak', 4))).toEqual([
      429, 200, 429, 200,
    ]);
  });

  test('times bounds how often it strikes', async () => {
    expect(await statuses([{ fault: 'status-503', times: 2 }], inTurn('weak', 4))).toEqual([
      503, 503, 200, 200,
    ]);
  });

  test('model, provider and words of the prompt choose', async () => {
    const rules: FaultRule[] = [
      { model: weak.id, fault: 'status-500' },
      { promptContains: 'secret', fault: { name: 'flat-error', arg: 403 } },
      { provider: 'groq', fault: 'status-529' },
    ];
    const seen = await statuses(rules, (lab) => [
      statusOf(lab, 'weak'),
      statusOf(lab, 'strong'),
      statusOf(lab, 'strong', 'a secret'),
    ]);
    expect(seen).toEqual([500, 200, 403]);
  });

  test('probability strikes about so often, and the same ones again', async () => {
    const once = () => statuses([{ probability: 0.3, fault: 'status-500' }], inTurn('strong', 100));
    const first = await once();
    const struck = first.filter((status) => status === 500).length;
    expect(struck).toBeGreaterThan(15);
    expect(struck).toBeLessThan(45);
    expect(await once()).toEqual(first);
  });

  test('a marker in the prompt strikes and does not change the answer of a fault that answers', async () => {
    await using lab = await createLab({ candidates, seed: 4 });
    expect(await statusOf(lab, 'weak', 'Hello [[lab:status-504]]')).toBe(504);
    const text = async (prompt: string) =>
      JSON.parse(await post(lab, 'strong', prompt)).choices[0].message.content;
    expect(await text('Explain tides. [[lab:wrong-usage:3]]')).toBe(await text('Explain tides.'));
  });

  test('may be changed while it runs, in the process and over HTTP', async () => {
    await using lab = await createLab({ candidates });
    lab.faults.set([{ fault: 'status-500' }]);
    expect(await statusOf(lab, 'weak')).toBe(500);
    lab.faults.clear();
    expect(await statusOf(lab, 'weak')).toBe(200);
    const send = (rules: unknown) =>
      fetch(`${lab.url}/lab/faults`, { method: 'POST', body: JSON.stringify(rules) });
    expect((await send([{ fault: 'status-502' }])).status).toBe(200);
    expect(await statusOf(lab, strong.model)).toBe(502);
    const refused = await send([{ fault: 'status-999' }]);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('rule 1');
    expect(await statusOf(lab, strong.model)).toBe(502);
  });

  test.each([
    ['an unknown fault', [{ fault: 'status-200' }], /rule 1: fault: "status-200" is no fault.*status-429/],
    [
      'an unknown fault as object',
      [{ fault: 'hang' }, { fault: { name: 'bang' } }],
      /rule 2: fault.*"bang" is no fault/,
    ],
    ['an unknown field', [{ fault: 'hang', modell: 'x' }], /rule 1: .*modell/],
    ['a probability over 1', [{ fault: 'hang', probability: 3 }], /rule 1: probability/],
    ['nth from 0', [{ fault: 'hang', nth: 0 }], /rule 1: nth/],
    ['nth and probability', [{ fault: 'hang', nth: 1, probability: 1 }], /rule 1: nth: .*not both/],
    ['no array', { rules: [] }, /array of rules/],
  ])('a wrong rule is named: %s', async (_, faults, message) => {
    await expect(createLab({ candidates, faults: faults as FaultRule[] })).rejects.toThrow(message);
  });

  test('an unknown fault in the header is refused with the list', async () => {
    await using lab = await createLab({ candidates });
    const response = await fetch(`${lab.baseUrl('openai')}/chat/completions`, {
      method: 'POST',
      headers: { 'x-lab-fault': 'bang' },
      body: JSON.stringify({ model: 'weak', messages: [{ role: 'user', content: 'Hi' }] }),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('cut-before-headers');
  });
});
