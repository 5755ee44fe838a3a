/** What a model answers: text, tool calls or an instance of a schema, as its draw for the prompt says. */
import type { Candidate } from '../catalog/candidate.ts';
import type { AssistantMessage } from '../request.ts';
import { textOf } from '../request.ts';
import { hashOf, hashText, hex, Random, unit } from './random.ts';
import { instanceOf, type JsonSchema, promptHints } from './schema.ts';
import { judge, type Kind, solves } from './skill.ts';
import { type Solved, solve, wrongAnswer } from './solvers/index.ts';
import { chooseCalls } from './tool-choice.ts';
import type { ChatBody } from './wire.ts';

export interface AnsweredCall {
  id: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

export interface Answer {
  content: string;
  reasoning: string;
  toolCalls: AnsweredCall[];
}

/** What the lab thinks of a prompt, and whether a model solves it. */
export interface Judgement {
  kind: Kind;
  difficulty: number;
  /** Present where a solver knows the exact answer. */
  solved?: Solved;
  /** Present where the lab was told the answers. */
  told?: KnownPrompt;
}

/** The human's last message as text, markers of the lab included. */
export function lastPrompt(body: Pick<ChatBody, 'messages'>): string {
  const message = body.messages.findLast(({ role }) => role === 'user');
  return message ? textOf(message.content) : '';
}

/** A prompt whose answers someone else knows, for example a task of the gym. */
export interface KnownPrompt {
  kind: Kind;
  /** 0..1. */
  difficulty: number;
  right: AssistantMessage;
  wrong: AssistantMessage;
}

/** What is known of a prompt; `undefined` where nothing is. */
export type KnownPrompts = (prompt: string) => KnownPrompt | undefined;

export function judgePrompt(prompt: string, known?: KnownPrompts): Judgement {
  const told = known?.(prompt);
  if (told) return { kind: told.kind, difficulty: told.difficulty, told };
  const solved = solve(prompt);
  return solved ? { kind: solved.kind, difficulty: solved.difficulty, solved } : judge(prompt);
}

/** @param key what ids are made of; equal for equal requests in equal order */
export function answerFor(
  seed: number,
  candidate: Candidate,
  body: ChatBody,
  key: string,
  known?: KnownPrompts,
): Answer {
  const prompt = stripMarkers(lastPrompt(body));
  const judgement = judgePrompt(prompt, known);
  const right = solves(seed, candidate, prompt, judgement.kind, judgement.difficulty);
  const random = new Random(seed, 'answer', candidate.id, hashText(prompt));
  const reasoning = reasoningFor(seed, candidate, body, prompt, judgement);
  if (judgement.told) return recited(right ? judgement.told.right : judgement.told.wrong, reasoning, key);
  const final = finalAnswer(judgement, right, random);

  const source = valueSource(body, prompt);
  const calls = chooseCalls(body, prompt);
  if (calls.length > 0) {
    const toolCalls = calls.map(({ tool, focus }, index) => {
      const hints = promptHints(source, final, right);
      if (focus !== undefined) hints.texts = [focus];
      const parameters = (tool.function.parameters ?? { type: 'object' }) as JsonSchema;
      return {
        id: `call_${hex(24, key, index)}`,
        name: tool.function.name,
        arguments: JSON.stringify(instanceOf(parameters, hints)),
      };
    });
    return { content: '', reasoning, toolCalls };
  }
  return { content: contentFor(body, prompt, judgement, final, right, random), reasoning, toolCalls: [] };
}

function recited(message: AssistantMessage, reasoning: string, key: string): Answer {
  const toolCalls = (message.tool_calls ?? []).map(({ function: called }, index) => ({
    id: `call_${hex(24, key, index)}`,
    ...called,
  }));
  return { content: textOf(message.content), reasoning, toolCalls };
}

function contentFor(
  body: ChatBody,
  prompt: string,
  judgement: Judgement,
  final: string | undefined,
  right: boolean,
  random: Random,
): string {
  const format = body.responseFormat;
  if (format?.type === 'json_schema') {
    const schema = (format.json_schema.schema ?? { type: 'object' }) as JsonSchema;
    const source = valueSource(body, prompt);
    return JSON.stringify(instanceOf(schema, promptHints(source, final, right)));
  }
  if (format?.type === 'json_object') {
    return JSON.stringify({ answer: final ?? prose(prompt, judgement.kind, random) });
  }
  const results = toolResults(body);
  if (results.length > 0) return `Here is what I found: ${results.join('; ')}.`;
  if (final === undefined) return prose(prompt, judgement.kind, random);
  if (/\bonly\b/i.test(prompt)) return final;
  const opening = random.pick(['Working it out step by step', 'Let us see', 'Going through it']);
  return `${opening}, the result follows from the ${judgement.kind} of the question.\n\nAnswer: ${final}`;
}

function finalAnswer({ solved }: Judgement, right: boolean, random: Random): string | undefined {
  if (!solved) return undefined;
  return right ? solved.answer : wrongAnswer(solved, random);
}

/** Where values are taken from: what tools have found comes before what was asked. */
function valueSource(body: ChatBody, prompt: string): string {
  return [...toolResults(body), prompt].join('\n');
}

/** Texts of the tool results behind the human's last message. */
function toolResults({ messages }: ChatBody): string[] {
  const human = messages.findLastIndex(({ role }) => role === 'user');
  return messages
    .slice(human + 1)
    .filter((message) => message.role === 'tool')
    .map((message) => textOf(message.content).replace(/\s+/g, ' ').slice(0, 400));
}

const SENTENCES: Record<Kind, readonly string[]> = {
  math: [
    'Write down what is given and what is sought before computing anything.',
    'The quantities are linked by one relation, which can be solved for the unknown.',
    'Checking the units and the order of magnitude rules out the usual slips.',
  ],
  code: [
    'Keep the function small and give it one reason to change.',
    'Handle the empty input first, then the general case.',
    'A test with the smallest failing input will show whether the change holds.',
  ],
  knowledge: [
    'There are several aspects to this, and the context decides which matters most.',
    'The commonly accepted account rests on a few well documented facts.',
    'Sources differ in the details, so the main point is worth verifying.',
  ],
  language: [
    'A clear opening tells the reader what to expect.',
    'Short sentences and concrete words carry the meaning best.',
    'The closing should say what happens next.',
  ],
  logic: [
    'List the conditions and see which of them exclude a case.',
    'Only one arrangement satisfies every statement at once.',
    'Assuming the opposite leads to a contradiction.',
  ],
};

/** Sensible text about the prompt where no exact answer is known. */
function prose(prompt: string, kind: Kind, random: Random): string {
  const topic = prompt.slice(0, 200).replace(/\s+/g, ' ').trim().slice(0, 60) || 'your message';
  const count = prompt.length < 40 ? 1 : prompt.length < 400 ? 2 : 3;
  return `On "${topic}": ${random.sample(SENTENCES[kind], count).join(' ')}`;
}

const EFFORT: Record<string, number> = {
  none: 0,
  minimal: 0.1,
  low: 0.4,
  medium: 1,
  high: 2,
  xhigh: 3,
  max: 4,
};

function reasoningFor(
  seed: number,
  candidate: Candidate,
  body: ChatBody,
  prompt: string,
  { kind, difficulty }: Judgement,
): string {
  if (!candidate.reasoning) return '';
  const effort = EFFORT[body.reasoningEffort ?? 'medium'] ?? 1;
  const hash = hashText(prompt);
  const spread = 0.5 + unit(seed, 'effort', candidate.id, hash);
  const chars = Math.round((120 + 2400 * difficulty * difficulty) * spread * effort);
  const sentences = SENTENCES[kind];
  let text = '';
  for (let index = hashOf(seed, hash); text.length < chars; index++) {
    text += `${sentences[index % sentences.length]} `;
  }
  return text.slice(0, chars);
}

/** The prompt without the lab's own markers, so that they do not change the answer. */
export function stripMarkers(prompt: string): string {
  return prompt.includes('[[lab:') ? prompt.replace(/\s*\[\[lab:[^\]]+\]\]/g, '') : prompt;
}
