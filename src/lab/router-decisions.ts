/** Decisions in the shape of SGLang's `/v1/decisions` (docs.sglang.io, "Decision models"), and by one token. */
import { flatError, labelBody, type RouterUsage } from './router-shapes.ts';

type Probabilities = (input: string, options: readonly string[]) => number[];

interface Question {
  id?: unknown;
  type?: unknown;
  options?: { name: string }[];
}

/** Status and body. */
export function decisionsAnswer(
  body: Record<string, unknown>,
  probabilitiesOf: Probabilities,
  promptTokens: number,
): [number, string] {
  const questions: Question[] = Array.isArray(body.questions) ? body.questions : [];
  if (questions.length === 0) return [400, flatError(400, 'questions: at least one is needed.')];
  const answers: Record<string, unknown> = {};
  for (const question of questions) {
    const options = (question.options ?? []).map(({ name }) => name);
    const names = new Set(options.map((name) => name.trim().toLowerCase()));
    if (
      question.type !== 'choice' ||
      options.length < 2 ||
      options.length > 26 ||
      names.size < options.length
    ) {
      const message = `questions.${question.id}: a choice takes 2 to 26 options with different names.`;
      return [400, flatError(400, message)];
    }
    const values = probabilitiesOf(String(body.input), options);
    const probabilities = Object.fromEntries(options.map((name, at) => [name, values[at]]));
    const choice = options[values.indexOf(Math.max(...values))];
    answers[String(question.id)] = { type: 'choice', probabilities, choice, label_mass: 0.97 };
  }
  const usage = { prompt_tokens: promptTokens, completion_tokens: 0, total_tokens: promptTokens };
  const head = { object: 'decisions', model: body.model ?? 'default', prompt_format_version: 1 };
  return [200, JSON.stringify({ ...head, answers, usage })];
}

/** The answer to a prompt that lists its options as `A: name` lines and asks for one label. */
export function labelAnswer(
  id: string,
  model: string,
  query: string,
  probabilitiesOf: Probabilities,
  usage: RouterUsage,
): string {
  const options = [...query.matchAll(/^([A-Z]): (.+)$/gm)];
  const labels = options.map(([, label]) => label!);
  const names = options.map(([, , name]) => name!.split(' - ')[0]!);
  const input = query.slice(0, options[0]?.index ?? query.length);
  return labelBody(id, model, labels, probabilitiesOf(input, names), usage);
}
