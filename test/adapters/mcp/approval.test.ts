/** Expensive calls: a person is asked, once, and without one nothing is spent. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, type WatchedLab, watchedLab } from './clients.ts';

const EXPENSIVE = { prompt: 'Prove it.', pool: ['gpt-5'], max_output_tokens: 4_000 };
const ABOVE = ['--approve-above', '0.001'];

describe.each(['v1', 'modern'] as const)('a %s client', (era) => {
  let watched: WatchedLab;
  beforeAll(async () => {
    watched = await watchedLab();
  });
  afterAll(() => watched[Symbol.asyncDispose]());

  test('that can ask is asked once, with the amount, and served only where the person agrees', async () => {
    const asked: string[] = [];
    let answer: 'accept' | 'decline' = 'decline';
    const elicit = (message: string) => {
      asked.push(message);
      return answer;
    };
    await using client = await connect(era, ABOVE, { env: watched.env, elicit });
    const declined = await client.call('route_prompt', EXPENSIVE);
    expect(declined.isError).toBe(true);
    expect(declined.content[0]?.text).toMatch(/did not approve spending up to \$0\.04/);
    expect(watched.lab.usage().calls).toBe(0);

    answer = 'accept';
    const { structuredContent } = await client.call('route_prompt', EXPENSIVE);
    expect(structuredContent).toMatchObject({ status: 'completed', model: 'openai/gpt-5' });
    expect(watched.lab.usage().calls).toBe(1);
    const once = expect.stringMatching(/^Call openai\/gpt-5 for at most \$0\.04\d*\?$/);
    expect(asked).toEqual([once, once]);
  });

  test('that cannot ask is refused with advice, and served what is cheap enough', async () => {
    const before = watched.lab.usage().calls;
    await using client = await connect(era, ABOVE, { env: watched.env });
    const { isError, content } = await client.call('route_prompt', EXPENSIVE);
    expect(isError).toBe(true);
    expect(content[0]?.text).toMatch(/cannot ask[\s\S]*max_output_tokens[\s\S]*--approve-above/);
    expect(watched.lab.usage().calls).toBe(before);
    const cheap = { prompt: 'Hi', pool: ['gpt-5-nano'], max_output_tokens: 100 };
    const { structuredContent } = await client.call('route_prompt', cheap);
    expect(structuredContent).toMatchObject({ status: 'completed' });
  });
});
