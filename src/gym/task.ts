/** A task of the gym: a request whose answer a program can judge exactly. */
import type { AssistantMessage, RouteRequest } from '../request.ts';
import type { Random } from './random.ts';

/** 1 is right, 0 is wrong; a task may give part of the score. `reason` says what was wrong. */
export interface Score {
  score: number;
  reason?: string;
}

export type TaskRequest = Pick<RouteRequest, 'messages' | 'tools' | 'toolChoice' | 'responseFormat'>;

export interface GymTask {
  /** Derived from the request, so the same task has the same id in every run. */
  id: string;
  /** The kind, for example `arithmetic`; the `task` column of an outcome table. */
  task: string;
  request: TaskRequest;
  /** 0..1, as it was asked for. */
  difficulty: number;
  /** What the difficulty drives: steps, rows, clues. Comparable within one kind only. */
  size: number;
  /** One right answer. Never part of the request. */
  solution: AssistantMessage;
  verify(message: AssistantMessage): Score | Promise<Score>;
}

export type Draft = Omit<GymTask, 'id' | 'task' | 'difficulty'>;

/** Makes one task; everything random comes from `random`, everything hard from `difficulty`. */
export type Generator = (random: Random, difficulty: number) => Draft;

export const RIGHT: Score = { score: 1 };

export function wrong(reason: string): Score {
  return { score: 0, reason };
}

/** A task that is one user message and a text answer. */
export function textTask(
  prompt: string,
  size: number,
  answer: string,
  verify: (text: string) => Score,
): Draft {
  return {
    request: { messages: [{ role: 'user', content: prompt }] },
    size,
    solution: { role: 'assistant', content: answer },
    verify: (message) => verify(textOfAnswer(message)),
  };
}

/** What was said, without the thoughts that some servers leave in it; thoughts that never end are all there is. */
export function textOfAnswer(message: AssistantMessage): string {
  const { content } = message;
  const text = typeof content === 'string' ? content : (content ?? []).map((part) => part.text).join('\n');
  // Some templates open the thoughts in the prompt, so that only their end is heard.
  const [, end] = /^.*<\/think(?:ing)?>(.*)$/is.exec(text) ?? [];
  if (end !== undefined) return end;
  return /^\s*<think(?:ing)?>/i.test(text) ? '' : text;
}

/** A whole number between `from` (difficulty 0) and `to` (difficulty 1). */
export function scaled(difficulty: number, from: number, to: number): number {
  return Math.round(from + (to - from) * difficulty);
}
