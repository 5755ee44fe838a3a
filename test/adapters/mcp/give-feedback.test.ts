/** Feedback of an MCP client, kept beside the account. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLedger } from '../../../src/index.ts';
import { connect, emptyFolder } from './clients.ts';

test('feedback joins its episode; what is wrong with it is said', async () => {
  const path = join(emptyFolder(), 'ledger.sqlite');
  await using client = await connect('modern', ['--lab', '--ledger', path]);
  const routed = await client.call('route_prompt', { prompt: 'What is 17 + 25?', pool: ['gpt-5-nano'] });
  const { episode_id } = routed.structuredContent!;

  const kept = await client.call('give_feedback', { episode_id, score: 0.75 });
  expect(kept).toMatchObject({ structuredContent: { episode_id, score: 0.75 } });
  const ledger = await openLedger({ path });
  expect(await ledger.episodeStore.episodes()).toMatchObject([
    { id: episode_id, feedback: [{ score: 0.75, source: 'mcp' }] },
  ]);
  await ledger.close();

  const unknown = await client.call('give_feedback', { episode_id: 'nobody', score: 1 });
  expect(unknown).toMatchObject({
    isError: true,
    content: [{ text: expect.stringMatching(/No episode nobody/) }],
  });
  const wrong = await client.call('give_feedback', { episode_id, score: 7 });
  expect(wrong).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(/0 to 1/) }] });
});

test('without a ledger file it says how to keep episodes', async () => {
  await using client = await connect('modern', ['--lab']);
  const answer = await client.call('give_feedback', { episode_id: 'x', score: 1 });
  expect(answer).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(/Set `ledger`/) }] });
});
