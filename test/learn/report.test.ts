/** The page of an evaluation: whatever stands in a table, it stays text, and nothing is loaded. */
import { describe, expect, it } from 'vitest';
import { placeLabels } from '../../src/learn/report/labels.ts';
import { evaluationPage } from '../../src/learn/report/page.ts';
import { provenance, sampleReport } from './sample-report.ts';

describe('the page', () => {
  it('shows names from tables as text, in every place they come to', () => {
    const attack = `"><img src=x onerror=alert(1)><script>alert('x')</script>&amp;`;
    const report = sampleReport({ model: attack, task: attack, name: attack });
    const page = evaluationPage(report, { ...provenance, command: `xrouter eval --table ${attack}` });
    expect(page).not.toContain('<img');
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page.split('&quot;&gt;&lt;img src=x').length).toBeGreaterThan(8);
    expect(page).toContain('&amp;amp;');
  });

  it('carries no control characters, which could reorder what is read', () => {
    const page = evaluationPage(sampleReport({ model: 'evil\u202etpg\u0000\u001b[31m' }), provenance);
    for (const control of ['\u202e', '\u0000', '\u001b']) expect(page.includes(control)).toBe(false);
  });

  it('refers to nothing outside itself, and forbids it', () => {
    const page = evaluationPage(sampleReport(), provenance);
    expect(page).not.toMatch(/https?:|\/\/|@import|url\(|style="|\son\w+=/);
    expect(page).toContain('default-src &#39;none&#39;'.replaceAll('&#39;', "'"));
    expect(page.match(/ (src|href)="[^"]*"/g)).toEqual([' href="data:,"']);
  });

  it('says what every picture shows, and every figure of the tables', () => {
    const report = sampleReport();
    const page = evaluationPage(report, provenance);
    const pictures = page.match(/role="img" aria-label="[^"]{40,}"/g) ?? [];
    expect(pictures.length).toBeGreaterThanOrEqual(8);
    expect(pictures).toHaveLength((page.match(/role="img"/g) ?? []).length);
    const plain = page.replaceAll('\u00a0', ' ');
    for (const limit of report.limits) expect(plain).toContain(limit);
    for (const { task } of report.tasks) expect(page).toContain(`>${task}<`);
    expect(page).toContain(provenance.policySha256);
  });

  it('shows what reinforcement adds in each form, and that without a verifier there is one call', () => {
    const page = evaluationPage(sampleReport(), provenance).replaceAll('\u00a0', ' ');
    for (const finding of [
      'In one call DAPO is better than the predictor alone.',
      'So it earns its place.',
    ]) {
      expect(page).toContain(finding);
    }
    expect(page).toMatch(/Without a verifier the policy stays with one call<\/strong>: on each of 800 rows/);
    const cells = (row: string) => new RegExp(`>${row}</th>(.*?)</tr>`, 's').exec(page)![1]!.match(/<td/g);
    for (const row of ['one call', 'verifier right 70 %', 'verifier right 90 %'])
      expect(cells(row)).toHaveLength(5);
    const wanton = { ...sampleReport().noVerifier!, mostCalls: 2 };
    expect(evaluationPage({ ...sampleReport(), noVerifier: wanton }, provenance)).toContain('up to 2 calls');
  });

  it('draws the interval within the axes, and says where models that cost nothing stand', () => {
    const report = sampleReport();
    const band = [1e-5, 1e-3, 0.1, 1, 1e3].map((budget) => ({ budget, value: 0.5, low: 0.4, high: 0.6 }));
    const page = evaluationPage({ ...report, band }, provenance);
    const [, corners] = /class="band policy" points="([^"]*)"/.exec(page)!;
    for (const corner of corners!.split(' ')) {
      const x = Number(corner.split(',')[0]);
      expect(x).toBeGreaterThanOrEqual(48);
      expect(x).toBeLessThanOrEqual(704);
    }
    expect(page).not.toContain('cost nothing');
    const [first, ...others] = report.singles;
    const singles = [{ ...first!, costUsd: 0, costShare: 0 }, ...others];
    expect(evaluationPage({ ...report, singles }, provenance)).toContain('Models that cost nothing stand');
  });

  it('explains its words, and says plainly what never happens', () => {
    const report = sampleReport();
    const never = report.oneShot.map(({ costMatch: _, ...router }) => router);
    const page = evaluationPage({ ...report, oneShot: never, verifiers: [] }, provenance);
    for (const word of ['λ (lambda)', 'mixing line', 'oracle', 'verifier', 'lookahead', 'DAPO']) {
      expect(page, word).toMatch(new RegExp(`<dt>[^<]*${word.replace(/[()]/g, '.')}[^<]*</dt><dd>[^<]{40,}`));
    }
    expect(page).toContain('>never<small>whatever it spends<');
  });

  it('says beside its gain what the best simple router gains', () => {
    const page = evaluationPage(sampleReport(), provenance);
    expect(page.replaceAll('\u00a0', ' ')).toContain(
      'The best of the simpler routers, nearest neighbours (40), gains +2.4 (+0.9 to +3.9) in one call, ' +
        'and the rule made by hand +8.0 (+6.5 to +9.5) with that verifier.',
    );
  });

  it('gives no interval of no width where every row of a task came out alike', () => {
    const report = sampleReport();
    const [first, ...others] = report.tasks;
    const page = evaluationPage({ ...report, tasks: [{ ...first!, error: 0 }, ...others] }, provenance);
    expect(page).toContain('±');
    expect(page).not.toContain('±0.0');
  });

  it('labels no two ticks alike, however narrow the range of accuracy', () => {
    const report = sampleReport();
    const flat = (points: { cost: number; accuracy: number }[]) =>
      points.map(({ cost }) => ({ cost, accuracy: 1 }));
    const page = evaluationPage(
      {
        ...report,
        best: { ...report.best, accuracy: 1 },
        mixing: flat(report.mixing),
        oracle: flat(report.oracle),
        oneShot: report.oneShot.map((router) => ({ ...router, points: flat(router.points) })),
        verifiers: [],
      },
      provenance,
    );
    const [plot] = /<svg class="wide".*?<\/svg>/s.exec(page)!;
    const labels = [...plot.matchAll(/text-anchor="end">([\d.]+).%</g)].map(([, label]) => label);
    expect(labels.length).toBeGreaterThan(3);
    expect(new Set(labels).size).toBe(labels.length);
  });

  it('leaves out what was not measured, and says so', () => {
    const page = evaluationPage(
      {
        ...sampleReport(),
        verifiers: [],
        noVerifier: undefined,
        heldOut: { leftOut: 'asked to be quick' },
        reinforcement: { leftOut: 'the rows are too few' },
      },
      provenance,
    );
    expect(page).toContain('Not measured: asked to be quick');
    expect(page).toContain('not measured: the rows are too few');
    expect(page).toContain('trained without sequences');
    expect(page.replace(/<script>.*?<\/script>/s, '')).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('names in a plot', () => {
  it('cover neither dots nor each other, and stay inside', () => {
    const room = { left: 0, right: 400, top: 0, bottom: 300 };
    const dots = Array.from({ length: 40 }, (_, i) => ({
      x: 20 + ((i * 97) % 370),
      y: 20 + ((i * 61) % 260),
      name: `model-number-${i}`,
    }));
    const placed = placeLabels(dots, [], room, 40);
    expect(placed.length).toBeGreaterThan(10);
    expect(placed[0]!.name).toBe('model-number-0');
    const boxes = placed.map(({ x, y, anchor, name }) => {
      const width = name.length * 6.5;
      const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
      return { left, right: left + width, top: y - 10, bottom: y + 2 };
    });
    for (const [i, a] of boxes.entries()) {
      expect(a.left).toBeGreaterThanOrEqual(0);
      expect(a.right).toBeLessThanOrEqual(400);
      for (const b of boxes.slice(i + 1)) {
        expect(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).toBe(false);
      }
    }
  });
});
