/** Text files of the gym's users: tasks and outcome tables. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { XrouterError } from '../errors.ts';
import { fileTextOf } from '../text-file.ts';

/**
 * A name that ends in `.gz` is compressed; a byte order mark, as editors on Windows write it, is left out.
 * @param title what the file is called in an error
 * @throws XrouterError `invalid_file`, also for another encoding than UTF-8
 */
export function fileText(path: string, title = path): string {
  let bytes: Buffer;
  try {
    const stored = readFileSync(path);
    bytes = path.endsWith('.gz') ? gunzipSync(stored) : stored;
  } catch (cause) {
    throw new XrouterError('invalid_file', `${title} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  }
  return fileTextOf(bytes, title);
}
