import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { CallRecord, Episode } from '../../src/episode.ts';
import { banditLine, banditLog, readBanditLog } from '../../src/learn/index.ts';
import type { StoredEpisode } from '../../src/ledger/episodes.ts';
import { FeatureReader } from '../../src/policy/embedded/features.ts';
import { readFeatures, storeFeatures } from '../../src/policy/embedded/stored-features.ts';
import type { Decision } from '../../src/policy/policy.ts';
import { viewPrompt } from '../../src/policy/prompt-view.ts';

const folder = mkdtempSync(join(tmpdir(), 'xrouter-log-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PROMPT = 'My secret plan: buy 3 castles, then 12 more. What does it cost?';
const view = viewPrompt({ messages: [{ role: 'user', content: PROMPT }] });

function call(model: string, changes: Partial<CallRecord> = {}): CallRecord {
  return {
    callId: `call-${model}`,
    model,
    provider: 'test',
    status: 'completed',
    cost: { usd: 0.002 },
    attempts: 1,
    startedAtMs: 0,
    latencyMs: 1,
    ...changes,
  };
}

function decision(model: string, explored = true): Decision {
  return {
    action: { type: 'call', calls: [{ model }] },
    policy: 'embedded@1',
    propensity: explored ? 0.1 : 1,
    estimates: [
      { model: 'large', success: 0.9, costUsd: 0.004, ...(explored && { propensity: 0.9 }) },
      { model: 'small', success: 0.6, costUsd: 0.001, ...(explored && { propensity: 0.1 }) },
    ],
  };
}

function episode(
  changes: Partial<StoredEpisode> & { calls?: CallRecord[]; first?: Decision } = {},
): StoredEpisode {
  const { calls = [call('small')], first = decision('small'), ...rest } = changes;
  return {
    id: 'episode-1',
    startedAt: '2026-11-22T10:00:00.000Z',
    lambda: 0.3,
    refusals: [],
    steps: calls.map((one, i) => ({
      decision: i === 0 ? first : decision(one.model, false),
      calls: [one],
      decisionMs: 1,
    })),
    cost: { usd: calls.reduce((sum, { cost }) => sum + cost.usd!, 0) },
    knownUsd: 0,
    costComplete: true,
    usage: { inputTokens: 1, outputTokens: 1 },
    answerCallId: calls.at(-1)!.callId,
    latencyMs: 1,
    feedback: [{ score: 1, source: 'user' }],
    learning: { features: storeFeatures(view) },
    ...rest,
  } satisfies Episode & StoredEpisode;
}

const only = (one: StoredEpisode) => {
  const { rows, omitted } = banditLog([one]);
  return rows[0] ?? [...omitted.keys()][0];
};

describe('a bandit row', () => {
  it('holds the choice, its propensity and what came of it', () => {
    expect(only(episode())).toMatchObject({
      id: 'episode-1',
      policy: 'embedded@1',
      lambda: 0.3,
      candidates: [
        { model: 'large', propensity: 0.9, success: 0.9, costUsd: 0.004 },
        { model: 'small', propensity: 0.1, success: 0.6, costUsd: 0.001 },
      ],
      action: 1,
      score: 1,
      costUsd: 0.002,
      firstScore: 1,
      firstCostUsd: 0.002,
      sources: ['user'],
    });
  });

  it('is left out where its features are of another version of the program', () => {
    const features = { ...storeFeatures(view), version: 2 };
    expect(only(episode({ learning: { features } }))).toBe('features of another version of this program');
  });

  it('knows that nothing else could have been chosen where exploration was not in force', () => {
    expect(only(episode({ first: decision('small', false) }))).toMatchObject({
      candidates: [
        { model: 'large', propensity: 0 },
        { model: 'small', propensity: 1 },
      ],
    });
  });

  it('takes the mean of several people, and the verdict where nobody spoke', () => {
    const feedback = [
      { score: 1, source: 'user' },
      { score: 0.5, source: 'tests' },
    ];
    expect(only(episode({ feedback }))).toMatchObject({ score: 0.75, sources: ['user', 'tests'] });
    const calls = [call('small', { verdict: { pass: false } })];
    expect(only(episode({ calls, feedback: [] }))).toMatchObject({
      score: 0,
      firstScore: 0,
      firstJudged: true,
      sources: ['verifier'],
    });
  });

  it('tells the first call from the whole request where there was an escalation', () => {
    const calls = [call('small', { verdict: { pass: false } }), call('large', { verdict: { pass: true } })];
    expect(only(episode({ calls }))).toMatchObject({
      action: 1,
      score: 1,
      costUsd: 0.004,
      firstScore: 0,
      firstJudged: true,
      firstCostUsd: 0.002,
    });
  });

  it('learns nothing about a model from its outage', () => {
    const calls = [call('small', { status: 'failed', cost: { usd: 0 } }), call('large')];
    const row = only(episode({ calls }));
    expect(row).toMatchObject({ score: 1 });
    expect(row).not.toHaveProperty('firstScore');
    expect(row).not.toHaveProperty('firstCostUsd');
  });

  it.each<[string, StoredEpisode]>([
    ['no outcome: neither feedback nor a verdict', episode({ feedback: [] })],
    [
      'no outcome: neither feedback nor a verdict',
      episode({ feedback: [], calls: [call('small', { verdict: { pass: true, judged: false } })] }),
    ],
    ['cost unknown', episode({ cost: { usd: undefined } })],
    ['no features kept', episode({ learning: undefined })],
    [
      'no choice: one candidate, or chosen earlier in the conversation',
      episode({ first: { ...decision('small'), estimates: [{ model: 'small' }] } }),
    ],
  ])('is not made of an episode with %s', (reason, one) => {
    expect(only(one)).toBe(reason);
  });
});

describe('stored features', () => {
  it('are what the policy reads, and no text', () => {
    const stored = storeFeatures(view);
    const read = readFeatures(JSON.parse(JSON.stringify(stored)));
    const live = new FeatureReader().read(view);
    expect(read.count).toBe(live.count);
    expect([...read.structure]).toEqual([...live.structure]);
    const pairs = ({ buckets, occurrences, count }: typeof live) =>
      Array.from({ length: count }, (_, i) => buckets[i]! * 65_536 + occurrences[i]!).sort((a, b) => a - b);
    expect(pairs(read)).toEqual(pairs(live));
    expect(JSON.stringify(stored)).not.toMatch(/secret|castles/);
    expect(Buffer.from(stored.words, 'base64').toString('latin1')).not.toMatch(/secret|castles/);
  });

  it('are refused where they are of another version', () => {
    expect(() => readFeatures({ ...storeFeatures(view), version: 0 })).toThrow(/Features of version 0/);
  });
});

describe('a log file', () => {
  const path = join(folder, 'log.jsonl');
  const line = JSON.parse(banditLine(banditLog([episode()]).rows[0]!));
  const reading = (...lines: unknown[]) => {
    writeFileSync(path, lines.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n'));
    return readBanditLog(path);
  };

  it('gives back what was written', async () => {
    const shadow = { policy: 'next@1', model: 'large', estimates: [] };
    const verified = [
      call('small', { verdict: { pass: false } }),
      call('large', { verdict: { pass: true } }),
    ];
    const { rows } = banditLog([
      episode({ shadow }),
      episode({ id: 'episode-2', minSuccess: 0.9, startedAt: '2026-11-22T11:00:00.000Z' }),
      episode({
        id: 'episode-3',
        calls: verified,
        startedAt: '2026-11-22T12:00:00.000Z',
        learning: { features: storeFeatures(view), verifierAccuracy: 0.8 },
      }),
    ]);
    writeFileSync(path, rows.map(banditLine).join(''));
    expect(await readBanditLog(path)).toEqual(rows);
  });

  it.each<[string, unknown, RegExp]>([
    ['a score out of range', { ...line, score: 2 }, /line 2: score/],
    [
      'propensities that do not sum to 1',
      { ...line, candidates: [line.candidates[0], line.candidates[0]] },
      /line 2/,
    ],
    ['an action that is no candidate', { ...line, action: 'huge' }, /line 2: the action "huge" is none/],
    [
      'an action that could not be chosen',
      {
        ...line,
        candidates: [
          { model: 'large', propensity: 1 },
          { model: 'small', propensity: 0 },
        ],
      },
      /line 2: what was chosen has propensity 0/,
    ],
    [
      'a sum of propensities other than 1',
      {
        ...line,
        candidates: [
          { model: 'large', propensity: 0.5 },
          { model: 'small', propensity: 0.1 },
        ],
      },
      /line 2: the propensities sum to 0.6, not to 1/,
    ],
    ['a negative cost', { ...line, cost: -1 }, /line 2: cost/],
    ['a cost of no call', { ...line, cost: 1e308 }, /line 2: cost/],
    ['a lambda beyond all numbers', { ...line, lambda: 1e308 }, /line 2: lambda/],
    [
      'a candidate that is there twice',
      {
        ...line,
        action: 'small',
        candidates: ['small', 'small'].map((model) => ({ model, propensity: 0.5 })),
      },
      /line 2: small is there twice among the candidates/,
    ],
    [
      'features of another version',
      { ...line, features: { ...line.features, version: 2 } },
      /line 2: its features are of version 2; this program reads version \d/,
    ],
    [
      'too few numbers of the form',
      { ...line, features: { ...line.features, structure: [1] } },
      /line 2: its features are cut off or damaged/,
    ],
    [
      'words that are cut off',
      { ...line, features: { ...line.features, words: 'AAAA' } },
      /line 2: its features are cut off or damaged/,
    ],
    [
      'a word that no prompt has',
      { ...line, features: { ...line.features, words: Buffer.from('ffff0100', 'hex').toString('base64') } },
      /line 2: its features are cut off or damaged/,
    ],
    ['half a line', '{"id": "x', /line 2: is not JSON/],
    ['an id that was there', { ...line, id: 'first' }, /line 2: id first is the same as in line 1/],
  ])('is refused with %s, naming the line', async (_, second, message) => {
    await expect(reading({ ...line, id: 'first' }, second)).rejects.toThrow(message);
  });

  it('counts a request that two files hold once, as the later file has it', async () => {
    const write = (name: string, ...lines: object[]) => {
      writeFileSync(join(folder, name), lines.map((one) => `${JSON.stringify(one)}\n`).join(''));
      return join(folder, name);
    };
    const [a, b, c] = ['a', 'b', 'c'].map((id) => ({ ...line, id, score: 0 }));
    const rows = await readBanditLog(write('week-1', a!, b!), write('week-2', { ...b!, score: 1 }, c!));
    expect(rows.map(({ id, score }) => [id, score])).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 0],
    ]);
  });

  it('is refused where it is empty or missing', async () => {
    await expect(reading('')).rejects.toThrow(/empty/);
    await expect(readBanditLog(join(folder, 'none'))).rejects.toThrow(/none/);
  });
});
