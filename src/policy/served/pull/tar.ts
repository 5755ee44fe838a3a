/** Reads a gzipped tar archive in memory (POSIX ustar and pax, as GitHub serves source archives). */
import { gunzipSync } from 'node:zlib';

const BLOCK = 512;
/** A source archive beyond this is none. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Texts of the files whose path matches.
 * @throws Error where it is no gzipped tar archive
 */
export function untarTexts(archive: Buffer, wanted: RegExp): Map<string, string> {
  const bytes = gunzipSync(archive, { maxOutputLength: MAX_BYTES });
  const files = new Map<string, string>();
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header[0] === 0) break;
    const size = Number.parseInt(field(header, 124, 12).trim() || '0', 8);
    if (!Number.isSafeInteger(size) || size < 0) throw new Error('the archive is damaged');
    const type = field(header, 156, 1);
    const body = bytes.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (type === 'x') {
      longName = /\d+ path=(.*)\n/.exec(body.toString('utf8'))?.[1];
      continue;
    }
    const prefix = field(header, 345, 155);
    const name = longName ?? (prefix === '' ? field(header, 0, 100) : `${prefix}/${field(header, 0, 100)}`);
    longName = undefined;
    if ((type === '0' || type === '') && wanted.test(name)) files.set(name, body.toString('utf8'));
  }
  return files;
}

function field(header: Buffer, start: number, length: number): string {
  const text = header.toString('latin1', start, start + length);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
