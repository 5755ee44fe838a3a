import { setTimeout as sleep } from 'node:timers/promises';
import { ChatOpenAI } from '@langchain/openai';
import { beforeAll, describe, expect, test } from 'vitest';
import { type LabChat, labChat } from '../../support/lab-chat.ts';
import { eventually, PAIR } from '../../support/lab-router.ts';

const kinds = {
  'a catalog candidate': (under: LabChat) => under.model,
  'an own chat model': (under: LabChat) =>
    under.another({
      candidates: [
        new ChatOpenAI({
          model: 'gpt-5-nano',
          apiKey: 'lab',
          configuration: { baseURL: under.lab.baseUrl('openai') },
        }),
      ],
    }),
};

// The first call of a process loads the HTTP client; the times below are those of later calls.
beforeAll(async () => {
  await using under = await labChat();
  for (const modelOf of Object.values(kinds)) await modelOf(under).invoke('Hi');
});

async function seenAsAborted({ lab, episodes }: LabChat): Promise<void> {
  await eventually(() => lab.usage().aborted === 1, 'the provider saw that the request was given up');
  await eventually(() => episodes.length === 1, 'the episode ended');
  expect(episodes[0]!.steps[0]!.calls[0]!.status).toBe('aborted');
}

describe.each(Object.entries(kinds))('%s', (_, modelOf) => {
  const faults = [{ fault: 'stall-after-tokens:3' }] as const;

  test.each(['invoke', 'stream', 'streamEvents'] as const)(
    'an abort of %s ends the call upstream at once',
    async (how) => {
      await using under = await labChat({ candidates: [PAIR[0]] }, { faults: [{ fault: 'hang' }] });
      const model = modelOf(under);
      const controller = new AbortController();
      const options = { signal: controller.signal };
      const run = async () => {
        if (how === 'invoke') return model.invoke('Hello there', options);
        const stream =
          how === 'stream'
            ? await model.stream('Hello there', options)
            : model.streamEvents('Hello there', options);
        for await (const _ of stream);
      };
      const running = run();
      running.catch(() => {});
      const { ledger } = model.router;
      await eventually(async () => (await ledger.entries()).length > 0, 'the call began');
      await sleep(60);
      const started = performance.now();
      controller.abort();
      await expect(running).rejects.toThrow(/abort/i);
      expect(performance.now() - started).toBeLessThan(500);
      await seenAsAborted(under);
    },
  );

  test('a timeout ends the call upstream', async () => {
    await using under = await labChat({ candidates: [PAIR[0]] }, { faults: [{ fault: 'hang' }] });
    const error = await modelOf(under)
      .invoke('Hello there', { timeout: 60 })
      .catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'TimeoutError' });
    await seenAsAborted(under);
  });

  test('leaving the loop ends the call upstream, also while no token comes', async () => {
    await using under = await labChat({ candidates: [PAIR[0]] }, { faults: [...faults] });
    let chunks = 0;
    const started = performance.now();
    for await (const _ of await modelOf(under).stream('Tell me a long story.')) {
      if (++chunks === 1) break;
    }
    expect(performance.now() - started).toBeLessThan(1_000);
    await seenAsAborted(under);
  });

  test('the tokens before an abort are not lost to the account', async () => {
    await using under = await labChat({ candidates: [PAIR[0]] }, { faults: [...faults] });
    for await (const _ of await modelOf(under).stream('Tell me a long story.')) break;
    await seenAsAborted(under);
    expect(under.episodes[0]!.knownUsd).toBeGreaterThan(0);
  });
});
