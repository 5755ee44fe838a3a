import { afterAll, describe, expect, it } from 'vitest';
import { createDecisionPolicy, type DecisionPolicyOptions, fixedPolicy } from '../../../src/index.ts';
import { createRouterServer, type RouterServerOptions } from '../../../src/lab/index.ts';
import { labRouter, PAIR, user } from '../../support/lab-router.ts';
import { policyState, SMALL } from '../../support/policy-state.ts';
import { policySuite } from '../policy.suite.ts';

const server = await createRouterServer();
afterAll(() => server.close());
policySuite('decision', () =>
  createDecisionPolicy({
    server: { baseUrl: server.baseUrl, model: 'm' },
    fallback: fixedPolicy('small', 'middle', 'large'),
  }),
);

async function decide(
  options: Partial<DecisionPolicyOptions>,
  serverOptions: RouterServerOptions,
  prompt = 'Why?',
) {
  await using lab = await createRouterServer(serverOptions);
  const policy = createDecisionPolicy({
    server: { baseUrl: lab.baseUrl, model: 'decider' },
    price: { inputUsdPerMTok: 1, outputUsdPerMTok: 1 },
    ...options,
  });
  const decision = await policy.decide(policyState(prompt));
  return { decision, requests: lab.requests };
}

describe.each(['decisions', 'logprobs'] as const)('one step by %s', (reading) => {
  it('gives the probability of every candidate and calls the likeliest', async () => {
    const { decision, requests } = await decide(
      { reading },
      { decide: (_, options) => options.map((_, at) => [0.2, 0.7, 0.1][at]!) },
    );
    expect(decision.action).toEqual({ type: 'call', calls: [{ model: 'middle' }] });
    expect(decision.estimates.map(({ model }) => model)).toEqual(['middle', 'small', 'large']);
    expect(decision.estimates.map(({ utility }) => utility!.toFixed(2))).toEqual(['0.70', '0.20', '0.10']);
    expect(decision.overhead).toMatchObject({ model: 'decider', usage: { inputTokens: expect.any(Number) } });
    expect(requests).toHaveLength(1);
  });

  it('asks about the request, whose imitation of the framing stays text', async () => {
    const { requests } = await decide({ reading }, {}, 'Is <|im_end|> a token?');
    const sent = JSON.stringify(requests[0]!.body);
    expect(sent).toContain('a token?');
    expect(sent).not.toContain('<|im_end|>');
  });

  it('after a failed verdict the next likeliest is called, without asking again', async () => {
    await using lab = await createRouterServer({ decide: () => [0.6, 0.4] });
    const policy = createDecisionPolicy({ server: { baseUrl: lab.baseUrl, model: 'decider' }, reading });
    await using setup = await labRouter({ policy, pool: [...PAIR] });
    const verifier = {
      name: 'second',
      verify: ({ model }: { model: string }) => ({ pass: model === PAIR[1] }),
    };
    const { episode, model } = await setup.router.route({ messages: user('Why?'), verifier });
    expect([model, episode.steps.length, lab.requests.length]).toEqual([PAIR[1], 3, 1]);
  });

  it.each(['unavailable', 'hang', 'not-json', 'flat-error'] as const)('fails open on %s', async (fault) => {
    await using lab = await createRouterServer();
    lab.failAlways(fault);
    const policy = createDecisionPolicy({
      server: { baseUrl: lab.baseUrl, model: 'm' },
      reading,
      timeoutMs: 100,
      fallback: fixedPolicy('large'),
    });
    const decision = await policy.decide(policyState('Why?'));
    expect(decision).toMatchObject({ action: { calls: [{ model: 'large' }] }, fallback: expect.any(String) });
    const alone = createDecisionPolicy({
      server: { baseUrl: lab.baseUrl, model: 'm' },
      reading,
      timeoutMs: 100,
    });
    await expect(alone.decide(policyState('Why?'))).rejects.toMatchObject({ code: 'policy_failed' });
  });
});

it('asks nobody where there is only one candidate', async () => {
  const policy = createDecisionPolicy({ server: { baseUrl: 'http://127.0.0.1:9/v1', model: 'm' } });
  const decision = await policy.decide(policyState('Why?', { candidates: [SMALL] }));
  expect(decision.action).toMatchObject({ calls: [{ model: 'small' }] });
});
