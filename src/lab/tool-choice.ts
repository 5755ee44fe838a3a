/** Which of the tools a model calls: as `tool_choice` says, else the ones the prompt's words point to. */
import type { ToolDefinition } from '../request.ts';
import type { ChatBody } from './wire.ts';

export interface ChosenCall {
  tool: ToolDefinition;
  /** Part of the prompt that this call is about, where several calls share the prompt. */
  focus?: string;
}

const MOST_CALLS = 8;
const SYNONYMS: Record<string, string> = {
  '+': 'add',
  plus: 'add',
  sum: 'add',
  adds: 'add',
  addition: 'add',
  minus: 'subtract',
  subtraction: 'subtract',
  '*': 'multiply',
  times: 'multiply',
  multiplication: 'multiply',
  multiplied: 'multiply',
  divided: 'divide',
  division: 'divide',
  forecast: 'weather',
  temperature: 'weather',
  calculate: 'calculator',
  compute: 'calculator',
};
const FILLER = new Set(
  'a an the of for to in on at is are was be it and or get set use tool with from this that what how me my you your please current by as its'.split(
    ' ',
  ),
);

export function chooseCalls(body: ChatBody, prompt: string): ChosenCall[] {
  const { tools, toolChoice, messages } = body;
  if (tools.length === 0 || toolChoice === 'none') return [];
  const human = messages.findLastIndex(({ role }) => role === 'user');
  const since = messages.slice(human + 1);
  const hasResults = since.some(({ role }) => role === 'tool');
  if (typeof toolChoice === 'object') {
    const tool = tools.find(({ function: { name } }) => name === toolChoice.function.name)!;
    return [{ tool }];
  }
  if (toolChoice === 'auto' && hasResults) return [];

  const called = new Set(
    since.flatMap((message) =>
      message.role === 'assistant' ? (message.tool_calls ?? []).map((call) => call.function.name) : [],
    ),
  );
  const words = wordsOf(prompt);
  const scored = tools
    .map((tool) => ({ tool, score: fit(tool, words, prompt) - (called.has(tool.function.name) ? 100 : 0) }))
    .sort((a, b) => b.score - a.score);
  const best = scored[0]!;
  if (toolChoice === 'required' && best.score < 2) return [{ tool: best.tool }];
  if (best.score < 2) return [];
  if (!body.parallelToolCalls) return [{ tool: best.tool }];
  const pointed = scored.filter(({ score }) => score >= 3 && score >= best.score / 2);
  if (pointed.length > 1) return pointed.slice(0, MOST_CALLS).map(({ tool }) => ({ tool }));
  return subjects(best.tool, prompt)
    .slice(0, MOST_CALLS)
    .map((focus) => ({ tool: best.tool, focus }));
}

/** How well a tool fits: words of its name count more than those of its description. */
function fit({ function: tool }: ToolDefinition, words: Set<string>, prompt: string): number {
  if (prompt.includes(tool.name)) return 10;
  let score = 0;
  for (const word of wordsOf(tool.name.replace(/[_-]|(?<=[a-z])(?=[A-Z])/g, ' ')))
    if (words.has(word)) score += 3;
  let described = 0;
  for (const word of wordsOf(tool.description ?? '')) if (words.has(word)) described++;
  return score + Math.min(described, 4);
}

function wordsOf(text: string): Set<string> {
  const words = new Set<string>();
  for (const raw of text.toLowerCase().match(/[a-z]+|[+*]/g) ?? []) {
    const word = SYNONYMS[raw] ?? raw;
    if (!FILLER.has(word)) words.add(word.length > 4 ? word.replace(/(ing|ed|es|s)$/, '') : word);
  }
  return words;
}

/** Where one text argument is asked for and the prompt names several, each is a call of its own. */
function subjects({ function: tool }: ToolDefinition, prompt: string): (string | undefined)[] {
  const properties = tool.parameters?.properties as
    | Record<string, { type?: string; enum?: unknown }>
    | undefined;
  const required = (tool.parameters?.required as string[] | undefined) ?? [];
  const texts = required.filter((name) => properties?.[name]?.type === 'string' && !properties[name].enum);
  if (texts.length !== 1 || required.length !== 1) return [undefined];
  const list = /((?:[A-Z][\w.]*(?: [A-Z][\w.]*)*(?:, | and |, and ))+[A-Z][\w.]*(?: [A-Z][\w.]*)*)/.exec(
    prompt.replace(/^[A-Z]\w*/, ''),
  )?.[1];
  return list ? list.split(/, and |, | and /) : [undefined];
}
