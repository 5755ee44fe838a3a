/** The page in a real browser: light and dark, desk and phone. Runs where Debian's Chromium is installed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluationPage } from '../../src/learn/report/page.ts';
import { type Browser, hasBrowser, LEAST_CONTRAST, type Look, startBrowser } from '../support/browser.ts';
import { crowdedReport, provenance, sampleReport } from './sample-report.ts';

const LOOKS: Look[] = [
  { width: 1100, scheme: 'light' },
  { width: 1100, scheme: 'dark' },
  { width: 390, scheme: 'light' },
  { width: 390, scheme: 'dark' },
  { width: 320, scheme: 'light' },
];

/** Pairs of texts in one picture of which one covers a good part of the other. */
const OVERLAPS = `(() => {
  const bad = [];
  for (const svg of document.querySelectorAll('figure > svg')) {
    const texts = [...svg.querySelectorAll('text')].map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
    texts.forEach((a, i) => texts.slice(i + 1).forEach((b) => {
      const width = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const height = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      const smaller = Math.min(a.box.width * a.box.height, b.box.width * b.box.height);
      if (width > 0 && height > 0 && width * height > 0.15 * smaller) bad.push(a.text + ' | ' + b.text);
    }));
  }
  return bad;
})()`;

/** Texts of pictures that reach out of them, where they would be cut off. */
const CUT = `[...document.querySelectorAll('figure > svg')].flatMap((svg) => {
  const room = svg.getBoundingClientRect();
  if (room.width === 0) return [];
  return [...svg.querySelectorAll('text')].filter((text) => {
    const box = text.getBoundingClientRect();
    return box.left < room.left - 1 || box.right > room.right + 1 || box.top < room.top - 1 || box.bottom > room.bottom + 1;
  }).map((text) => text.textContent);
})`;

describe.runIf(hasBrowser)('in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  const file = join(folder, 'report.html');
  let browser: Browser;
  beforeAll(async () => {
    writeFileSync(file, evaluationPage(sampleReport(), provenance));
    browser = await startBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  it.each(LOOKS)(
    '$width pixels, $scheme: nothing amiss, nothing loaded, nothing overflows or overlaps',
    async (look) => {
      const page = await browser.open(pathToFileURL(file).href, look);
      expect(page.problems).toEqual([]);
      expect(page.requests).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(look.width);
      expect(await page.evaluate(OVERLAPS)).toEqual([]);
      expect(await page.evaluate(CUT)).toEqual([]);
      expect(await page.evaluate('document.querySelectorAll("figure > svg").length')).toBeGreaterThan(8);
      const size = `Math.min(...[...document.querySelectorAll('figure > svg text')].filter((t) => t.getBoundingClientRect().width > 0)
      .map((t) => parseFloat(getComputedStyle(t).fontSize) * t.getCTM().a))`;
      expect(await page.evaluate(size)).toBeGreaterThan(8.5);
      await page.close();
    },
  );

  it.each([360, 1100])(
    '%i pixels: sixty models over seven decades of cost, with names wide and long',
    async (width) => {
      const crowded = join(folder, `crowded-${width}.html`);
      writeFileSync(crowded, evaluationPage(crowdedReport(), provenance));
      const page = await browser.open(pathToFileURL(crowded).href, { width, scheme: 'light' });
      expect(page.problems).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await page.evaluate(OVERLAPS)).toEqual([]);
      expect(await page.evaluate(CUT)).toEqual([]);
      expect(await page.evaluate('document.body.textContent.includes("\\ufffd")')).toBe(false);
      await page.close();
    },
  );

  it.each(['light', 'dark'] as const)('%s: text stands out from what is behind it', async (scheme) => {
    const page = await browser.open(pathToFileURL(file).href, { width: 1100, scheme });
    const background = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    expect(background === 'rgb(255, 255, 255)').toBe(scheme === 'light');
    const [contrast, where] = await page.evaluate<[number, string]>(LEAST_CONTRAST);
    expect(contrast, where).toBeGreaterThan(4.5);
    await page.close();
  });

  it('prints dark on white, the plots in their wide form', async () => {
    const page = await browser.open(pathToFileURL(file).href, { width: 700, scheme: 'dark', media: 'print' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.evaluate(`getComputedStyle(document.querySelector('svg.wide')).display`)).toBe('block');
    await page.close();
  });

  it('prints what is folded on the screen, and folds it again', async () => {
    const page = await browser.open(pathToFileURL(file).href, { width: 700, scheme: 'light' });
    const open = (event: string) =>
      page.evaluate(
        `dispatchEvent(new Event('${event}')), document.querySelectorAll('details[open]').length`,
      );
    expect(await open('nothing')).toBe(0);
    expect(await open('beforeprint')).toBe(
      await page.evaluate('document.querySelectorAll("details").length'),
    );
    expect(await open('afterprint')).toBe(0);
    await page.close();
  });

  it('shows which heading, fold or table has the focus of the keyboard', async () => {
    const page = await browser.open(pathToFileURL(file).href, { width: 1100, scheme: 'light' });
    for (const what of ['th button', 'summary', '.scroll']) {
      const outline = `(() => {
        const one = [...document.querySelectorAll('${what}')].at(-1);
        for (let at = one; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
        one.focus({ focusVisible: true });
        const { outlineStyle, outlineWidth } = getComputedStyle(one);
        return document.activeElement === one && outlineStyle + ' ' + outlineWidth;
      })()`;
      expect(await page.evaluate(outline), what).toBe('solid 2px');
    }
    await page.close();
  });

  it('tells lines, and the best model from the others, apart without colour', async () => {
    const page = await browser.open(pathToFileURL(file).href, { width: 1100, scheme: 'light' });
    const looks = `[...document.querySelectorAll('figure')].map((figure) => [...figure.querySelectorAll('.keys svg')].map((svg) =>
      [...svg.children].map((one) => one.tagName + getComputedStyle(one).strokeDasharray + (one.getAttribute('r') ?? '')).join()))`;
    const keys = await page.evaluate<string[][]>(looks);
    expect(keys.filter((figure) => figure.length > 1)).toHaveLength(2);
    for (const figure of keys) expect(new Set(figure).size).toBe(figure.length);
    await page.close();
  });

  it('sorts the tasks by a column, both ways, under the page’s own content policy', async () => {
    const page = await browser.open(pathToFileURL(file).href, { width: 1100, scheme: 'light' });
    const press = `(() => {
      const table = [...document.querySelectorAll('table')].find((one) => one.textContent.includes('poems'));
      [...table.querySelectorAll('th button')].find((one) => one.textContent === 'rows').click();
      return [...table.tBodies[0].rows].map((row) => row.cells[0].textContent);
    })()`;
    expect(await page.evaluate(press)).toEqual(['code', 'poems', 'sums']);
    expect(await page.evaluate(press)).toEqual(['sums', 'poems', 'code']);
    expect(page.problems).toEqual([]);
    await page.close();
  });

  it('would notice a request, a script of another, and texts upon each other', async () => {
    const bad = join(folder, 'bad.html');
    const page = evaluationPage(sampleReport(), provenance)
      .replace('<main>', '<main><script>1</script><img src="http://127.0.0.1:9/x.png">')
      .replace(/(<text class="label" x=")[\d.]+(" y=")[\d.]+/g, '$1300$2200');
    writeFileSync(bad, page);
    const opened = await browser.open(pathToFileURL(bad).href, LOOKS[0]!);
    expect(opened.problems.join('\n')).toMatch(/script/i);
    expect(opened.problems.join('\n')).toMatch(/img|image/i);
    expect(await opened.evaluate<string[]>(OVERLAPS)).not.toEqual([]);
    await opened.close();
  });
});
