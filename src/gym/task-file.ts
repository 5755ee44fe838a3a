/** The user's own tasks: a file of JSON lines, each a request and how its answer is judged. */
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { checkRequest } from '../checks.ts';
import { XrouterError } from '../errors.ts';
import type { AssistantMessage, ResponseFormat, RouteRequest, ToolChoice } from '../request.ts';
import { fromFunction, type Judgement } from '../verifier/from-function.ts';
import { compileSchema } from '../verifier/json-schema.ts';
import { canonical } from '../verifier/json-value.ts';
import type { CollectTask } from './collect.ts';
import { fileText } from './file-text.ts';
import { readNumber } from './read-number.ts';
import { bare, fencedBlocks, readJson, readText } from './reading.ts';
import { RIGHT, type Score, textOfAnswer, wrong } from './task.ts';

const answer = z.union([z.string(), z.number(), z.array(z.union([z.string(), z.number()])).min(1)]);

const check = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('exact'), value: answer, ignore_case: z.boolean().optional() }),
  z.strictObject({
    type: z.literal('contains'),
    value: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
    ignore_case: z.boolean().optional(),
  }),
  z.strictObject({ type: z.literal('regex'), pattern: z.string(), flags: z.string().optional() }),
  z.strictObject({ type: z.literal('json'), value: z.unknown() }),
  z.strictObject({
    type: z.literal('json-schema'),
    schema: z.union([z.boolean(), z.record(z.string(), z.unknown())]),
  }),
  z.strictObject({
    type: z.literal('tool-call'),
    name: z.string(),
    arguments: z.record(z.string(), z.unknown()).optional(),
  }),
  z.strictObject({ type: z.literal('function'), file: z.string() }),
]);

const message = z.looseObject({ role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']) });

const line = z
  .strictObject({
    id: z.string().min(1),
    task: z.string().min(1),
    prompt: z.string().min(1).optional(),
    messages: z.array(message).min(1).optional(),
    tools: z
      .array(z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string() }) }))
      .optional(),
    tool_choice: z.unknown().optional(),
    response_format: z.looseObject({ type: z.string() }).optional(),
    answer: answer.optional(),
    check: check.optional(),
  })
  .refine(({ prompt, messages }) => (prompt === undefined) !== (messages === undefined), {
    error: 'give either "prompt" or "messages"',
  })
  .refine((entry) => (entry.answer === undefined) !== (entry.check === undefined), {
    error: 'give either "answer" or "check", to judge the answer by',
  });

type Check = z.infer<typeof check>;
type Verify = (message: AssistantMessage) => Score | Promise<Score>;

/**
 * Reads a tasks file; a name that ends in `.gz` is compressed. docs/gym.md holds the format.
 * @throws XrouterError `invalid_file` that names line and reason; nothing has been asked by then
 */
export async function readTaskFile(path: string): Promise<CollectTask[]> {
  const text = fileText(path, `The tasks file ${path}`);
  const tasks: CollectTask[] = [];
  const seen = new Map<string, number>();
  for (const [index, raw] of text.split('\n').entries()) {
    if (raw.trim() === '') continue;
    try {
      const entry = parseLine(raw);
      const before = seen.get(entry.id);
      if (before !== undefined) throw new Error(`the id "${entry.id}" is already in line ${before}`);
      seen.set(entry.id, index + 1);
      tasks.push(await toTask(entry, path));
    } catch (cause) {
      throw new XrouterError(
        'invalid_file',
        `Line ${index + 1} of ${path} is wrong: ${(cause as Error).message.replace(/\.$/, '')}.`,
        {
          hint: 'See docs/gym.md for what a line holds.',
          cause,
        },
      );
    }
  }
  if (tasks.length > 0) return tasks;
  throw new XrouterError('invalid_file', `${path} holds no task.`, {
    hint: 'See docs/gym.md for what a line holds.',
  });
}

function parseLine(raw: string): z.infer<typeof line> {
  const parsed = line.safeParse(JSON.parse(raw));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new Error(`${issue.path.join('.')}${issue.path.length > 0 ? ': ' : ''}${issue.message}`);
}

async function toTask(entry: z.infer<typeof line>, path: string): Promise<CollectTask> {
  const messages = entry.messages ?? [{ role: 'user', content: entry.prompt }];
  const request = {
    messages: messages as unknown as RouteRequest['messages'],
    ...(entry.tools && { tools: entry.tools as unknown as RouteRequest['tools'] }),
    ...(entry.tool_choice !== undefined && { toolChoice: entry.tool_choice as ToolChoice }),
    ...(entry.response_format && { responseFormat: entry.response_format as ResponseFormat }),
  };
  checkRequest(request);
  const verify = await verifyBy(entry.check ?? { type: 'exact', value: entry.answer! }, request, path);
  return { id: entry.id, task: entry.task, request, verify };
}

async function verifyBy(by: Check, request: RouteRequest, path: string): Promise<Verify> {
  // One letter may be written as one character or as two: files made on a Mac often hold two.
  const fold = (text: string) =>
    'ignore_case' in by && by.ignore_case ? text.normalize('NFC').toLowerCase() : text.normalize('NFC');
  switch (by.type) {
    case 'exact': {
      const values = [by.value].flat();
      // The marks that reading takes off an answer are taken off what it is compared with.
      const plain = (text: string) => fold(bare(text));
      const bald = values.find((value) => typeof value === 'string' && plain(value) === '');
      if (bald !== undefined)
        throw new Error(`"${bald}" holds nothing but marks that an answer is read without; use "regex"`);
      return (given) => {
        const text = textOfAnswer(given);
        const [number, words] = [readNumber(text), readText(text)];
        // As a whole too, for a value of several lines or one that says "Answer:" itself.
        const said = [words ?? '', optionOf(words ?? ''), text, ...fencedBlocks(text).slice(-1)].map(plain);
        const hit = values.some(
          (value) =>
            (number !== undefined && number === numberOf(value)) ||
            (typeof value === 'string' && said.includes(plain(value))),
        );
        return hit ? RIGHT : wrong(`"${words ?? ''}" instead of ${values.join(' or ')}`);
      };
    }
    case 'contains': {
      const parts = [by.value].flat();
      return (given) => {
        const missing = parts.find((part) => !fold(textOfAnswer(given)).includes(fold(part)));
        return missing === undefined ? RIGHT : wrong(`"${missing}" is missing`);
      };
    }
    case 'regex': {
      // Neither g nor y: those would remember where the last answer matched.
      const regex = new RegExp(by.pattern, by.flags?.replace(/[gy]/g, ''));
      return (given) => (regex.test(textOfAnswer(given)) ? RIGHT : wrong(`does not match ${regex}`));
    }
    case 'json': {
      const expected = canonical(by.value);
      return (given) => (canonical(readJson(textOfAnswer(given))) === expected ? RIGHT : wrong('other JSON'));
    }
    case 'json-schema': {
      const problemOf = compileSchema(by.schema);
      return (given) => {
        const value = readJson(textOfAnswer(given));
        const problem = value === undefined ? 'no JSON in the answer' : problemOf(value);
        return problem === undefined ? RIGHT : wrong(problem);
      };
    }
    case 'tool-call': {
      if (!request.tools?.some((tool) => tool.function.name === by.name))
        throw new Error(`there is no tool "${by.name}" among the tools of the line`);
      const wanted = by.arguments && canonical(by.arguments);
      return ({ tool_calls }) => {
        const hit = tool_calls?.some(
          (call) =>
            call.function.name === by.name &&
            (wanted === undefined || canonical(readJson(call.function.arguments || '{}')) === wanted),
        );
        return hit ? RIGHT : wrong(`${by.name} was not called as expected`);
      };
    }
    case 'function':
      return fromFile(resolve(dirname(path), by.file), request);
  }
}

/** Of a value that is a number, also where it is written as text: "42" and "1,234", but not "007" or "1.10". */
function numberOf(value: string | number): number | undefined {
  if (typeof value === 'number') return value;
  const digits = /^-?\d{1,3}(,\d{3})+$/.test(value) ? value.replaceAll(',', '') : value;
  return String(Number(digits)) === digits ? Number(digits) : undefined;
}

/** The letter of an answer that repeats its option: "B) Paris", "(B)", "B. Paris", "B: Paris". */
function optionOf(words: string): string {
  const [, inside, before] = /^(?:\(([a-z])\)|([a-z])[.):])(?:\s|$)/i.exec(words) ?? [];
  return inside ?? before ?? '';
}

async function fromFile(file: string, request: RouteRequest): Promise<Verify> {
  const module: { default?: unknown } = await import(pathToFileURL(file).href);
  if (typeof module.default !== 'function') throw new Error(`${file} has no function as its default export`);
  const verifier = fromFunction(file, module.default as () => Judgement);
  return async (given) => {
    // A copy, so that a function that changes it does not change what the next model is asked.
    const input = { request: structuredClone(request), message: given, finishReason: 'stop', model: '' };
    const { pass, score, reason } = await verifier.verify(input);
    return { score: score ?? (pass ? 1 : 0), ...(reason !== undefined && { reason }) };
  };
}
