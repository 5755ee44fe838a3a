/** Pool files: candidates with hand-written prices and scores, as training and evaluation use them. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { XrouterError } from '../errors.ts';
import { fileTextOf } from '../text-file.ts';
import { splitId } from './bundled.ts';
import type { Candidate } from './candidate.ts';
import { flatPrice } from './price.ts';

// Unknown fields are let through: pool files come from other tools too.
const poolSchema = z.object({
  models: z
    .array(
      z.object({
        id: z.string().min(1),
        inputUsdPerMTok: z.number().nonnegative(),
        outputUsdPerMTok: z.number().nonnegative(),
        contextTokens: z.number().int().positive().optional(),
        benchmarks: z.record(z.string(), z.number().min(0).max(100)).optional(),
        reasoning: z.boolean().optional(),
      }),
    )
    .min(1),
});

/**
 * Candidates of a pool file, in its order and with its ids as they stand.
 * @param name of the file, for messages and for the provenance of its prices
 * @throws XrouterError `invalid_file` that names the line or the field
 */
export function parsePool(text: string, name: string, asOf = new Date()): Candidate[] {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new XrouterError(
      'invalid_file',
      `${name}${lineOf(error, text)} is not valid JSON: ${(error as Error).message}.`,
      {
        hint: 'Correct it, or write the pool file anew.',
        cause: error,
      },
    );
  }
  const parsed = poolSchema.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${fieldName(path)}: ${message}`);
    throw new XrouterError('invalid_file', `${name} is not a pool file. ${problems.join('; ')}.`, {
      hint: 'Each model needs id, inputUsdPerMTok and outputUsdPerMTok; benchmarks are in percent.',
    });
  }
  const { models } = parsed.data;
  const provenance = { source: 'user', name, asOf: asOf.toISOString().slice(0, 10) } as const;
  const seen = new Set<string>();
  return models.map(({ id, contextTokens, reasoning, benchmarks = {}, ...price }, index) => {
    if (seen.has(id)) {
      throw new XrouterError('invalid_file', `${name}: models[${index}].id "${id}" stands there twice.`, {
        hint: 'Remove one of the two.',
      });
    }
    seen.add(id);
    const [provider, model] = splitId(id);
    return {
      id,
      provider,
      model,
      contextTokens,
      input: ['text'],
      output: ['text'],
      reasoning,
      benchmarks: Object.fromEntries(
        Object.entries(benchmarks).map(([benchmark, score]) => [benchmark, { score, source: name }]),
      ),
      price: flatPrice(
        { inputUsdPerMTok: price.inputUsdPerMTok, outputUsdPerMTok: price.outputUsdPerMTok },
        provenance,
      ),
    };
  });
}

/** @throws XrouterError `invalid_file`, also where the file cannot be read */
export async function poolFromFile(path: string): Promise<Candidate[]> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new XrouterError('invalid_file', `Pool file ${path} cannot be read: ${(error as Error).message}`, {
      hint: 'Check the path.',
      cause: error,
    });
  }
  return parsePool(fileTextOf(bytes, path), basename(path));
}

function fieldName(path: PropertyKey[]): string {
  return (
    path
      .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
      .join('')
      .slice(1) || 'file'
  );
}

function lineOf(error: unknown, text: string): string {
  const position = /position (\d+)/.exec((error as Error).message)?.[1];
  return position === undefined ? '' : `, line ${text.slice(0, Number(position)).split('\n').length},`;
}
