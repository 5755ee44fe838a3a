/** The page in a real browser, against a real server. Runs where Debian's Chromium is installed. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { makePage } from '../../../adapters/openai/dashboard/page.ts';
import type { StoredEpisode } from '../../../src/index.ts';
import {
  type Browser,
  hasBrowser,
  LEAST_CONTRAST,
  type Look,
  type Page,
  startBrowser,
} from '../../support/browser.ts';
import { eventually, PAIR, user } from '../../support/lab-router.ts';
import { ledgerFile, serve } from './dashboard-asking.ts';
import { type Serving, serving } from './serving.ts';

/** The page's own files are plain JavaScript, without types. */
const words = new URL('../../../adapters/openai/dashboard/page/words.js', import.meta.url).href;
const { msText, percentText, usdDigits } = (await import(words)) as Record<
  'msText' | 'percentText' | 'usdDigits',
  (value: number | undefined) => string
>;

const KEY = 'sales-0123456789abcdef';
const rootOf = ({ url }: Serving) => url.replace('/v1', '');

describe('how figures are written', () => {
  it.each([
    [0, '0.000000'],
    [0.000123, '0.000123'],
    [0.0001234, '0.000123400'],
    [0.000000001, '0.000000001'],
    [0.05, '0.050000'],
    [1234.5, '1,234.500000'],
  ])('%s USD as %s', (usd, text) => expect(usdDigits(usd)).toBe(text));

  it('shares and times keep what matters', () => {
    expect([0, 0.0001, 0.034, 0.5, 1].map(percentText)).toEqual(
      ['0 %', '<0.1 %', '3.4 %', '50 %', '100 %'].map((text) => text.replace(' ', '\u00a0')),
    );
    expect([3.4, 999, 1500, 12_345, 120_000, undefined].map(msText)).toEqual(
      ['3 ms', '999 ms', '1.50 s', '12.3 s', '120 s', '–'].map((text) => text.replace(' ', '\u00a0')),
    );
  });
});

describe('the document', () => {
  const { body, headers } = makePage('1.2.3', true);

  it('allows its one style sheet and its one script by their hashes, and nothing else', () => {
    const policy = headers['content-security-policy']!;
    for (const [tag, directive] of [
      ['style', 'style-src'],
      ['script', 'script-src'],
    ]) {
      const parts = [...body.matchAll(new RegExp(`<${tag}[^>]*>([\\s\\S]*?)</${tag}>`, 'g'))];
      expect(parts).toHaveLength(1);
      const hash = createHash('sha256').update(parts[0]![1]!).digest('base64');
      expect(policy).toContain(`${directive} 'sha256-${hash}'`);
    }
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(policy).toContain("connect-src 'self'");
    expect(body).not.toMatch(/ on\w+="|style="|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
    expect(body).not.toMatch(/innerHTML|insertAdjacentHTML|document\.write/);
    expect(body).toContain('xrouter 1.2.3.');
  });

  it('holds no trace of the modules it is made of, nor a placeholder', () => {
    expect(body).not.toMatch(/^(import|export) |\/\* (style|script) \*\/|\{keyed\}/m);
  });
});

/** Texts of pictures that reach out of them, or cover each other. */
const AMISS = `[...document.querySelectorAll('figure > svg')].flatMap((svg) => {
  const room = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('text')].map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
  const cut = texts.filter(({ box }) => box.left < room.left - 1 || box.right > room.right + 1 || box.top < room.top - 1 || box.bottom > room.bottom + 1);
  const covered = texts.flatMap((a, i) => texts.slice(i + 1).filter((b) =>
    Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left) > 2 && Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top) > 4));
  return [...cut, ...covered].map(({ text }) => text);
})`;

describe.runIf(hasBrowser)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  }, 60_000);
  afterAll(() => browser?.close());

  async function open(served: Serving, look: Look): Promise<Page> {
    const page = await browser.open(`${rootOf(served)}/dashboard`, look);
    onTestFinished(() => page.close());
    return page;
  }

  const shows = (page: Page, condition: string, ms = 6_000) =>
    page.evaluate<string>(`new Promise((done, failed) => {
      const began = Date.now();
      const look = () => {
        if (${condition}) return done('yes');
        if (Date.now() - began > ${ms}) return failed(new Error(document.body.innerText.slice(0, 2000)));
        setTimeout(look, 20);
      };
      look();
    })`);
  const text = 'document.body.innerText';
  const board = "document.getElementById('board').hidden === false";

  it.each<Look>([
    { width: 1280, scheme: 'light' },
    { width: 1280, scheme: 'dark' },
    { width: 390, scheme: 'light' },
    { width: 320, scheme: 'dark' },
  ])('$width pixels, $scheme: the figures are there, nothing overflows, all can be read', async (look) => {
    const served = await serve({
      ledger: ledgerFile(),
      pool: [...PAIR],
      budgets: { dayUsd: 0.5, sessionUsd: 0.1 },
    });
    const { router } = served;
    const ids = [];
    for (let at = 0; at < 8; at++) {
      ids.push(
        (
          await router.route({
            messages: user(`Prove theorem ${at}.`),
            session: `chat-${at % 3}`,
            lambda: (at % 2) * 3,
          })
        ).id,
      );
    }
    const store = (await router.episodeStore())!;
    await eventually(async () => (await store.episodes()).length === 8, 'all are kept');
    await router.feedback(ids[0]!, 1);
    const page = await open(served, look);
    await shows(page, board);
    const { spentUsd } = await router.ledger.balance({
      kind: 'day',
      key: new Date().toISOString().slice(0, 10),
    });
    const shown = await page.evaluate<string>(text);
    expect(shown.replaceAll('\n', '')).toContain(`${usdDigits(spentUsd)} USD`);
    for (const name of [
      ...PAIR,
      'chat-0',
      'Budgets',
      'Latest requests',
      'Feedback',
      'the best fixed model',
    ]) {
      expect(shown, name).toContain(name);
    }
    await page.evaluate(`document.querySelectorAll('details').forEach((one) => { one.open = true; })`);
    await shows(page, `document.querySelectorAll('.inside').length === 8`);
    expect(await page.evaluate(text)).toContain('bundled: @pydantic/genai-prices');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(look.width);
    expect(await page.evaluate(AMISS)).toEqual([]);
    const [contrast, where] = await page.evaluate<[number, string]>(LEAST_CONTRAST);
    expect(contrast, where).toBeGreaterThan(4.5);
    expect(page.problems).toEqual([]);
    expect(page.requests.every((url) => url.startsWith(`${rootOf(served)}/dashboard/data?`))).toBe(true);
    // Each picture says in words what it shows, each table has its heading, each heading its level.
    expect(
      await page.evaluate(
        `document.querySelectorAll('svg[role=img]:not([aria-label]), table:not(:has(caption))').length`,
      ),
    ).toBe(0);
    if (process.env.XROUTER_SCREENSHOTS) {
      writeFileSync(
        join(process.env.XROUTER_SCREENSHOTS, `dashboard-${look.width}-${look.scheme}.png`),
        await page.screenshot(),
      );
    }
  });

  it('names that are meant to harm are only names', async () => {
    const served = await serve({ ledger: ledgerFile() }, {});
    const { router } = served;
    const evil = '<script>window.pwned=1</script><img src=x onerror="window.pwned=1">';
    const turned = '\u202egnp.exe\u2066 \u0000\u001b[31m';
    const long = 'W'.repeat(10_000);
    const names = [
      evil,
      turned,
      long,
      '"><svg onload=alert(1)>',
      '"; drop table entries; --',
      "{{constructor}}'`$" + '{1}',
    ];
    await router.route({ messages: user('What is 17 * 23?'), session: evil });
    const store = (await router.episodeStore())!;
    await eventually(async () => (await store.episodes()).length === 1, 'it is kept');
    const [real] = (await store.episodes()) as [StoredEpisode];
    for (const [at, name] of names.entries()) {
      const scopes = (['session', 'key'] as const).map((kind) => ({ kind, key: name }));
      const { id } = await router.ledger.reserve({
        episodeId: name,
        callId: name,
        model: name,
        amountUsd: 1,
        scopes,
        expiresInMs: 9e4,
      });
      await router.ledger.settle(id, { usd: 0.001 * (at + 1), status: 'completed', servedModel: name });
      const step = structuredClone(real.steps[0]!);
      step.decision = {
        ...step.decision,
        policy: name,
        estimates: [{ model: name, success: 0.5, costUsd: 1, utility: 0 }],
      };
      step.calls[0] = {
        ...step.calls[0]!,
        model: name,
        servedModel: evil,
        status: 'failed',
        error: { code: name as never, message: evil },
        cost: { usd: undefined, provenance: { source: 'user', name, asOf: name } },
      };
      const hostile = {
        ...real,
        id: `${name.slice(0, 300)} ${at}`,
        session: name,
        budgetKey: name,
        route: name,
        steps: [step],
      };
      await store.saveEpisode({ ...hostile, refusals: [{ model: name, code: 'denied', reason: evil }] });
      await store.feedback(hostile.id, { source: name, score: 1 });
    }
    for (const width of [1280, 390]) {
      const page = await open(served, { width, scheme: 'light' });
      await shows(page, `${board} && document.querySelectorAll('.requests li').length === 7`);
      await page.evaluate(`document.querySelectorAll('details').forEach((one) => { one.open = true; })`);
      await shows(page, `document.querySelectorAll('.inside').length === 7`);
      expect(await page.evaluate(text)).toContain(evil.slice(0, 60));
      expect(
        await page.evaluate(
          `window.pwned ?? document.querySelectorAll('script, img, iframe, object').length`,
        ),
      ).toBe(1);
      expect(
        await page.evaluate(
          '/[\\u202a-\\u202e\\u2066-\\u2069\\u0000\\u001b]/.test(document.documentElement.outerHTML)',
        ),
      ).toBe(false);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await page.evaluate(AMISS)).toEqual([]);
      expect(page.problems).toEqual([]);
      // The calls that cost nobody knows what.
      expect(await page.evaluate(text)).toContain('unknown');
    }
  });

  it('asks for the key, refuses a wrong one, shows the figures to the right one, and texts when they are asked for', async () => {
    const served = await serve(
      { ledger: ledgerFile(), episodes: { storePrompts: true }, budgets: { otherKeysUsd: 1 } },
      { keys: [{ name: 'sales', key: KEY }] },
    );
    await served.router.route({ messages: user('the merger is on Friday'), budgetKey: 'sales' });
    const page = await open(served, { width: 1280, scheme: 'light' });
    const enter = (key: string) =>
      page.evaluate(
        `document.getElementById('key').value = '${key}', document.querySelector('#key-form button').click()`,
      );
    await shows(page, "!document.getElementById('key-form').hidden");
    expect(page.problems).toEqual([]);
    expect(page.requests).toEqual([]);
    await enter('wrong-0123456789abcdef');
    await shows(page, `${text}.includes('That key was refused.')`);
    expect(await page.evaluate('sessionStorage.length + localStorage.length')).toBe(0);
    await enter(KEY);
    await shows(page, board);
    expect(await page.evaluate('localStorage.length')).toBe(0);
    expect(await page.evaluate(`sessionStorage.getItem('xrouter-key')`)).toBe(KEY);
    expect(await page.evaluate('document.documentElement.outerHTML')).not.toContain(KEY);
    expect(await page.evaluate('document.documentElement.outerHTML')).not.toContain('merger');
    await page.evaluate(`document.querySelector('.requests details').open = true`);
    await shows(page, `document.querySelector('.requests button')`);
    await page.evaluate(`document.querySelector('.requests button').click()`);
    await shows(page, `${text}.includes('the merger is on Friday')`);
    await page.evaluate(`document.getElementById('forget').click()`);
    await shows(page, "!document.getElementById('key-form').hidden");
    expect(await page.evaluate('document.documentElement.outerHTML + sessionStorage.length')).not.toMatch(
      /merger|1$/,
    );
    // The one refusal, which the browser itself notes.
    expect(page.problems.filter((problem) => !problem.includes('401'))).toEqual([]);
  });

  it('begins empty with a call to make, follows what happens without reloading, rests while hidden, and says when the server is gone', async () => {
    const served = await serving({ ledger: ledgerFile(), pool: [...PAIR] });
    const page = await open(served, { width: 1280, scheme: 'light' });
    await shows(page, `${text}.includes('No calls yet')`);
    expect(await page.evaluate(text)).toContain(`curl ${served.url}/chat/completions`);
    await page.evaluate(`document.querySelector('input[value=hour]').click(), window.same = true`);
    await served.router.route({ messages: user('What is 17 * 23?') });
    await shows(page, `document.querySelectorAll('.requests li').length === 1`);
    await page.evaluate(
      `document.querySelector('.requests summary').click(), document.querySelector('.requests summary').focus()`,
    );
    await shows(page, `document.querySelector('.inside')`);
    await served.router.route({ messages: user('And 18 * 23?') });
    await shows(page, `document.querySelectorAll('.requests li').length === 2`);
    // What was open and focused still is, one place further down.
    expect(
      await page.evaluate(`[...document.querySelectorAll('.requests details')].map(({ open }) => open)`),
    ).toEqual([false, true]);
    expect(
      await page.evaluate(`document.activeElement === document.querySelectorAll('.requests summary')[1]`),
    ).toBe(true);
    expect(await page.evaluate('window.same')).toBe(true);

    const hide = (hidden: boolean) =>
      page.evaluate(
        `Object.defineProperty(document, 'hidden', { get: () => ${hidden}, configurable: true }), document.dispatchEvent(new Event('visibilitychange'))`,
      );
    await hide(true);
    const before = page.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    expect(page.requests.length).toBe(before);
    await served[Symbol.asyncDispose]();
    await hide(false);
    await shows(page, `${text}.includes('The server does not answer. Is xrouter serve still running?')`);
    // What was known stays, with its time.
    expect(await page.evaluate(text)).toMatch(/What is shown is from .* It is asked again by itself/);
    expect(await page.evaluate(`document.querySelectorAll('.requests li').length`)).toBe(2);
  });
});
