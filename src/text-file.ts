/**
 * Files of users are UTF-8. Another encoding is refused by its line: read all the same, its letters would become
 * replacement characters that are asked, learned from and matched without a word.
 */
import { isUtf8 } from 'node:buffer';
import { XrouterError } from './errors.ts';

const HINT = 'Save it as UTF-8.';

/**
 * The text of a whole file, without a byte order mark.
 * @param name what the file is called in an error
 * @throws XrouterError `invalid_file` that names the encoding, or the first line that is not UTF-8
 */
export function fileTextOf(bytes: Buffer, name: string): string {
  refuseUtf16(bytes, name);
  if (isUtf8(bytes)) return bytes.toString().replace(/^\uFEFF/, '');
  let line = 1;
  for (let from = 0; ; line++) {
    const end = bytes.indexOf(LINE_FEED, from);
    const one = bytes.subarray(from, end < 0 ? bytes.length : end);
    if (!isUtf8(one)) throw notUtf8(name, line);
    from = end + 1;
  }
}

/** Part of no longer character in UTF-8, so lines can be told before they are decoded. */
export const LINE_FEED = 0x0a;

/**
 * @param bytes of a line
 * @throws XrouterError `invalid_file` where they are not UTF-8
 */
export function lineTextOf(bytes: Buffer, name: string, line: number): string {
  if (!isUtf8(bytes)) throw notUtf8(name, line);
  return bytes.toString();
}

/** @throws XrouterError `invalid_file` where a file begins like UTF-16: with its mark, or with an ASCII character in two bytes */
export function refuseUtf16(beginning: Buffer, name: string): void {
  if (beginning.length < 2) return;
  const [first, second] = beginning;
  const isMarked = (first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe);
  if (isMarked || first === 0 || second === 0) {
    throw new XrouterError('invalid_file', `${name} is in UTF-16.`, { hint: HINT });
  }
}

function notUtf8(name: string, line: number): XrouterError {
  return new XrouterError('invalid_file', `${name}, line ${line}: it is not in UTF-8.`, { hint: HINT });
}
