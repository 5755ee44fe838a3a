import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Episode } from '../../src/episode.ts';
import type { EpisodeOptions, EpisodeStore } from '../../src/ledger/episodes.ts';
import { createMemoryEpisodes } from '../../src/ledger/memory-episodes.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { temporaryFolder } from './fixtures.ts';

const SECRET = 'the merger is on Friday';

/** An episode that carries the secret in every place where a text can be. */
function episode(id: string, startedAtMs: number): Episode {
  return {
    id,
    startedAt: new Date(startedAtMs).toISOString(),
    session: 's',
    lambda: 0.1,
    refusals: [{ model: 'acme/small', code: 'failed_before', reason: `cannot read "${SECRET}"` }],
    steps: [
      {
        decisionMs: 0.2,
        decision: {
          action: {
            type: 'call',
            calls: [{ model: 'acme/small', messages: [{ role: 'user', content: SECRET }] }],
          },
          policy: 'embedded@1',
          estimates: [{ model: 'acme/small', success: 0.8, costUsd: 0.001, utility: 0.7 }],
          propensity: 1,
          reason: SECRET,
          trace: { note: SECRET },
        },
        calls: [
          {
            callId: 'c',
            model: 'acme/small',
            provider: 'acme',
            status: 'failed',
            error: { code: 'bad_request', message: `cannot read "${SECRET}"`, status: 400 },
            message: { role: 'assistant', content: SECRET },
            verdict: { pass: false, score: 0.25, reason: SECRET },
            cost: { usd: 0.001 },
            attempts: 1,
            startedAtMs,
            latencyMs: 12,
            native: { text: SECRET },
          },
        ],
      },
      {
        decisionMs: 0.1,
        decision: {
          action: { type: 'answer', message: { role: 'assistant', content: SECRET } },
          policy: 'served@1',
          estimates: [],
          propensity: 0.5,
        },
        calls: [],
      },
    ],
    cost: { usd: 0.001 },
    knownUsd: 0.001,
    costComplete: true,
    usage: { inputTokens: 1, outputTokens: 2 },
    latencyMs: 13,
  };
}

/** The episode as it ends where its only call failed. */
function unanswered(given: Episode): Episode {
  return { ...given, steps: given.steps.slice(0, 1) };
}

/** The episode as it ends where its only call answered; the call's run has that id. */
function answered(given: Episode, runId: string): Episode {
  const step = given.steps[0]!;
  const call = { ...step.calls[0]!, status: 'completed' as const, runId };
  return { ...given, steps: [{ ...step, calls: [call] }], answerCallId: call.callId };
}

async function scores(store: EpisodeStore) {
  const told = (await store.episodes()).map(({ id, feedback }) => [
    id,
    Object.fromEntries(feedback.map(({ source, score }) => [source, score])),
  ]);
  return Object.fromEntries(told);
}

async function sqliteEpisodes(options: EpisodeOptions, path = join(temporaryFolder(), 'ledger.sqlite')) {
  const ledger = await openSqliteLedger({ path, episodes: options });
  onTestFinished(() => ledger.close());
  return ledger.episodeStore;
}

const stores: [string, (options: EpisodeOptions) => Promise<EpisodeStore>][] = [
  ['memory', async (options) => createMemoryEpisodes(options)],
  ['sqlite', (options) => sqliteEpisodes(options)],
];

describe.each(stores)('%s episodes', (_, open) => {
  const now = Date.now();

  test('come newest first, since a time, as many as asked', async () => {
    const store = await open({});
    await Promise.all([3, 2, 1].map((ago) => store.saveEpisode(episode(`e${ago}`, now - ago * 1000))));
    const ids = async (filter?: Parameters<EpisodeStore['episodes']>[0]) =>
      (await store.episodes(filter)).map(({ id }) => id);
    expect(await ids()).toEqual(['e1', 'e2', 'e3']);
    expect(await ids({ since: new Date(now - 2000).toISOString() })).toEqual(['e1', 'e2']);
    expect(await ids({ limit: 1 })).toEqual(['e1']);
  });

  test('one comes by its id', async () => {
    const store = await open({});
    for (const id of ['a', 'b']) await store.saveEpisode(episode(id, now));
    expect((await store.episodes({ id: 'a' })).map(({ id }) => id)).toEqual(['a']);
    expect(await store.episodes({ id: 'nobody' })).toEqual([]);
  });

  test('who follows them hears of each that is kept, and of feedback on old ones', async () => {
    const store = await open({});
    const changed = async (since: number, most?: number) => {
      const found = [];
      for await (const part of store.changed(new Date(since).toISOString(), most)) found.push(...part);
      return found.map(({ id, feedback }) => [id, feedback.length]);
    };
    const begun = Date.now();
    // Started long before it was kept.
    for (const id of ['a', 'b', 'c']) await store.saveEpisode(episode(id, now - 3_600_000));
    expect(await changed(begun)).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 0],
    ]);
    await new Promise((resolve) => setTimeout(resolve, 3));
    const later = Date.now();
    expect(await changed(later)).toEqual([]);
    await store.feedback('a', { score: 1, source: 'user' });
    expect(await changed(later)).toEqual([['a', 1]]);
    expect(await changed(begun)).toEqual([
      ['b', 0],
      ['c', 0],
      ['a', 1],
    ]);
    expect(await changed(begun, 2)).toEqual([
      ['c', 0],
      ['a', 1],
    ]);
  });

  test('several hundred are followed in parts, each once', async () => {
    const store = await open({});
    const ids = Array.from({ length: 230 }, (_, index) => `e${index}`);
    await Promise.all(ids.map((id) => store.saveEpisode(episode(id, now))));
    const found: string[] = [];
    for await (const part of store.changed(new Date(0).toISOString()))
      found.push(...part.map(({ id }) => id));
    expect(found).toEqual(ids);
  });

  test('hold no text by default, and everything that can be learned from', async () => {
    const store = await open({});
    await store.saveEpisode({ ...episode('e', now), messages: [{ role: 'user', content: SECRET }] });
    const [stored] = await store.episodes();
    expect(JSON.stringify(stored)).not.toContain(SECRET);
    expect(stored).toMatchObject({ id: 'e', session: 's', lambda: 0.1, knownUsd: 0.001, feedback: [] });
    const [first, second] = stored!.steps;
    expect(first!.decision).toMatchObject({
      action: { type: 'call', calls: [{ model: 'acme/small' }] },
      estimates: [{ model: 'acme/small', success: 0.8, costUsd: 0.001, utility: 0.7 }],
      propensity: 1,
    });
    expect(first!.calls[0]).toMatchObject({
      status: 'failed',
      error: { code: 'bad_request', status: 400 },
      verdict: { pass: false, score: 0.25 },
    });
    expect(second!.decision.action.type).toBe('answer');
  });

  test('hold the texts where the user asks for them, and never the native objects', async () => {
    const store = await open({ storePrompts: true });
    const messages = [{ role: 'user' as const, content: SECRET }];
    await store.saveEpisode({ ...episode('e', now), messages });
    const [stored] = await store.episodes();
    expect(stored!.messages).toEqual(messages);
    expect(stored!.steps[0]!.calls[0]!.message!.content).toBe(SECRET);
    expect(stored!.steps[0]!.calls[0]).not.toHaveProperty('native');
  });

  test('keep feedback by source, the last word of each', async () => {
    const store = await open({});
    await store.saveEpisode(episode('e', now));
    await store.feedback('e', { score: 0, source: 'user' });
    await store.feedback('e', { score: 1, source: 'user' });
    await store.feedback('e', { score: 0.5, source: 'tests' });
    await store.saveEpisode(episode('e', now));
    const [stored] = await store.episodes();
    expect(new Map(stored!.feedback.map(({ source, score }) => [source, score]))).toEqual(
      new Map([
        ['user', 1],
        ['tests', 0.5],
      ]),
    );
  });

  test('refuse feedback on what is not kept, or that is no score', async () => {
    const store = await open({});
    await expect(store.feedback('nobody', { score: 1, source: 'user' })).rejects.toThrow('No episode nobody');
    await store.saveEpisode(episode('e', now));
    for (const score of [2, -1, Number.NaN, '1' as never, true as never, undefined as never]) {
      await expect(store.feedback('e', { score, source: 'user' })).rejects.toMatchObject({
        code: 'invalid_request',
        message: expect.stringContaining('score from 0 to 1'),
      });
    }
    for (const target of ['', { runId: '' }, {} as never, undefined as never, 7 as never]) {
      await expect(store.feedback(target, { score: 1, source: 'user' })).rejects.toMatchObject({
        code: 'invalid_request',
        message: expect.stringContaining('id of an episode or run'),
      });
    }
    expect((await store.episodes())[0]!.feedback).toEqual([]);
  });

  test('a run names every answer that was given in it, and no failed attempt', async () => {
    const store = await open({});
    const runIds = ['root', 'parent'];
    const saved = [
      answered({ ...episode('first', now - 3), runIds: [...runIds, 'own 1'] }, 'call 1'),
      { ...unanswered(episode('failed', now - 2)), runIds: [...runIds, 'own 2'] },
      answered({ ...episode('second', now - 1), runIds: [...runIds, 'own 3'] }, 'call 3'),
      // Answered by the policy itself.
      { ...episode('stranger', now), runIds: ['other root'] },
    ];
    for (const one of saved) await store.saveEpisode(one);
    const say = (runId: string, score = 1, source = 'user') => store.feedback({ runId }, { score, source });

    expect(await say('root')).toEqual(['first', 'second']);
    expect(await say('root', 0.5)).toEqual(['first', 'second']);
    expect(await say('own 3', 0, 'tests')).toEqual(['second']);
    expect(await say('call 1', 0, 'reviewer')).toEqual(['first']);
    expect(await say('other root')).toEqual(['stranger']);
    expect(await scores(store)).toEqual({
      first: { user: 0.5, reviewer: 0 },
      second: { user: 0.5, tests: 0 },
      failed: {},
      stranger: { user: 1 },
    });
    for (const runId of ['own 2', 'nobody', 'first']) {
      await expect(say(runId)).rejects.toMatchObject({
        code: 'unknown_episode',
        message: `No episode of run ${runId} that ended with an answer is kept.`,
      });
    }
  });

  test('feedback on an agent’s later step also reaches the episode that chose its model', async () => {
    const store = await open({});
    await store.saveEpisode(answered(episode('chose', now - 2), 'call 1'));
    await store.saveEpisode(answered({ ...episode('went on', now - 1), turnOf: 'chose' }, 'call 2'));
    await store.saveEpisode(answered({ ...episode('orphan', now), turnOf: 'forgotten' }, 'call 3'));
    expect(await store.feedback('went on', { score: 1, source: 'user' })).toEqual(['went on', 'chose']);
    expect(await store.feedback('chose', { score: 0, source: 'tests' })).toEqual(['chose']);
    expect(await store.feedback({ runId: 'call 3' }, { score: 0, source: 'user' })).toEqual(['orphan']);
    expect(await scores(store)).toEqual({
      chose: { user: 1, tests: 0 },
      'went on': { user: 1 },
      orphan: { user: 0 },
    });
  });

  test('make room by number and by age', async () => {
    const store = await open({ maxEpisodes: 5, maxAgeMs: 60_000 });
    await store.saveEpisode(episode('ancient', now - 61_000));
    for (let count = 0; count < 8; count++) await store.saveEpisode(episode(`e${count}`, now - 1000 + count));
    expect((await store.episodes()).map(({ id }) => id)).toEqual(['e7', 'e6', 'e5', 'e4', 'e3']);
  });
});

test('sqlite episodes: no text reaches the disk by default, and saving does not hold the caller up', async () => {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  const ledger = await openSqliteLedger({ path });
  let written = false;
  const saved = ledger.episodeStore.saveEpisode(episode('e', Date.now())).then(() => {
    written = true;
  });
  await Promise.resolve();
  expect(written).toBe(false);
  await ledger.close();
  await saved;
  expect(readFileSync(path).includes(SECRET)).toBe(false);
  expect(await (await sqliteEpisodes({}, path)).episodes()).toHaveLength(1);
});
