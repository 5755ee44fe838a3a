/** A router that was trained on lambda is told it; the others are not. */
import { expect, it } from 'vitest';
import { servedRouter } from '../../support/served-router.ts';

async function told(stateLambda: boolean | undefined): Promise<string> {
  await using setup = await servedRouter({ policy: { contract: undefined, stateLambda } });
  await setup.router.route({ messages: [{ role: 'user', content: 'Why?' }], lambda: 0.734 });
  const { messages } = setup.server.requests[0]!.body as { messages: { role: string; content: string }[] };
  expect(messages[0]!.content).not.toContain('0.73');
  return messages[1]!.content;
}

it('states lambda in the turn of the user, so that the prefix stays constant', async () => {
  expect(await told(true)).toBe('Cost sensitivity (0 ignores cost): 0.73\n\nThe request:\nWhy?');
});

it('does not state it unless asked to', async () => {
  expect(await told(undefined)).toBe('The request:\nWhy?');
});
