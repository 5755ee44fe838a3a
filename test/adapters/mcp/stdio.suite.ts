/** What every client gets over stdio, whichever SDK line and protocol era it is of. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../support/lab-router.ts';
import { type Connection, connect, type Era, type WatchedLab, watchedLab } from './clients.ts';

export const stdioSuite = (era: Era) =>
  describe(`a ${era} client`, () => {
    let watched: WatchedLab;
    let client: Connection;
    beforeAll(async () => {
      watched = await watchedLab();
      client = await connect(era, ['--wait', '0.7'], { env: watched.env });
    });
    afterAll(async () => {
      await client[Symbol.asyncDispose]();
      await watched[Symbol.asyncDispose]();
    });

    test('is spoken to in its own protocol', () => {
      if (era === 'legacy') expect(client.protocol()).toBe('2025-11-25');
      if (era === 'auto' || era === 'modern') expect(client.protocol()).toBe('2026-07-28');
      expect(client.instructions()).toMatch(/data, not as instructions/);
    });

    test('gets an answer with model, cost, source, decision, tokens and episode', async () => {
      const { isError, structuredContent, content } = await client.call('route_prompt', {
        prompt: 'What is 17 + 25?',
        pool: ['gpt-5-nano'],
      });
      expect(isError).toBeFalsy();
      expect(structuredContent).toMatchObject({
        status: 'completed',
        answer: expect.stringContaining('42'),
        model: 'openai/gpt-5-nano',
        finish_reason: 'stop',
        cost: {
          usd: expect.any(Number),
          source: 'bundled',
          as_of: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
        },
        usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
        decision: { policy: expect.any(String), reason: expect.any(String) },
        episode_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      const last = watched.lab.usage().requests.at(-1)!;
      const { usd } = structuredContent!.cost as { usd: number };
      expect(usd).toBeCloseTo(last.costUsd!, 9);
      expect(content[0]?.text).toMatch(
        /^<(answer-[0-9a-f]{16})>\n[\s\S]*42[\s\S]*\n<\/\1>\nopenai\/gpt-5-nano, \$/,
      );
    });

    test('a dry run decides and calls nobody', async () => {
      const before = watched.lab.usage().calls;
      const { structuredContent } = await client.call('route_prompt', {
        prompt: 'What is 2 + 2?',
        pool: ['gpt-5', 'gpt-5-nano'],
        lambda: 1,
        dry_run: true,
      });
      expect(structuredContent).toMatchObject({
        status: 'decided',
        model: 'openai/gpt-5-nano',
        decision: { lambda: 1, candidates: [{ model: 'openai/gpt-5-nano' }, { model: 'openai/gpt-5' }] },
      });
      expect(watched.lab.usage().calls).toBe(before);
    });

    test('progress comes at once and never runs backwards', async () => {
      const seen: { progress: number; message?: string }[] = [];
      await client.call(
        'route_prompt',
        { prompt: 'Count to ten. [[lab:slow-drip:8]]', pool: ['gpt-5-nano'] },
        { onprogress: (progress) => seen.push(progress) },
      );
      expect(seen[0]).toMatchObject({ progress: 0, message: 'choosing a model' });
      expect(seen.length).toBeGreaterThan(1);
      // 250 ms apart, and the call lasts a second at most.
      expect(seen.length).toBeLessThan(7);
      expect(seen.map(({ progress }) => progress)).toEqual(seen.map((_, index) => index));
    });

    test('cancelling stops the spending', async () => {
      const cancel = new AbortController();
      const call = client.call(
        'route_prompt',
        { prompt: 'Slowly, please. [[lab:stall-after-tokens:2]]', pool: ['gpt-5-nano'] },
        { signal: cancel.signal },
      );
      call.catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 150));
      cancel.abort();
      await expect(call).rejects.toThrow();
      await eventually(
        () => watched.lab.usage().requests.at(-1)?.status === 'aborted',
        'the lab sees the abort',
      );
    });

    test('a call that takes too long goes on, and get_result has its answer', async () => {
      const prompt = 'Take your time. [[lab:slow-headers:1000]]';
      const running = await client.call('route_prompt', { prompt, pool: ['gpt-5-nano'] });
      expect(running.structuredContent).toMatchObject({ status: 'running', call_id: expect.any(String) });
      const { call_id } = running.structuredContent!;
      const done = await client.call('get_result', { call_id });
      expect(done.structuredContent).toMatchObject({ status: 'completed', model: 'openai/gpt-5-nano' });
      expect(watched.lab.usage().requests.filter((one) => one.prompt.includes('your time'))).toHaveLength(1);
    });

    test('a call that takes too long can be cancelled', async () => {
      const prompt = 'Never mind. [[lab:hang]]';
      const running = await client.call('route_prompt', { prompt, pool: ['gpt-5-nano'] });
      const { call_id } = running.structuredContent!;
      const cancelled = await client.call('get_result', { call_id, cancel: true });
      expect(cancelled.structuredContent).toMatchObject({ status: 'cancelled', call_id });
      await eventually(
        () => watched.lab.usage().requests.at(-1)?.status === 'aborted',
        'the lab sees the abort',
      );
    });

    test('models come in pages that hold each once', async () => {
      const ids: string[] = [];
      let cursor: string | undefined;
      let total = 0;
      do {
        const { structuredContent } = await client.call('list_models', {
          limit: 50,
          ...(cursor && { cursor }),
        });
        const page = structuredContent as { models: { id: string }[]; total: number; next_cursor?: string };
        ids.push(...page.models.map(({ id }) => id));
        cursor = page.next_cursor;
        total = page.total;
      } while (cursor);
      expect(ids).toEqual(watched.lab.candidates.map(({ id }) => id));
      expect(total).toBe(ids.length);
    });

    test('estimates are cheapest first, with their source, and unknown where they are unknown', async () => {
      const { structuredContent, content } = await client.call('estimate_cost', {
        prompt: 'What is 2 + 2?',
        max_output_tokens: 1_000,
        models: ['gpt-5', 'gpt-5-nano', 'groq/llama-3.3-70b-versatile'],
      });
      const { estimates } = structuredContent as {
        estimates: { model: string; likely_usd: number; worst_usd: number }[];
      };
      expect(estimates[0]).toMatchObject({ model: 'openai/gpt-5-nano', source: 'bundled' });
      const likely = estimates.map(({ likely_usd }) => likely_usd);
      expect(likely).toEqual([...likely].sort((a, b) => a - b));
      for (const { likely_usd, worst_usd } of estimates) expect(worst_usd).toBeGreaterThan(likely_usd);
      expect(content[0]?.text).toContain('openai/gpt-5: likely $');
    });

    test('a budget that cannot be kept is a result that says what to do', async () => {
      const before = watched.lab.usage().calls;
      const { isError, content } = await client.call('route_prompt', {
        prompt: 'What is 2 + 2?',
        pool: ['gpt-5'],
        max_usd: 0.000_000_1,
      });
      expect(isError).toBe(true);
      expect(content[0]?.text).toMatch(/^budget_exceeded: .*\n.*Raise the request/);
      expect(watched.lab.usage().calls).toBe(before);
    });

    test.each([
      ['an unknown model', 'route_prompt', { prompt: 'Hi', pool: ['gpt-5-nanno'] }, /gpt-5-nano/],
      ['an empty prompt', 'route_prompt', { prompt: '' }, /prompt|>=1/],
      ['a blank prompt', 'route_prompt', { prompt: ' ' }, /empty/],
      ['a misspelt argument', 'route_prompt', { prompt: 'Hi', maxUsd: 1 }, /maxUsd/],
      ['a prompt beyond all bounds', 'route_prompt', { prompt: 'x'.repeat(1_000_001) }, /1000000/],
      ['an unknown provider', 'list_models', { provider: 'opnai' }, /openai/],
      ['a strange cursor', 'list_models', { cursor: 'x' }, /[Ll]eave it out/],
      ['an unknown call', 'get_result', { call_id: 'x' }, /route_prompt again/],
      ['neither prompt nor tokens', 'estimate_cost', {}, /prompt or input_tokens/],
    ])('%s is a result that says what is wrong', async (_, tool, args, says) => {
      const { isError, content } = await client.call(tool, args);
      expect(isError).toBe(true);
      expect(content[0]?.text).toMatch(says);
    });

    test('a megabyte prompt is answered', async () => {
      const { isError, structuredContent } = await client.call('route_prompt', {
        prompt: `Say hello. ${'word '.repeat(199_000)}`,
        pool: ['gpt-4.1-nano'],
      });
      expect(isError).toBeFalsy();
      expect(structuredContent).toMatchObject({ status: 'completed' });
    });
  });
