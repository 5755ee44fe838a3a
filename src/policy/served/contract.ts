/**
 * The contract folder: the texts a published router checkpoint was trained with. Four files, of which none is
 * ours to ship; `xrouter contract pull` fetches them from their public homes.
 *
 *   system_prompt.txt     the router's system prompt, byte for byte
 *   models.json           {id: {name, description}}: the models it knows, in the words it knows them by
 *   select_tool.json      {name, description, parameters}: the tool that releases an answer
 *   chat_template.jinja   the checkpoint's own chat template
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { XrouterError } from '../../errors.ts';

/** A tool by what the router is told of it. */
export interface RouterTool {
  name: string;
  description: string;
  parameters: {
    type: string;
    properties: Record<string, { type: string; description?: string | null; enum?: string[] | null }>;
    required: string[];
  };
}

export interface ModelSpec {
  name: string;
  description: string;
}

export interface Contract {
  systemPrompt: string;
  models: ReadonlyMap<string, ModelSpec>;
  selectTool: RouterTool;
  /** Source of the chat template. */
  chatTemplate: string;
}

export type ContractFile = 'system_prompt.txt' | 'models.json' | 'select_tool.json' | 'chat_template.jinja';

/**
 * Reads and validates a contract folder.
 * @throws XrouterError `invalid_file`, which names the file and what is wrong with it
 */
export async function loadContract(directory: string): Promise<Contract> {
  const { modelsSchema, toolSchema } = await import('./contract-schema.ts');
  const [systemPrompt, models, selectTool, chatTemplate] = await Promise.all([
    readText(directory, 'system_prompt.txt'),
    readJson(directory, 'models.json', modelsSchema),
    readJson(directory, 'select_tool.json', toolSchema),
    readText(directory, 'chat_template.jinja'),
  ]);
  return { systemPrompt, models: new Map(Object.entries(models)), selectTool, chatTemplate };
}

async function readText(directory: string, file: ContractFile): Promise<string> {
  const path = join(directory, file);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new XrouterError(
      'invalid_file',
      missing ? `The contract folder has no ${path}.` : `${path} cannot be read.`,
      {
        hint: 'Fetch the published files with `xrouter contract pull --out DIR`, or write the four files yourself.',
        cause: error,
      },
    );
  }
  try {
    // A byte order mark is kept: the folder's bytes are the contract.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (text === '') throw invalid(path, 'it is empty');
    return text;
  } catch (error) {
    if (error instanceof XrouterError) throw error;
    throw invalid(path, 'it is not valid UTF-8', error);
  }
}

async function readJson<T>(directory: string, file: ContractFile, schema: z.ZodType<T>): Promise<T> {
  const path = join(directory, file);
  let json: unknown;
  try {
    json = JSON.parse(await readText(directory, file));
  } catch (error) {
    if (error instanceof XrouterError) throw error;
    throw invalid(path, `it is not JSON (${error instanceof Error ? error.message : error})`, error);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw invalid(path, `${issue.path.join('.') || 'the document'}: ${issue.message}`);
}

function invalid(path: string, why: string, cause?: unknown): XrouterError {
  return new XrouterError('invalid_file', `${path} is not a usable contract file: ${why}.`, {
    hint: 'docs/served-policy.md says what each file of a contract folder holds.',
    cause,
  });
}
