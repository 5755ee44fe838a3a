/** What the fake generator writes, what must become of it, and the shape of what check_verl.py reports. */

export const MODELS = ['openai/gpt-5-nano', 'openai/gpt-5', 'mistral/mistral-small-2603'];
export const [NANO, FIVE, MISTRAL] = ['call_gpt_5_nano', 'call_gpt_5', 'call_mistral_small_2603'] as const;

const call = (name: string, args: object = {}) =>
  `<tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`;
const select = (target: unknown) => call('select_response', { model_call_name: target });
const THINK = `<think>\nShould I write ${call(FIVE)}? No.\n</think>\n`;

/** Turns of the fake generator, and what must become of them: end, generations, calls, selected, success. */
export const SCRIPTS: Record<string, { turns: string[]; ends: [string, number, number, string, number] }> = {
  select: {
    turns: [`${THINK}${call(NANO)}\n${call(FIVE)}`, select(FIVE)],
    ends: ['select', 2, 2, MODELS[1]!, 1],
  },
  'a wrong answer selected': { turns: [call(NANO), select(NANO)], ends: ['select', 2, 1, MODELS[0]!, 0] },
  'the second answer of one': {
    turns: [`${call(FIVE)}\n${call(FIVE)}`, select(`${FIVE}#2`)],
    ends: ['select', 2, 2, MODELS[1]!, 1],
  },
  'a selection of nobody': {
    turns: [call(FIVE), select('call_me'), select(FIVE)],
    ends: ['select', 3, 1, MODELS[1]!, 1],
  },
  synthesis: { turns: [call(NANO), `${THINK}Four.`], ends: ['synthesis', 2, 1, '', 1] },
  'a wrong synthesis': { turns: [call(NANO), 'Five'], ends: ['synthesis', 2, 1, '', 0] },
  direct: { turns: [`${THINK}  four. `], ends: ['direct', 1, 0, '', 1] },
  'only thoughts': { turns: ['<think>Four?'], ends: ['malformed', 1, 0, '', 0] },
  'a selection beside calls': {
    turns: [call(FIVE), `${call(NANO)}\n${select(FIVE)}`],
    ends: ['malformed', 2, 1, '', 0],
  },
  'calls that cannot be read': {
    turns: ['<tool_call>\n{"name": "call_gpt_5"\n</tool_call>'],
    ends: ['malformed', 1, 0, '', 0],
  },
  'arguments that are no object': {
    turns: [`<tool_call>\n{"name": "${FIVE}", "arguments": "x"}\n</tool_call>`],
    ends: ['malformed', 1, 0, '', 0],
  },
  'an unknown tool': {
    turns: [call('call_me'), call(FIVE), select(FIVE)],
    ends: ['select', 3, 1, MODELS[1]!, 1],
  },
  'a selection that is no text': {
    turns: [call(FIVE), select(7), select(FIVE)],
    ends: ['select', 3, 1, MODELS[1]!, 1],
  },
  'never ends': { turns: Array(8).fill(call(MISTRAL)), ends: ['turn_limit', 4, 3, '', 0] },
  'the last turn selects': {
    turns: [call(NANO), call(MISTRAL), call(FIVE), select(FIVE)],
    ends: ['select', 4, 3, MODELS[1]!, 1],
  },
  'too long': { turns: [call(FIVE), 'word '.repeat(9000)], ends: ['cut', 2, 1, '', 0] },
};

export interface RollOut {
  error?: string;
  fields: {
    xr_end: string;
    xr_answer: string;
    xr_calls: number;
    xr_failed_calls: number;
    xr_selected: string;
    xr_cost_usd: number;
    xr_unknown_costs: number;
    xr_router_tokens: number;
  };
  keys: string[];
  reward: {
    reward_score: number;
    reward_extra_info: { acc: number; score: number; scored: number; charge: number };
  };
  generations: number;
  prompts: string[];
  learned: string;
}
type Kwargs = Record<string, { create_kwargs: { candidate: string; cost_scale: number } }>;
export interface Results {
  algorithm: object;
  actor: object;
  multi_turn: object;
  reward_manager: string;
  tools: [string, { function: { name: string; description: string } }][];
  rows: [number, number];
  batch: string[];
  row: {
    raw_prompt: object[];
    extra_info: { lambda: number; cost_ref_usd: number; tool_selection: string[] };
    reward_model: { ground_truth: string };
    data_source: string;
    tools_kwargs: Kwargs & { request: { schemas: string } };
  };
  ends: Record<string, RollOut>;
  batched: { shape: number[]; learned: number[]; ends: string[]; candidates: string[]; generations: number };
  variants: Record<string, string | { score: number }>;
  wrong_token: RollOut;
  called: RollOut['fields'] & { texts: string[] };
  advantages: { plain: number[]; std: number[] };
  loss: number;
}
