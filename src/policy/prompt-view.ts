/**
 * What a policy looks at: the human's own last message and the shape of the conversation around it.
 * Never the system prompt, the tool list or what a harness injects, since those are the same for every
 * request of an application and would put all of them into one class.
 */
import type { ContentPart, RouteRequest, UserMessage } from '../request.ts';
import { textOf } from '../request.ts';

export interface PromptView {
  /** The human's last message, without injected blocks; '' where the conversation has none. */
  text: string;
  /** Human messages so far, the last included. */
  humanTurns: number;
  /** Messages after the human's last one: how far an agent's loop has come. */
  stepsSinceHuman: number;
  /** Index of the human's last message in `messages`; -1 where there is none. */
  humanIndex: number;
  tools: number;
  /** The answer must be JSON, or follow a schema. */
  structured: boolean;
  images: number;
  audio: number;
  files: number;
  /** Characters of all messages. */
  messageChars: number;
  /** Characters of tools and schema as JSON. */
  schemaChars: number;
  /** The vector of `text` by the user's own embeddings, attached for a policy that was trained with them. */
  embedding?: Float32Array;
}

/** Blocks that editors and agent harnesses put into user messages; they are not the human's words. */
const INJECTED =
  /<(system-reminder|environment_details|environment_context|user_instructions|ide_opened_file|ide_selection|ide_diagnostics|command-name|command-message|local-command-stdout|local-command-caveat|additional_data|current_file|open_files|task-notification)\b[^>]*>[\s\S]*?<\/\1>/g;

/** The human's own words in a user message, their lines ended in one way. */
function humanText(message: UserMessage): string {
  const text = textOf(message.content);
  // The cheap tests first: most messages hold no block at all, and no carriage return.
  const own = text.includes('</') ? text.replace(INJECTED, '') : text;
  return (own.includes('\r') ? own.replaceAll(/\r\n?/g, '\n') : own).trim();
}

export function viewPrompt(request: RouteRequest): PromptView {
  const { messages } = request;
  let humanIndex = -1;
  let text = '';
  let humanTurns = 0;
  let images = 0;
  let audio = 0;
  let files = 0;
  let messageChars = 0;
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index]!;
    messageChars += contentChars(message.content);
    if (message.role === 'assistant') {
      for (const call of message.tool_calls ?? []) {
        messageChars += call.function.name.length + call.function.arguments.length;
      }
    }
    if (message.role !== 'user') continue;
    const human = humanText(message);
    const parts = typeof message.content === 'string' ? [] : message.content;
    const attached = parts.filter((part) => part.type !== 'text');
    for (const part of attached) {
      if (part.type === 'image_url') images++;
      else if (part.type === 'input_audio') audio++;
      else files++;
    }
    if (human === '' && attached.length === 0) continue;
    humanTurns++;
    humanIndex = index;
    text = human;
  }
  const format = request.responseFormat;
  const schema = format?.type === 'json_schema' ? format.json_schema.schema : undefined;
  return {
    text,
    humanTurns,
    humanIndex,
    stepsSinceHuman: humanIndex < 0 ? 0 : messages.length - 1 - humanIndex,
    tools: request.tools?.length ?? 0,
    structured: format !== undefined && format.type !== 'text',
    images,
    audio,
    files,
    messageChars,
    schemaChars: jsonChars(request.tools) + jsonChars(schema),
  };
}

function contentChars(content: string | ContentPart[] | null | undefined): number {
  if (typeof content === 'string') return content.length;
  let chars = 0;
  for (const part of content ?? []) if (part.type === 'text') chars += part.text.length;
  return chars;
}

/** Tool lists are the same objects from request to request, so their size is worth remembering. */
const jsonSizes = new WeakMap<object, number>();

function jsonChars(value: object | undefined): number {
  if (!value) return 0;
  let size = jsonSizes.get(value);
  if (size === undefined) {
    size = JSON.stringify(value).length;
    jsonSizes.set(value, size);
  }
  return size;
}
