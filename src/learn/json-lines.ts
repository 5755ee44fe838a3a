/** Files of JSON lines, optionally gzipped, as learning reads them; what is wrong is said with the line. */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import type { z } from 'zod';
import { XrouterError } from '../errors.ts';
import { kindOfPath } from '../files.ts';
import { LINE_FEED, lineTextOf, refuseUtf16 } from '../text-file.ts';

/** @throws XrouterError `invalid_file`, also where an id comes twice */
export async function* records(path: string): AsyncGenerator<{ line: number; value: unknown }> {
  const begins = await beginningOf(path);
  const source = createReadStream(path);
  const stream = begins === 'gzip' ? source.pipe(createGunzip()) : source;
  const seen = new Map<string, number>();
  let line = 0;
  let found = 0;
  try {
    for await (const bytes of linesOf(stream)) {
      line++;
      const text = lineTextOf(bytes, path, line);
      if (text.trim() === '') continue;
      const value = parsed(path, line, text);
      const id = (value as { id?: unknown } | null)?.id;
      if (typeof id === 'string' || typeof id === 'number') {
        const before = seen.get(String(id));
        if (before !== undefined) throw bad(path, line, `id ${id} is the same as in line ${before}`);
        seen.set(String(id), line);
      }
      found++;
      yield { line, value };
    }
  } catch (error) {
    throw error instanceof XrouterError ? error : damaged(path, line + 1, error);
  } finally {
    source.destroy();
  }
  if (found === 0) {
    throw new XrouterError('invalid_file', `${path}: the table is empty.`, {
      hint: 'It needs one JSON object a line.',
    });
  }
}

/** @throws XrouterError `invalid_file` for what cannot be read to its end, or is in another encoding */
async function beginningOf(path: string): Promise<'gzip' | 'text'> {
  let magic = Buffer.alloc(2);
  try {
    // Before it is opened: that would wait for somebody to write into a pipe.
    const kind = kindOfPath(await stat(path));
    if (kind !== undefined) throw new Error(`it is ${kind}, not a file`);
    const file = await open(path);
    const { bytesRead } = await file.read(magic, 0, 2, 0).finally(() => file.close());
    magic = magic.subarray(0, bytesRead);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new XrouterError('invalid_file', `${path} cannot be read: ${detail}.`, {
      hint: 'Give the path of a file.',
      cause,
    });
  }
  if (magic[0] === 0x1f && magic[1] === 0x8b) return 'gzip';
  refuseUtf16(magic, path);
  return 'text';
}

function parsed(path: string, line: number, text: string): unknown {
  try {
    return JSON.parse(line === 1 ? text.replace(/^\uFEFF/, '') : text);
  } catch (cause) {
    // Not the parser's reason, which quotes the line: other people's text would reach a terminal or a log.
    const number = /[:[,]\s*-?(NaN|Infinity)\b/.exec(text)?.[1];
    throw bad(path, line, number ? `is not JSON, which has no ${number}` : 'is not JSON', cause);
  }
}

function damaged(path: string, line: number, cause: unknown): XrouterError {
  const message = cause instanceof Error ? cause.message : String(cause);
  if ((cause as { code?: unknown }).code === 'ERR_STRING_TOO_LONG')
    return bad(path, line, 'it is longer than a text can be', cause);
  const reason = `the file is cut off or damaged (${message})`;
  return new XrouterError('invalid_file', `${path}, line ${line}: ${reason}.`, {
    hint: 'Make or copy it again.',
    cause,
  });
}

/** Not `readline`: it also ends a line at U+2028 and U+2029, which JSON leaves as they are inside a text. */
async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      yield Buffer.concat([...begun, chunk.subarray(from, end)]);
      begun = [];
      from = end + 1;
    }
    begun.push(chunk.subarray(from));
  }
  yield Buffer.concat(begun);
}

type FileKind = 'an outcome table' | 'a log of requests' | 'a recording' | 'a policy';

/**
 * A line as its file has them.
 * @param wanted what the file should be
 * @throws XrouterError `invalid_file` that names the field, or the kind of file that it is instead
 */
export function shaped<T>(
  path: string,
  line: number,
  value: unknown,
  shape: z.ZodType<T>,
  wanted: FileKind,
): T {
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  const kind = kindOf(value);
  if (kind !== undefined && kind !== wanted) {
    throw new XrouterError('invalid_file', `${path} is ${kind}, not ${wanted}.`, {
      hint: 'Two files may have been swapped.',
    });
  }
  throw bad(path, line, wordsOf(read.error.issues[0]!, value));
}

const KINDS: Record<string, string> = {
  number: 'a number',
  string: 'a text',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** An issue of the validation in words for a person. */
function wordsOf(issue: z.core.$ZodIssue, line: unknown): string {
  const where = issue.path.length === 0 ? 'it' : issue.path.map(String).join('.');
  const found = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown>)[key],
    line,
  );
  if (found === undefined) return `${where} is missing`;
  if (issue.code === 'too_small' && typeof found === 'number')
    return `${where} is ${found}; it must be ${issue.minimum} or more`;
  if (issue.code === 'too_big' && typeof found === 'number')
    return `${where} is ${found}; it must be ${issue.maximum} or less`;
  const kind = issue.code === 'invalid_type' ? KINDS[issue.expected] : undefined;
  if (kind === undefined) return `${where}: ${issue.message}`;
  const is =
    found === null ? 'null' : Array.isArray(found) ? 'a list' : (KINDS[typeof found] ?? String(found));
  return `${where} is ${found === Number.POSITIVE_INFINITY ? 'too large' : is}; it must be ${kind}`;
}

function kindOf(value: unknown): FileKind | undefined {
  const has = (field: string) => typeof value === 'object' && value !== null && field in value;
  if (has('prompt_sha256')) return 'a recording';
  if (has('outcomes')) return 'an outcome table';
  if (has('candidates')) return 'a log of requests';
  return has('format') && has('policy') ? 'a policy' : undefined;
}

export function bad(path: string, line: number, reason: string, cause?: unknown): XrouterError {
  return new XrouterError('invalid_file', `${path}, line ${line}: ${reason}.`, {
    hint: 'Fix or remove the line; docs/commands.md says what a line holds.',
    cause,
  });
}
