import { expect, it } from 'vitest';
import { isRejected, type RouterTools, readMove } from '../../../src/policy/served/move.ts';
import { parseRouterOutput } from '../../../src/policy/served/parse.ts';
import { dumpPythonJson } from '../../../src/policy/served/python-json.ts';
import { mutated, seededRandom } from './mutate.ts';

const tools: RouterTools = {
  models: new Map([
    ['call_birch_2', 'birch-2'],
    ['call_alder_1_5_mini', 'alder-1.5-mini'],
  ]),
  select: 'select_response',
};
const isTool = (name: string) => tools.models.has(name) || name === tools.select;

it('10,000 mutated outputs each give one typed move, at once, without thinking or framing in the answer', () => {
  const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`FUZZ_SEED=${seed}`);
  const random = seededRandom(seed);
  const seen = new Map<string, number>();
  for (let index = 0; index < 10_000; index++) {
    const output = mutated(random);
    const where = `FUZZ_SEED=${seed} case ${index}: ${JSON.stringify(output)}`;
    const started = performance.now();
    const parsed = parseRouterOutput(output, isTool);
    const move = readMove(parsed, tools);
    expect(performance.now() - started, where).toBeLessThan(200);
    seen.set(move.type, (seen.get(move.type) ?? 0) + 1);
    expect(parsed.text, where).not.toMatch(/<\/?think(?:ing)?>|<\|im_(?:end|start)\|>/i);
    switch (move.type) {
      case 'answer':
        expect(move.text.trim(), where).not.toBe('');
        break;
      case 'call':
        expect(
          move.calls.some((call) => !isRejected(call)),
          where,
        ).toBe(true);
        for (const call of move.calls) {
          // What goes into the next prompt is JSON again.
          expect(() => dumpPythonJson(call.call.arguments), where).not.toThrow();
          if (isRejected(call)) continue;
          expect([...tools.models.values()], where).toContain(call.model);
          expect(call.systemPrompt?.trim(), where).not.toBe('');
          expect(call.temperature ?? 1, where).toBeGreaterThanOrEqual(0);
          expect(call.temperature ?? 1, where).toBeLessThanOrEqual(2);
        }
        break;
      case 'select':
        expect(typeof move.target, where).toBe('string');
        break;
      default:
        expect(move.reason, where).not.toBe('');
    }
  }
  // The mutations reach every kind of move, so that the checks above mean something.
  expect([...seen.keys()].sort()).toEqual(['answer', 'call', 'none', 'select']);
});

it('long hostile outputs take time in proportion to their length', () => {
  for (const piece of [
    '<tool_call>',
    '<think>',
    '</think>',
    '{"a":',
    '[',
    '"',
    '\\',
    '<tool_call>{"name":"',
    "'a',",
    ' ',
  ]) {
    const started = performance.now();
    parseRouterOutput(piece.repeat(100_000), isTool);
    parseRouterOutput(`<tool_call>{"name": "f", "arguments": {"p": "${piece.repeat(100_000)}`, isTool);
    expect(performance.now() - started, JSON.stringify(piece)).toBeLessThan(2000);
  }
});
