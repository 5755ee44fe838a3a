/**
 * Fetches a published checkpoint's contract from where its authors published it, to the user's machine. The
 * texts are found in the source by their form and accepted by their hash, so their place in the repository
 * does not matter; and the folder as a whole is accepted by the hash of a prompt rendered from it.
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { XrouterError } from '../../../errors.ts';
import type { Contract, ContractFile, ModelSpec, RouterTool } from '../contract.ts';
import { createRenderer } from '../render.ts';
import { assignedValues, type PythonValue, readPython } from './python-literals.ts';
import { untarTexts } from './tar.ts';

export interface ContractSource {
  /** A `.tar.gz` of the source code. */
  codeUrl: string;
  /** The checkpoint's `tokenizer_config.json`, which holds the chat template. */
  tokenizerUrl: string;
  /** sha256 of the system prompt. */
  systemSha256: string;
  /** sha256 of the prompt rendered for the query "What is 2+2?" with the first fixed set of models. */
  promptSha256: string;
}

/** arXiv 2510.08439; hashes measured on this commit and the model card's tokenizer. */
export const XROUTER_CONTRACT: ContractSource = {
  codeUrl: 'https://codeload.github.com/SalesforceAIResearch/xRouter/tar.gz/df2f4bd',
  tokenizerUrl: 'https://huggingface.co/Salesforce/xRouter/resolve/main/tokenizer_config.json',
  systemSha256: '65b66a3906d82deb5020071bebd8637100f75cdeef0066b5ca26c091e983e08e',
  promptSha256: '24453ea3e67c5db1f2c8bf40856de570beefb8649813b9850ba6140a032c07f9',
};

const CHECK_QUERY = 'What is 2+2?';
const TIMEOUT_MS = 60_000;
const HINT = 'Run it on a machine with internet access and copy the folder, or name a mirror.';

/**
 * Writes the four files into the folder, once all of them are verified.
 * @returns how many models the contract knows
 * @throws XrouterError `connection_failed` off-line, `invalid_file` where something is not what was published
 */
export async function pullContract(source: ContractSource, directory: string): Promise<number> {
  const [archive, tokenizer] = await Promise.all([
    fetchBytes(source.codeUrl),
    fetchBytes(source.tokenizerUrl),
  ]);
  const files = sourcesOf(archive, source.codeUrl);
  const chatTemplate = templateOf(tokenizer, source.tokenizerUrl);
  const systemPrompt = findSystemPrompt(files, source);
  const models = findModels(files, source);
  const pools = findPools(files, models);
  for (const selectTool of findSelectTools(files)) {
    const contract: Contract = { systemPrompt, models, selectTool, chatTemplate };
    const { render } = await createRenderer(contract);
    if (!pools.some((pool) => sha256(render({ pool, query: CHECK_QUERY })) === source.promptSha256)) continue;
    await writeContract(directory, contract);
    return models.size;
  }
  throw different(source.codeUrl, `no prompt rendered from it has the sha256 ${source.promptSha256}`);
}

async function fetchBytes(url: string): Promise<Buffer> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error && 'code' in cause ? cause.code : String(cause);
    throw new XrouterError('connection_failed', `${url} cannot be reached (${why}).`, {
      hint: HINT,
      cause: error,
    });
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new XrouterError('connection_failed', `${url} answered ${response.status}.`, { hint: HINT });
  }
  return Buffer.from(await response.arrayBuffer());
}

function sourcesOf(archive: Buffer, url: string): string[] {
  try {
    return [...untarTexts(archive, /\.py$/).values()];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new XrouterError('invalid_file', `${url} is no source archive: ${why}.`, {
      hint: HINT,
      cause: error,
    });
  }
}

function templateOf(tokenizer: Buffer, url: string): string {
  try {
    const { chat_template: template } = JSON.parse(tokenizer.toString('utf8'));
    if (typeof template === 'string' && template !== '') return template;
  } catch {}
  throw new XrouterError('invalid_file', `${url} is no tokenizer_config.json with a chat template.`, {
    hint: HINT,
  });
}

function findSystemPrompt(files: readonly string[], source: ContractSource): string {
  const prompts = files.flatMap((file) => assignedValues(file, /SYSTEM_PROMPT/)).map(({ value }) => value);
  const found = prompts.find((value) => typeof value === 'string' && sha256(value) === source.systemSha256);
  if (typeof found === 'string') return found;
  throw different(source.codeUrl, `no SYSTEM_PROMPT in it has the sha256 ${source.systemSha256}`);
}

function findModels(files: readonly string[], source: ContractSource): Map<string, ModelSpec> {
  let largest = new Map<string, ModelSpec>();
  for (const { value } of files.flatMap((file) => assignedValues(file, /^MODEL_SPECS$/))) {
    const models = new Map<string, ModelSpec>();
    for (const [id, spec] of Object.entries(isDict(value) ? value : {})) {
      if (!isDict(spec) || typeof spec.description !== 'string') continue;
      models.set(id, { name: typeof spec.name === 'string' ? spec.name : id, description: spec.description });
    }
    if (models.size > largest.size) largest = models;
  }
  if (largest.size > 0) return largest;
  throw different(source.codeUrl, 'it has no MODEL_SPECS with descriptions');
}

/**
 * Lists of model ids, one of which is the pool that the published hash was rendered with; the likely one, by
 * its name, first. Ids without a description are left out.
 */
function findPools(files: readonly string[], models: ReadonlyMap<string, ModelSpec>): string[][] {
  const isKnown = (name: PythonValue): name is string => typeof name === 'string' && models.has(name);
  return files
    .flatMap((file) => assignedValues(file, /./))
    .sort((a, b) => Number(b.name.includes('FIXED')) - Number(a.name.includes('FIXED')))
    .flatMap(({ value }) => (Array.isArray(value) ? [value.filter(isKnown)] : []))
    .filter((pool) => pool.length > 0);
}

/** Every description of the select tool, as a dictionary or as the call that builds it. */
function findSelectTools(files: readonly string[]): RouterTool[] {
  const tools: RouterTool[] = [];
  for (const file of files) {
    for (const match of file.matchAll(/["']?name["']?\s*[:=]\s*["']select_response["']/g)) {
      const tool = enclosingTool(file, match.index);
      if (tool) tools.push(tool);
    }
  }
  return tools;
}

/** The nearest dictionary or call around the offset that reads as a tool. */
function enclosingTool(file: string, offset: number): RouterTool | undefined {
  for (let at = offset; at >= Math.max(0, offset - 2000); at--) {
    const isCall = file[at] === '(';
    if (file[at] !== '{' && !isCall) continue;
    const start = isCall ? at - (/[\w.]*$/.exec(file.slice(0, at))?.[0].length ?? 0) : at;
    const value = readPython(file, start);
    if (isDict(value) && value.name === 'select_response' && isDict(value.parameters)) {
      return value as unknown as RouterTool;
    }
  }
  return undefined;
}

function isDict(value: PythonValue | undefined): value is { [key: string]: PythonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function writeContract(directory: string, contract: Contract): Promise<void> {
  const { name, description, parameters } = contract.selectTool;
  const texts: Record<ContractFile, string> = {
    'system_prompt.txt': contract.systemPrompt,
    'models.json': `${JSON.stringify(Object.fromEntries(contract.models), null, 2)}\n`,
    'select_tool.json': `${JSON.stringify({ name, description, parameters }, null, 2)}\n`,
    'chat_template.jinja': contract.chatTemplate,
  };
  await mkdir(directory, { recursive: true });
  for (const [file, text] of Object.entries(texts)) await writeFile(join(directory, file), text);
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function different(url: string, why: string): XrouterError {
  return new XrouterError('invalid_file', `${url} is not what was published: ${why}.`, {
    hint: 'Nothing was written. Check the address; for another version of the checkpoint give its own hashes.',
  });
}
