/** Attaches the vectors of the user's own embeddings to the prompts of tables, so that training can stay synchronous. */
import { XrouterError } from '../errors.ts';
import {
  checkedVector,
  inTime,
  modelOf,
  type PromptEmbeddings,
  textToEmbed,
} from '../policy/embedded/own-embeddings.ts';
import type { OutcomeTable, TablePrompt } from './table.ts';

export interface EmbedOptions {
  /** Told of what is being done, a line each. */
  progress?: (line: string) => void;
  /** How long a batch of prompts may take, in ms; default two minutes, since the embeddings may try again by themselves. */
  batchMs?: number;
}

/** Few enough for one request of the usual services, which limit the tokens of all texts together. */
const BATCH = 64;
const DEFAULT_BATCH_MS = 120_000;
/** A line of progress after so many. */
const PROGRESS_PROMPTS = 1280;

/**
 * The tables with the vector of each prompt: what `trainPolicy` then learns from in place of words.
 * @throws XrouterError `policy_failed` that names the table and the rows, where the embeddings fail or return what is
 *   no vector
 */
export async function embedTables(
  tables: readonly OutcomeTable[],
  embeddings: PromptEmbeddings,
  options: EmbedOptions = {},
): Promise<OutcomeTable[]> {
  const out: OutcomeTable[] = [];
  for (const table of tables) {
    const rows = await embedRows(table.path, table.rows, embeddings, options);
    const model = modelOf(embeddings);
    out.push({ ...table, rows, ...(model !== undefined && { embeddings: model }) });
  }
  return out;
}

/** As `embedTables`, for the rows of one table, or prompts alone. */
export async function embedRows<Row extends TablePrompt>(
  path: string,
  rows: readonly Row[],
  embeddings: PromptEmbeddings,
  { progress = () => {}, batchMs = DEFAULT_BATCH_MS }: EmbedOptions = {},
): Promise<Row[]> {
  // Each text once, with the first row that it stands in.
  const firsts = new Map<string, string>();
  for (const { id, view } of rows) {
    const text = textToEmbed(view);
    if (text !== '' && !firsts.has(text)) firsts.set(text, id);
  }
  const texts = [...firsts.keys()];
  const vectors = new Map<string, Float32Array>();
  progress(`embedding ${texts.length} prompts of ${path}`);
  for (let from = 0; from < texts.length; from += BATCH) {
    const batch = texts.slice(from, from + BATCH);
    const row = (text: string) => firsts.get(text)!;
    const asked = (async () => embeddings.embedDocuments(batch))();
    const returned = await inTime(asked, batchMs).catch((cause: unknown) => {
      throw failed(`${path}, rows ${row(batch[0]!)} to ${row(batch.at(-1)!)}`, cause);
    });
    batch.forEach((text, i) => {
      try {
        vectors.set(text, checkedVector(returned?.[i], vectors.values().next().value?.length));
      } catch (cause) {
        throw failed(`${path}, row ${row(text)}`, cause);
      }
    });
    const done = from + batch.length;
    if (done % PROGRESS_PROMPTS === 0) progress(`  ${done} of ${texts.length}`);
  }
  return rows.map((row) => {
    const embedding = vectors.get(textToEmbed(row.view));
    return embedding ? { ...row, view: { ...row.view, embedding } } : row;
  });
}

function failed(where: string, cause: unknown): XrouterError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new XrouterError('policy_failed', `${where}: ${reason}.`, {
    hint: 'See that the embeddings work by themselves, then try again.',
    cause,
  });
}
