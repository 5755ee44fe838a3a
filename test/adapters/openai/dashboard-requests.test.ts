/** What the dashboard says about the requests, and to whom. */
import { describe, expect, it } from 'vitest';
import { assembleRouter, toNanoUsd } from '../../../src/index.ts';
import { PAIR, user } from '../../support/lab-router.ts';
import { bearer, get, KEYS, kept, ledgerFile, readAnew, serve, told } from './dashboard-asking.ts';
import { ask, errorIn, send } from './serving.ts';

const SECRET = 'the merger is on Friday';

describe('which model answered', () => {
  it('counts answers, failures, failovers and escalations as they were', async () => {
    const verifier = {
      name: 'strict',
      accuracy: 0.9,
      verify: ({
        request: { messages },
        model,
      }: {
        request: { messages: { content?: unknown }[] };
        model: string;
      }) => ({
        pass: !String(messages[0]!.content).includes('hard') || model !== PAIR[0],
      }),
    };
    const policy = { fixed: [...PAIR] as string[] };
    const served = await serve(
      {
        ledger: ledgerFile(),
        pool: [...PAIR],
        policy,
        verifier: verifier as never,
        retry: { maxAttempts: 1 },
      },
      {},
      { faults: [{ model: PAIR[0], fault: 'status-500', promptContains: 'cursed' }] },
      assembleRouter,
    );
    for (const prompt of ['easy', 'easy', 'hard', 'cursed', 'cursed', 'cursed']) {
      await served.router.route({ messages: user(`An ${prompt} question.`) });
    }
    await kept(served, 6);
    const { requests, latest } = await told(served);
    expect(requests).toMatchObject({ kept: true, counted: 6, answered: 6, failovers: 3, escalations: 1 });
    const byName = Object.fromEntries(requests.models.map((one) => [one.name, one]));
    expect(byName[PAIR[0]]).toMatchObject({
      answers: 2,
      calls: 6,
      failedCalls: 3,
      failovers: 3,
      escalations: 1,
    });
    expect(byName[PAIR[1]]).toMatchObject({
      answers: 4,
      share: 4 / 6,
      calls: 4,
      failedCalls: 0,
      failovers: 0,
    });
    expect(requests.latency!.calls).toBe(7);
    expect(requests.latency!.counts.reduce((a, b) => a + b)).toBe(7);
    expect(requests.latency!.edgesMs).toHaveLength(requests.latency!.counts.length + 1);
    const cursed = latest[0]!;
    expect(cursed.calls).toMatchObject([
      { model: PAIR[0], status: 'failed', error: 'provider_error', httpStatus: 500 },
      { model: PAIR[1], status: 'completed', verdict: 'passed', price: expect.stringMatching(/^bundled: /) },
    ]);
    expect(cursed.choices[1]!.why).toMatch(/^The call before failed/);
    const hard = latest[3]!;
    expect(hard.choices[1]!.why).toMatch(/^The answer before was not good enough/);
    expect(hard.usd).toBe(hard.knownUsd);
    // A policy that compares nothing leaves nothing to say about one model for all.
    expect(requests.fixed).toEqual({ leftOut: expect.stringContaining('did not note') });
  });

  it('tells the mean score of each model with its interval, also of feedback that comes later', async () => {
    const served = await serve({ ledger: ledgerFile(), pool: [PAIR[0]] });
    const ids = [];
    for (let at = 0; at < 4; at++)
      ids.push((await served.router.route({ messages: user(`What is ${at}?`) })).id);
    await kept(served, 4);
    expect((await told(served)).requests).toMatchObject({ feedback: 0 });
    await readAnew();
    await served.router.feedback(ids[0]!, 1);
    await served.router.feedback(ids[1]!, 1);
    await served.router.feedback(ids[2]!, 1, 'user');
    await served.router.feedback(ids[2]!, 0, 'tests');
    const { requests } = await told(served);
    expect(requests.feedback).toBe(3);
    // Wilson's interval of 2.5 of 3, worked out apart: 0.646165 and 0.336184 to either side.
    const { mean, low, high } = requests.models[0]!.feedback!;
    expect(mean).toBeCloseTo(2.5 / 3, 12);
    expect(low).toBeCloseTo(0.30998, 4);
    expect(high).toBeCloseTo(0.98235, 4);
  });

  it('says what one model for all was expected to cost: the policy’s own sums over the same requests', async () => {
    const pool = [...PAIR, 'openai/gpt-4.1-nano'];
    const served = await serve({ ledger: ledgerFile(), pool });
    for (let at = 0; at < 8; at++)
      await served.router.route({ messages: user(`Prove theorem number ${at}.`) });
    // Another pool: not comparable, so left out of the sums.
    await served.router.route({ messages: user('What is 5?'), pool: [...PAIR] });
    await kept(served, 9);
    const { requests } = await told(served);
    const { fixed } = requests;
    if ('leftOut' in fixed) throw new Error(fixed.leftOut);
    expect(fixed).toMatchObject({ requests: 8, of: 9 });
    const episodes = (await (await served.router.episodeStore())!.episodes()).filter(
      ({ steps }) => steps[0]!.decision.estimates.length === 3,
    );
    expect(episodes).toHaveLength(8);
    for (const { name, expectedUsd, expectedSuccess } of fixed.models) {
      const estimates = episodes.map(
        ({ steps }) => steps[0]!.decision.estimates.find(({ model }) => model === name)!,
      );
      expect(expectedUsd).toBeCloseTo(
        estimates.reduce((sum, { costUsd }) => sum + costUsd!, 0),
        12,
      );
      expect(expectedSuccess).toBeCloseTo(estimates.reduce((sum, { success }) => sum + success!, 0) / 8, 12);
    }
    expect(fixed.models).toHaveLength(3);
    const reaching = fixed.models.filter(
      ({ expectedSuccess }) => expectedSuccess >= fixed.routed.expectedSuccess,
    );
    const cheapest = reaching.toSorted((a, b) => a.expectedUsd - b.expectedUsd)[0]!;
    expect(cheapest.best).toMatch(/cost|both/);
    expect(fixed.models[0]!.best).toMatch(/success|both/);
    expect(fixed.models.filter(({ best }) => best === undefined).length).toBeGreaterThan(0);
    const successes = fixed.models.map(({ expectedSuccess }) => expectedSuccess);
    expect(successes).toEqual([...successes].sort((a, b) => b - a));
    const spent = episodes.reduce((sum, { steps }) => sum + toNanoUsd(steps[0]!.calls[0]!.cost.usd!), 0);
    expect(toNanoUsd(fixed.routed.measuredUsd!)).toBe(spent);
  });

  it('shows the spending also where no requests are kept', async () => {
    const served = await serve({ pool: [PAIR[0]] });
    await served.router.route({ messages: user('What is 17 * 23?') });
    expect(await told(served)).toMatchObject({
      empty: false,
      spent: { today: { calls: 1 } },
      requests: { kept: false, counted: 0 },
      latest: [],
    });
  });
});

describe('who may see it', () => {
  it('the data asks for a key as the API does, the page does not, and / leads to it', async () => {
    const served = await serve({ ledger: ledgerFile(), budgets: { otherKeysUsd: 1 } }, { keys: KEYS });
    const { port, reports } = served;
    expect((await get(port)).status).toBe(401);
    expect((await get(port, '', { authorization: 'Bearer wrong-0123456789abcdef' })).status).toBe(401);
    expect((await get(port, '', bearer(1))).status).toBe(200);
    const page = await send(port, '', { method: 'GET', path: '/dashboard' });
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(await send(port, '', { method: 'GET', path: '/' })).toMatchObject({
      status: 302,
      headers: { location: '/dashboard' },
    });
    // A page that is open all day must not fill the log.
    expect(reports.map(({ path, status }) => `${status} ${path}`)).toEqual([
      '401 /dashboard/data',
      '401 /dashboard/data',
      '200 /dashboard',
      '302 /',
    ]);
  });

  it('no text is told by default', async () => {
    const served = await serve({ ledger: ledgerFile(), budgets: { otherKeysUsd: 1 } }, { keys: KEYS });
    await send(served.port, { model: 'xrouter', messages: ask(SECRET) }, { headers: bearer(0) });
    await kept(served, 1);
    const data = await told(served, '', bearer(0));
    expect(data.latest[0]).toMatchObject({ key: 'sales', texts: false });
    expect(JSON.stringify(data)).not.toContain(SECRET);
    const texts = await get(served.port, `?request=${data.latest[0]!.id}`, bearer(0));
    expect(texts.status).toBe(404);
    expect(errorIn(texts).message).toMatch(/not kept/);
  });

  it('texts that are kept are told to the key that asked, and to no other', async () => {
    const served = await serve(
      { ledger: ledgerFile(), episodes: { storePrompts: true }, budgets: { otherKeysUsd: 1 } },
      { keys: KEYS },
    );
    await send(served.port, { model: 'xrouter', messages: ask(SECRET) }, { headers: bearer(0) });
    await kept(served, 1);
    const own = await told(served, '', bearer(0));
    const other = await told(served, '', bearer(1));
    expect([own.latest[0]!.texts, other.latest[0]!.texts]).toEqual([true, false]);
    // Not even to its own key before it is asked for.
    expect(JSON.stringify([own, other])).not.toContain(SECRET);
    const { id } = own.latest[0]!;
    expect(JSON.parse((await get(served.port, `?request=${id}`, bearer(0))).body)).toMatchObject({
      id,
      messages: [{ role: 'user', text: SECRET }],
      earlier: 0,
      answer: expect.any(String),
    });
    const refused = await get(served.port, `?request=${id}`, bearer(1));
    expect(refused.status).toBe(404);
    expect(refused.body).not.toContain(SECRET);
  });

  it('without keys nobody is told a text', async () => {
    const served = await serve({ ledger: ledgerFile(), episodes: { storePrompts: true } });
    await served.router.route({ messages: user(SECRET) });
    await kept(served, 1);
    const { latest } = await told(served);
    expect(latest[0]!.texts).toBe(false);
    expect((await get(served.port, `?request=${latest[0]!.id}`)).status).toBe(404);
  });

  it.each([
    ['?range=year', /range/],
    ['?zone=Mars/Olympus', /zone: no time zone/],
    ['?rnage=day', /rnage/],
    [`?request=${'x'.repeat(300)}`, /request/],
  ])('%s is refused with what to send', async (query, message) => {
    const served = await serve({});
    const answer = await get(served.port, query);
    expect(answer.status).toBe(400);
    expect(errorIn(answer).message).toMatch(message);
    expect(answer.body).toContain('?range=hour, day, week or month');
  });

  it('an account that cannot be opened is said, with what to do', async () => {
    const served = await serve({ ledger: '/dev/null/ledger.sqlite' });
    const answer = await get(served.port);
    expect(answer.status).toBe(503);
    expect(errorIn(answer)).toMatchObject({ code: 'ledger_unavailable' });
  });
});
