/** The body of `POST /v1/chat/completions`: OpenAI's fields, and beside them `xrouter` for the router. */
import { z } from 'zod';
import { MOST_LAMBDA } from '../../src/index.ts';

/** Longer than any name of a model, a route or a conversation. */
export const MOST_NAME_CHARS = 200;
const MOST_NAMES = 500;

const text = z.string();
const name = z.string().min(1).max(MOST_NAME_CHARS);
const count = z.int().min(1);

const textPart = z.looseObject({ type: z.literal('text'), text });
const refusalPart = z.looseObject({ type: z.literal('refusal'), refusal: text });
const imagePart = z.looseObject({
  type: z.literal('image_url'),
  image_url: z.looseObject({ url: text, detail: text.nullish() }),
});
const audioPart = z.looseObject({
  type: z.literal('input_audio'),
  input_audio: z.looseObject({ data: text, format: text }),
});
const filePart = z.looseObject({
  type: z.literal('file'),
  file: z.looseObject({ file_data: text.optional(), file_id: text.optional(), filename: text.optional() }),
});

const oneOf = (types: string) => ({ error: `must be one of ${types}` });
const textOrParts = { error: 'must be a string or an array of parts' };
const texts = z.union([text, z.array(textPart)], textOrParts);
const contents = z.union(
  [
    text,
    z.array(
      z.discriminatedUnion(
        'type',
        [textPart, imagePart, audioPart, filePart],
        oneOf('text, image_url, input_audio, file'),
      ),
    ),
  ],
  textOrParts,
);
const answered = z.union(
  [text, z.array(z.discriminatedUnion('type', [textPart, refusalPart], oneOf('text, refusal')))],
  textOrParts,
);

const toolCall = z.looseObject({
  id: text,
  type: z.literal('function'),
  function: z.looseObject({ name: text, arguments: text }),
});

const message = z.discriminatedUnion(
  'role',
  [
    z.looseObject({ role: z.literal('system'), content: texts }),
    z.looseObject({ role: z.literal('developer'), content: texts }),
    z.looseObject({ role: z.literal('user'), content: contents }),
    z.looseObject({
      role: z.literal('assistant'),
      content: answered.nullish(),
      refusal: text.nullish(),
      tool_calls: z.array(toolCall).nullish(),
    }),
    z.looseObject({ role: z.literal('tool'), tool_call_id: text, content: contents }),
  ],
  oneOf('system, developer, user, assistant, tool'),
);

const object = z.record(z.string(), z.unknown());

const tool = z.looseObject({
  type: z.literal('function', 'must be "function": other kinds of tools cannot be routed'),
  function: z.looseObject({
    name: text,
    description: text.optional(),
    parameters: object.optional(),
    strict: z.boolean().nullish(),
  }),
});

const toolChoice = z.union(
  [
    z.enum(['none', 'auto', 'required']),
    z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: text }) }),
  ],
  { error: 'must be none, auto, required or {"type": "function", "function": {"name": NAME}}' },
);

const responseFormat = z.discriminatedUnion(
  'type',
  [
    z.looseObject({ type: z.literal('text') }),
    z.looseObject({ type: z.literal('json_object') }),
    z.looseObject({
      type: z.literal('json_schema'),
      json_schema: z.looseObject({
        name: text,
        description: text.optional(),
        schema: object.optional(),
        strict: z.boolean().nullish(),
      }),
    }),
  ],
  oneOf('text, json_object, json_schema'),
);

const routerFields = z.strictObject({
  lambda: z.number().min(0).max(MOST_LAMBDA).nullish(),
  min_success: z.number().min(0).max(1).nullish(),
  max_usd: z.number().min(0).nullish(),
  session: name.nullish(),
  pool: z.array(name).min(1).max(MOST_NAMES).nullish(),
  deny: z.array(name).max(MOST_NAMES).nullish(),
  route: name.nullish(),
});

/** Whatever is not named here goes to the provider as it is, or is refused by `unsupported.ts`. */
export const chatSchema = z.looseObject({
  model: name.nullish(),
  messages: z.array(message).min(1),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: responseFormat.nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  max_tokens: count.nullish(),
  max_completion_tokens: count.nullish(),
  stop: z.union([text, z.array(text)], { error: 'must be a string or an array of strings' }).nullish(),
  seed: z.int().nullish(),
  reasoning_effort: z.string().min(1).max(40).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  store: z.boolean().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  xrouter: routerFields.nullish(),
});

export type ChatBody = z.infer<typeof chatSchema>;

/** What is wrong, in the words of the one who sent it. */
export interface Mistake {
  /** For example `messages[0].content[1].type`. */
  path: string;
  message: string;
}

/** Of all that is wrong the first; inside a union, what got furthest into the value. */
export function mistakeOf(error: z.ZodError): Mistake {
  const issue = deepest(error.issues[0]!);
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(routerFields.shape).join(', ');
    return { path: pathName([...issue.path, issue.keys[0]!]), message: `is not known; there are ${known}` };
  }
  return { path: pathName(issue.path), message: issue.message.replace('Invalid input: ', '') };
}

type Issue = z.core.$ZodIssue;

function deepest(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  let furthest: Issue = issue;
  for (const errors of issue.errors) {
    const [first] = errors;
    if (!first) continue;
    const inner = deepest({ ...first, path: [...issue.path, ...first.path] });
    if (inner.path.length > furthest.path.length) furthest = inner;
  }
  return furthest;
}

function pathName(path: readonly PropertyKey[]): string {
  let written = '';
  for (const step of path) {
    if (typeof step === 'number') written += `[${step}]`;
    else written += written === '' ? shortened(String(step)) : `.${shortened(String(step))}`;
  }
  return written;
}

/** A name that the client made up may be of any length. */
function shortened(step: string): string {
  return step.length > 100 ? `${step.slice(0, 100)}...` : step;
}
