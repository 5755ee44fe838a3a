/** Every fault, on a real socket, in each mode it applies to: what the client sees and what the lab bills. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createLab,
  type FaultMode,
  type FaultName,
  faultInfo,
  faultNames,
  type Lab,
} from '../../src/lab/index.ts';
import { candidates } from './candidates.ts';
import { assemble, eventsOf, type Observed, observe } from './observe.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await createLab({ candidates, seed: 3 });
});
afterAll(() => lab.close());

const tools = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];
const bodyFor = (name: FaultName | undefined, mode: FaultMode) => ({
  model: 'strong',
  messages: [{ role: 'user', content: 'What is the weather like in Paris and Rome today?' }],
  stream: mode === 'stream',
  stream_options: mode === 'stream' ? { include_usage: true } : undefined,
  ...(name !== undefined && faultInfo(name).needsTools ? { tools } : {}),
});
const ask = (name: FaultName, mode: FaultMode, arg?: number) =>
  observe(
    lab.baseUrl('openai'),
    bodyFor(name, mode),
    { 'x-lab-fault': arg === undefined ? name : `${name}:${arg}` },
    faultInfo(name).outcome === 'silence' ? 250 : 5_000,
  );
const healthy = async (name: FaultName, mode: FaultMode) => {
  lab.reset();
  const seen = await observe(lab.baseUrl('openai'), bodyFor(name, mode), {}, 5_000);
  // The lab counts a request a moment after its last byte; the next reset must not come before that.
  await expect.poll(() => lab.usage().calls, { timeout: 2000 }).toBe(1);
  return assemble(seen, mode);
};

type Check = (seen: Observed, mode: FaultMode, whole: Awaited<ReturnType<typeof healthy>>) => void;

const untouched: Check = (seen, mode, whole) => {
  expect(seen).toMatchObject({ status: 200, ended: 'clean' });
  expect(assemble(seen, mode)).toMatchObject({ text: whole.text, finish: whole.finish, usage: whole.usage });
};
const beginning: Check = (seen, mode, whole) => {
  expect(seen.status).toBe(200);
  const got = assemble(seen, mode);
  expect(got.finish).toBeUndefined();
  expect(got.usage).toBeUndefined();
  if (mode === 'json') return expect(() => JSON.parse(seen.body)).toThrow();
  expect(got.tokens).toBe(3);
  expect(whole.text.startsWith(got.text)).toBe(true);
  expect(whole.text).not.toBe(got.text);
};
const ended =
  (how: Observed['ended'], check: Check = () => {}): Check =>
  (seen, mode, whole) => {
    expect(seen.ended).toBe(how);
    check(seen, mode, whole);
  };
const nothing: Check = (seen) => {
  expect(seen.status).toBe(200);
  expect(seen.body).toBe('');
};

const checks: Partial<Record<FaultName, Check>> = {
  'flat-error': (seen) => {
    expect(seen.status).toBe(400);
    expect(JSON.parse(seen.body)).toMatchObject({ object: 'error', code: 400, message: expect.any(String) });
  },
  'html-error': (seen) => {
    expect(seen.status).toBe(502);
    expect(seen.headers['content-type']).toBe('text/html');
    expect(seen.body).toContain('<html>');
  },
  'empty-error': (seen) => {
    expect(seen).toMatchObject({ status: 500, body: '', ended: 'clean' });
  },
  'html-page': (seen) => {
    expect(seen.status).toBe(200);
    expect(seen.body).toContain('<html>');
  },
  hang: ended('silent', (seen) => expect(seen.status).toBeUndefined()),
  'slow-headers': (seen, mode, whole) => {
    expect(seen.headersMs).toBeGreaterThan(90);
    untouched(seen, mode, whole);
  },
  'cut-before-headers': ended('cut', (seen) => expect(seen.status).toBeUndefined()),
  'cut-before-tokens': ended('cut', nothing),
  'stall-before-tokens': ended('silent', nothing),
  'end-before-tokens': ended('clean', nothing),
  'error-before-tokens': ended('clean', (seen, mode) => {
    expect(seen.status).toBe(200);
    expect(assemble(seen, mode)).toMatchObject({ text: '', error: expect.stringContaining('error') });
  }),
  'broken-json-before-tokens': ended('clean', (seen, mode) => {
    expect(seen.status).toBe(200);
    const first = mode === 'stream' ? eventsOf(seen.body)[0] : seen.body;
    expect(first).toBeTypeOf('string');
    expect(() => JSON.parse(String(first))).toThrow();
  }),
  'no-choices': (seen, mode, whole) => {
    const bodies = mode === 'stream' ? eventsOf(seen.body).slice(0, -1) : [JSON.parse(seen.body)];
    expect(bodies.length).toBeGreaterThan(0);
    for (const body of bodies) expect(body).toMatchObject({ choices: [] });
    expect(assemble(seen, mode).usage).toEqual(whole.usage);
  },
  'empty-answer': (seen, mode) => {
    expect(assemble(seen, mode)).toMatchObject({ text: '', calls: [], finish: 'stop' });
  },
  'cut-after-tokens': ended('cut', beginning),
  'stall-after-tokens': ended('silent', beginning),
  'end-after-tokens': ended('clean', beginning),
  'error-after-tokens': ended('clean', (seen, mode, whole) => {
    beginning(seen, mode, whole);
    expect(assemble(seen, mode).error).toContain('error');
  }),
  'broken-json-after-tokens': ended('clean', (seen) => {
    const broken = eventsOf(seen.body).findIndex((event) => typeof event === 'string');
    expect(broken).toBe(4);
    expect(eventsOf(seen.body)[broken]).not.toBe('[DONE]');
  }),
  'no-finish-reason': ended('clean', (seen, mode, whole) => {
    expect(assemble(seen, mode)).toMatchObject({ text: whole.text, usage: whole.usage });
    expect(assemble(seen, mode).finish ?? null).toBeNull();
    if (mode === 'stream') expect(seen.body).toContain('[DONE]');
  }),
  'no-done': (seen, mode, whole) => {
    untouched(seen, mode, whole);
    expect(seen.body).not.toContain('[DONE]');
  },
  'content-filter': (seen, mode, whole) => {
    const got = assemble(seen, mode);
    expect(got.finish).toBe('content_filter');
    expect(got.text).toBe(whole.text.slice(0, 12));
  },
  'missing-usage': (seen, mode, whole) => {
    expect(assemble(seen, mode)).toMatchObject({ text: whole.text, finish: 'stop', usage: undefined });
  },
  'wrong-usage': (seen, mode, whole) => {
    const { text, usage } = assemble(seen, mode);
    expect(text).toBe(whole.text);
    expect(usage!.prompt_tokens).toBe(whole.usage!.prompt_tokens! * 10);
    expect(usage!.completion_tokens).toBe(whole.usage!.completion_tokens! * 10);
  },
  'odd-tool-fragments': (seen, mode, whole) => {
    expect(assemble(seen, mode).calls).toEqual(whole.calls);
    expect(whole.calls.map((call) => JSON.parse(call))).toEqual([{ city: 'Paris' }, { city: 'Rome' }]);
    const indexes = eventsOf(seen.body).flatMap(
      (event) =>
        (event as { choices?: { delta: { tool_calls?: { index: number }[] } }[] }).choices?.[0]?.delta
          .tool_calls?.[0]?.index ?? [],
    );
    expect(indexes.join('')).toContain('0101');
  },
  'broken-tool-json': (seen, mode, whole) => {
    const { calls } = assemble(seen, mode);
    expect(calls).toEqual(whole.calls.map((call) => call.slice(0, -1)));
    expect(calls.length).toBe(2);
    for (const call of calls) expect(() => JSON.parse(call)).toThrow();
  },
  'odd-framing': (seen, mode, whole) => {
    untouched(seen, mode, whole);
    expect(seen.body).toContain('\r\n\r\n');
    expect(seen.body).toMatch(/^: /m);
    expect(seen.packets.some((packet) => !packet.toString().endsWith('\n'))).toBe(true);
  },
  'slow-drip': (seen, mode, whole) => {
    untouched(seen, mode, whole);
    expect(seen.packets.length).toBeGreaterThan(10);
  },
};

const cases = (Object.keys(faultNames) as FaultName[]).flatMap((name) =>
  faultInfo(name).modes.map((mode) => ({ name, mode })),
);
const shortArgs: Partial<Record<FaultName, number>> = { 'slow-headers': 100, 'slow-drip': 3 };

describe('each fault shows what it says, and the lab bills what left', () => {
  test.each(cases)('$name, $mode', async ({ name, mode }) => {
    const info = faultInfo(name);
    const whole = await healthy(name, mode);
    lab.reset();
    const seen = await ask(name, mode, shortArgs[name]);
    const status = /^status-(\d+)$/.exec(name)?.[1];
    if (status) {
      expect(seen).toMatchObject({ status: Number(status), ended: 'clean' });
      expect(JSON.parse(seen.body)).toMatchObject({ error: { message: expect.any(String) } });
      const after = info.arg?.default;
      expect(seen.headers['retry-after']).toBe(after === undefined ? undefined : String(after));
    } else {
      const check = checks[name];
      if (!check) expect.unreachable(`no check for ${name}`);
      else check(seen, mode, whole);
    }

    await expect.poll(() => lab.usage().calls, { timeout: 2000 }).toBe(1);
    const usage = lab.usage();
    const [request] = usage.requests;
    expect(request).toMatchObject({ fault: name, stream: mode === 'stream' });
    const outcome = { answer: 'completed', error: 'failed', silence: 'aborted' }[info.outcome];
    expect(request!.status).toBe(outcome);
    if (info.billed === 'nothing') {
      expect(usage).toMatchObject({ inputTokens: 0, outputTokens: 0, costUsd: 0 });
    } else {
      expect(usage.inputTokens).toBe(whole.usage!.prompt_tokens);
      if (info.billed === 'all') expect(usage.outputTokens).toBe(whole.usage!.completion_tokens);
      else if (mode === 'stream' && info.phase === 'before_first_token' && name !== 'no-choices')
        expect(usage.outputTokens).toBe(0);
      else if (mode === 'stream' && name.endsWith('-after-tokens') && !name.startsWith('broken'))
        expect(usage.outputTokens).toBe(3);
      expect(usage.costUsd).toBeCloseTo((usage.inputTokens * 10 + usage.outputTokens * 40) / 1e6, 12);
    }
  });
});

test('a number behind the colon is the Retry-After', async () => {
  const seen = await ask('status-429', 'json', 7);
  expect(seen.headers['retry-after']).toBe('7');
});

test('a client that leaves stops the answer; what was sent is billed and the call counts as aborted', async () => {
  lab.reset();
  const leave = new AbortController();
  const response = await fetch(`${lab.baseUrl('openai')}/chat/completions`, {
    method: 'POST',
    headers: { 'x-lab-fault': 'slow-drip:30' },
    body: JSON.stringify(bodyFor(undefined, 'stream')),
    signal: leave.signal,
  });
  const reader = response.body!.getReader();
  for (let packets = 0; packets < 3; packets++) await reader.read();
  leave.abort();
  await expect.poll(() => lab.usage().aborted).toBe(1);
  const { outputTokens, inputTokens } = lab.usage();
  expect(outputTokens).toBeGreaterThanOrEqual(1);
  expect(outputTokens).toBeLessThan(10);
  expect(inputTokens).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(lab.usage().outputTokens).toBe(outputTokens);
});
