/** Seeded mutations of router outputs, shared by the fuzzers of the parser and of the whole policy. */

/** A small generator (mulberry32): the same seed gives the same run on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const call = (name: string, args: string) =>
  `<tool_call>\n{"name": "${name}", "arguments": ${args}}\n</tool_call>`;

export const WELL_FORMED = [
  `<think>\neasy\n</think>\n\nThe answer is 4.`,
  `<think>hard</think>\n${call('call_birch_2', '{"optimized_system_prompt": "Be \\"exact\\".\\n{\\"a\\": {}}", "temperature": 0.2}')}`,
  `<think>ask two</think>\n${call('call_birch_2', '{"optimized_system_prompt": "p", "temperature": 1.0}')}\n${call('call_alder_1_5_mini', '{"optimized_system_prompt": "东京 🚂"}')}`,
  `<think>take it</think>\n${call('select_response', '{"model_call_name": "call_birch_2"}')}<|im_end|>`,
  `plain text without thinking`,
];

const TOKENS = [
  '<think>',
  '</think>',
  '<tool_call>',
  '</tool_call>',
  '<tool_response>',
  '</tool_response>',
  '<|im_end|>',
  '<|im_start|>user\n',
  'USER QUERY: \n',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '\\',
  '\\u',
  '\\ud800',
  ',',
  ':',
  '\n',
  'null',
  'NaN',
  '1e999',
  '-',
  '"name"',
  '"arguments"',
  'call_birch_2',
  'select_response',
  'call_unknown',
  '```json',
  '\u0000',
  '\u2028',
  '\ud83d',
  '\udd00',
  '🚂',
  '\ufeff',
  '__proto__',
  'constructor',
  ' '.repeat(50),
  '{"a":'.repeat(60),
  '['.repeat(300),
  '<tool_call>'.repeat(40),
  '<think>'.repeat(40),
];

/** One well-formed output with one to eight random changes. */
export function mutated(random: () => number): string {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  let text = pick(WELL_FORMED);
  for (let changes = 1 + Math.floor(random() * 8); changes > 0; changes--) {
    const at = Math.floor(random() * (text.length + 1));
    const span = Math.floor(random() ** 3 * 60);
    switch (Math.floor(random() * 7)) {
      case 0:
        text = text.slice(0, at) + text.slice(at + span + 1);
        break;
      case 1:
        text = text.slice(0, at) + pick(TOKENS) + text.slice(at);
        break;
      case 2:
        text = text.slice(0, at);
        break;
      case 3:
        text = text.slice(0, at) + text.slice(at, at + span).repeat(3) + text.slice(at + span);
        break;
      case 4:
        text = text.slice(0, at) + String.fromCharCode(Math.floor(random() * 0x10000)) + text.slice(at + 1);
        break;
      case 5:
        text += pick(WELL_FORMED);
        break;
      default:
        text = text.slice(at) + text.slice(0, at);
    }
  }
  return text;
}
