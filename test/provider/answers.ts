/** Whole answers and their chunks, in the shape of OpenAI's API, for the scripted server. */
import { json, type Script, sse } from '../support/scripted-server.ts';

export const USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
export const DONE = 'data: [DONE]\n\n';
export const USAGE_CHUNK = { choices: [], usage: USAGE };

const ENVELOPE = { id: 'chatcmpl-1', model: 'model-1-0613' };

export function chunk(delta: object, finishReason: string | null = null) {
  return { ...ENVELOPE, choices: [{ index: 0, delta, finish_reason: finishReason }] };
}

export function text(content: string) {
  return chunk({ content });
}

export function finish(reason: string) {
  return chunk({}, reason);
}

export function whole(
  message: object,
  finishReason: string | null = 'stop',
  headers: Record<string, string> = {},
): Script {
  const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finishReason }];
  return json({ ...ENVELOPE, choices, usage: USAGE }, 200, headers);
}

/** A streamed answer without fault. */
export function streamed(...pieces: string[]): Script {
  return sse(
    chunk({ role: 'assistant', content: '' }),
    ...pieces.map(text),
    finish('stop'),
    USAGE_CHUNK,
    DONE,
  );
}
