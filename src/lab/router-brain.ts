/** What the lab's router model writes: by a script of the test, or by a simple rule of its own. */
import { hashOf, unit } from './random.ts';

/** What the router model reads, taken apart. */
export interface RouterPrompt {
  /** The last user text before any tool result. */
  query: string;
  /** Names of the functions it was given. */
  tools: string[];
  /** Names it called so far, oldest first. */
  called: string[];
  /** Texts the functions answered with, oldest first. */
  results: string[];
  /** Everything as one text. */
  text: string;
}

/** Writes the raw text of a turn: thinking, text, `<tool_call>` blocks. */
export type RouterBrain = (prompt: RouterPrompt) => string | Promise<string>;

export function writeCall(name: string, args: Record<string, unknown>): string {
  return `<tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`;
}

/**
 * Answers sums itself, calls one model otherwise (two where the query says "carefully"), then selects the last
 * answer that is no error. The choice depends on the query alone.
 */
export const plainBrain: RouterBrain = ({ query, tools, called, results }) => {
  const think = (why: string) => `<think>\n${why}\n</think>\n`;
  const models = tools.filter((name) => name.startsWith('call_'));
  const select = tools.find((name) => !name.startsWith('call_'));
  const good = results.findLastIndex((text) => !text.startsWith('Error') && !text.startsWith('Timeout'));
  if (good >= 0 && select)
    return `${think('An answer is in.')}${writeCall(select, { model_call_name: called[good] })}`;
  const sum = /^\D*(\d{1,6}) *\+ *(\d{1,6})\D*$/.exec(query);
  if (sum && results.length === 0) return `${think('A sum.')}\n${Number(sum[1]) + Number(sum[2])}`;
  const fresh = models.filter((name) => !called.includes(name));
  const from = fresh.length > 0 ? fresh : models;
  if (from.length === 0) return `${think('Nobody to call.')}I cannot tell.`;
  const start = hashOf(query) % from.length;
  const count = /carefully/i.test(query) ? Math.min(2, from.length) : 1;
  const chosen = Array.from({ length: count }, (_, offset) => from[(start + offset) % from.length]!);
  const args = {
    optimized_system_prompt: `Answer exactly and briefly. Topic: ${query.slice(0, 40)}`,
    temperature: 0.2,
  };
  return `${think('Somebody else knows this better.')}${chosen.map((name) => writeCall(name, args)).join('\n')}`;
};

/** Probability of each option: the same for the same input, summing to 1. */
export function plainProbabilities(input: string, options: readonly string[]): number[] {
  const weights = options.map((option) => Math.exp(4 * unit('decision', input, option)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Takes a ChatML prompt apart. */
export function readPrompt(prompt: string): RouterPrompt {
  const turns = prompt.split('<|im_start|>').map((turn) => turn.replace(/<\|im_end\|>\s*$/, ''));
  const tools = [
    ...(turns[1] ?? '').matchAll(/^\{"type": "function", "function": \{"name": "([^"]+)"/gm),
  ].map((found) => found[1]!);
  const later = turns.slice(2);
  const results = later.flatMap((turn) =>
    [...turn.matchAll(/<tool_response>\n([\s\S]*?)\n<\/tool_response>/g)].map((found) => found[1]!),
  );
  const called = later
    .filter((turn) => turn.startsWith('assistant\n'))
    .flatMap((turn) => [...turn.matchAll(/<tool_call>\n\{"name": "([^"]+)"/g)].map((found) => found[1]!));
  const asked = later.find((turn) => turn.startsWith('user\n') && !turn.includes('<tool_response>')) ?? '';
  const query = asked.slice(asked.lastIndexOf('USER QUERY: \n')).replace(/^(?:USER QUERY: |user)\n/, '');
  return { query, tools, called, results, text: prompt };
}

/** Takes a chat request apart. */
export function readChat(
  messages: readonly ChatTurn[],
  tools: readonly { function?: { name?: string } }[],
): RouterPrompt {
  const users = messages.filter(({ role }) => role === 'user');
  return {
    query: textOf(users.at(-1)).replace(/^[\s\S]*The request:\n/, ''),
    tools: tools.map((tool) => tool.function?.name ?? ''),
    called: messages.flatMap(({ tool_calls }) => (tool_calls ?? []).map((call) => call.function?.name ?? '')),
    results: messages.filter(({ role }) => role === 'tool').map(textOf),
    text: JSON.stringify([messages, tools]),
  };
}

export interface ChatTurn {
  role?: string;
  content?: unknown;
  tool_calls?: { function?: { name?: string; arguments?: unknown } }[];
}

function textOf(message: ChatTurn | undefined): string {
  return typeof message?.content === 'string' ? message.content : '';
}
