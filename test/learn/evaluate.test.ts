import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/learn/evaluate.ts';
import { disturb } from '../../src/learn/prompt-noise.ts';
import { Random } from '../../src/learn/random.ts';
import { reportHtml } from '../../src/learn/report-html.ts';
import type { OutcomeTable } from '../../src/learn/table.ts';
import { trainPolicy } from '../../src/learn/train.ts';
import { viewPrompt } from '../../src/policy/prompt-view.ts';

function table(): OutcomeTable {
  const random = new Random(8);
  const kinds = ['Add', 'Translate', 'Sort'];
  const rows = Array.from({ length: 120 }, (_, i) => {
    const kind = kinds[i % 3]!;
    const text = `${kind} the following ${2 + random.below(8)} things, please: ${random.below(100)}.`;
    const outcomes = new Map(
      ['<weak>', 'strong', 'adder'].map((id, j) => {
        const chance = id === 'adder' ? (kind === 'Add' ? 0.95 : 0.2) : j === 0 ? 0.35 : 0.75;
        return [id, { score: random.next() < chance ? 1 : 0, costUsd: [0.0002, 0.01, 0.0005][j]! }] as const;
      }),
    );
    return {
      id: `r${i}`,
      task: kind,
      view: viewPrompt({ messages: [{ role: 'user', content: text }] }),
      outcomes,
    };
  });
  return { path: '/data/things.jsonl', models: ['<weak>', 'adder', 'strong'], rows };
}

describe('evaluating a policy', () => {
  it('shows it beside what it has to beat, and tasks never seen beside rows never seen', () => {
    const things = table();
    const weights = trainPolicy([things], { dapo: false });
    const lines: string[] = [];
    const options = { verifiers: [0.7, 1], draws: 20, progress: (line: string) => lines.push(line) };
    const report = evaluate(weights, things, options);
    const names = report.routers.map(({ router, verifier }) => `${router} ${verifier ?? ''}`.trim());
    expect(names).toEqual(
      expect.arrayContaining(['predictor without RL', 'k nearest neighbours (40)', 'clusters (64)']),
    );
    const sequences = report.routers.filter(({ verifier }) => verifier !== undefined);
    expect(sequences.map(({ verifier }) => verifier)).toEqual([0.7, 1]);
    expect(sequences[1]!.gain).toBeGreaterThan(sequences[0]!.gain);
    expect(report.best.model).toBe('strong');
    expect(report.cheapest.model).toBe('<weak>');
    expect(report.tasks.map(({ task }) => task)).toEqual(['Add', 'Translate', 'Sort']);
    // What a policy knows of one task says nothing of another here.
    expect(report.transfer!.otherRows).toBeGreaterThan(report.transfer!.otherTasks);
    expect(lines.length).toBeGreaterThan(5);
    const page = reportHtml(report);
    expect(page).toContain('prefers-color-scheme:dark');
    expect(page).toContain('&lt;weak&gt;');
    expect(page).not.toContain('<weak>');
    expect(page).not.toMatch(/NaN|undefined|https?:/);
    expect(page.match(/<polyline/g)!.length).toBeGreaterThanOrEqual(8);
  }, 60_000);

  it('disturbs a prompt without changing its words, and the same by seed', () => {
    const text = 'What is the capital of France? Answer briefly.';
    const { case: lower, whitespace, typo } = disturb(text, new Random(3)) as Record<string, string>;
    expect(lower).toBe('what is the capital of France? answer briefly.');
    expect(whitespace!.trim().replaceAll(/ +/g, ' ')).toBe(text);
    expect([...typo!].sort()).toEqual([...text].sort());
    expect(typo).not.toBe(text);
    expect(disturb(text, new Random(3))).toEqual({ case: lower, whitespace, typo });
    expect(disturb('', new Random(1)).typo).toBe('');
  });
});
