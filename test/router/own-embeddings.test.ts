/** A request is answered, whatever becomes of the user's embeddings that the policy reads prompts by. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PolicyChoice, RouteEvent } from '../../src/index.ts';
import { createRouter } from '../../src/index.ts';
import { type Behaviour, clientOf } from '../support/embedding-server.ts';
import { embeddingTests } from '../support/embedding-tests.ts';
import { collect, type LabRouter, labRouter, user } from '../support/lab-router.ts';
import { OWN_POOL, ownPolicyFile } from '../support/own-policy.ts';

const under = embeddingTests();
let file: string;
let lab: LabRouter;

beforeAll(async () => {
  file = await ownPolicyFile(under.folder, under.server);
  lab = await labRouter({ pool: OWN_POOL, policy: choice(100) });
}, 30_000);
afterAll(() => lab[Symbol.asyncDispose]());

const choice = (embeddingMs?: number): PolicyChoice => ({
  file,
  embeddings: clientOf(under.server),
  embeddingMs,
});
const CODE = 'write a python function def solve return the list sorted in place: 12 7 993';

test('the policy decides by the vector of the prompt, which is asked for once', async () => {
  for (let n = 0; n < 3; n++) {
    const { decision, text } = await lab.router.route({ messages: user(CODE), lambda: 0.5 });
    expect(decision).toMatchObject({ policy: 'mine@4' });
    expect(decision.fallback).toBeUndefined();
    expect(decision.reason).toMatch(/^a prompt like the training/);
    expect(text).not.toBe('');
  }
  expect(under.server.texts).toEqual([CODE]);
});

test("an agent's turn, escalation included, asks once", async () => {
  const messages = user('please add these integers together and report the total: 4 9');
  const verifier = { name: 'never', accuracy: 0.9, verify: () => ({ pass: false, reason: 'for this test' }) };
  const { episode } = await lab.router.route({ messages, lambda: 0.1, verifier });
  expect(episode.steps.length).toBeGreaterThan(1);
  expect(episode.steps.every(({ decision }) => decision.policy === 'mine@4')).toBe(true);
  expect(under.server.texts).toHaveLength(1);
});

test.each([
  ['fails', /policy mine.xrp failed: .*no model is loaded/],
  ['hangs', /policy mine.xrp failed: the embeddings did not answer in 100 ms/],
  ['short', /policy mine.xrp failed: the embeddings returned 127 numbers, not 128/],
  ['nan', /policy mine.xrp failed: the embeddings returned NaN in place of a number/],
  ['none', /policy mine.xrp failed: the embeddings returned no vector/],
] satisfies [Behaviour, RegExp][])(
  'a server that %s: the fallback policy decides and says so',
  async (behaviour, why) => {
    under.server.behaviour = behaviour;
    const { decision, text } = await lab.router.route({
      messages: user(`What is 2 + 2, if it ${behaviour}?`),
    });
    expect(decision.policy).toMatch(/^benchmark/);
    expect(decision.fallback).toMatch(why);
    expect(text).not.toBe('');
  },
);

test('where no fallback is wanted the request fails with what went wrong', async () => {
  under.server.behaviour = 'fails';
  await using strict = await labRouter({ pool: OWN_POOL, policy: choice(), fallback: false });
  const failed = { code: 'policy_failed', message: expect.stringMatching(/no model is loaded/) };
  await expect(strict.router.route({ messages: user('hello') })).rejects.toMatchObject(failed);
});

test('an abort of the request ends the wait, and so does its time limit', async () => {
  under.server.behaviour = 'hangs';
  await using patient = await labRouter({ pool: OWN_POOL, policy: choice(60_000) });
  const leaving = new AbortController();
  const stream = collect(patient.router.stream({ messages: user('one'), signal: leaving.signal }));
  await expect.poll(() => under.server.texts).toEqual(['one']);
  leaving.abort();
  const end: RouteEvent = (await stream).at(-1)!;
  expect(end).toMatchObject({ type: 'end', status: 'aborted', error: { code: 'aborted' } });
  const late = patient.router.route({ messages: user('two'), limits: { totalMs: 50 } });
  await expect(late).rejects.toMatchObject({ code: 'total_timeout' });
});

test('without its embeddings the policy is refused with what to do, not replaced', async () => {
  const router = createRouter({ pool: OWN_POOL, policy: { file } });
  await expect(router.decide({ messages: user('hello') })).rejects.toMatchObject({
    code: 'invalid_config',
    message: 'the policy "mine": it was trained with embeddings of your own, triples, and none are given.',
    hint: expect.stringMatching(/`embeddings` beside the file/),
  });
});

test('what are no embeddings is refused when the router is made', () => {
  const policy = { file, embeddings: { embedQuery: () => [] } } as unknown as PolicyChoice;
  expect(() => createRouter({ policy })).toThrow(/`policy.embeddings` .* an object with embedDocuments\(\)/);
});
