/** Text files of the gym's users: tasks and outcome tables. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { XrouterError } from '../errors.ts';

/**
 * A name that ends in `.gz` is compressed; a byte order mark, as editors on Windows write it, is left out.
 * @param title what the file is called in an error
 * @throws XrouterError `invalid_file`
 */
export function fileText(path: string, title = path): string {
  try {
    const bytes = readFileSync(path);
    // Other encodings are refused: their letters would be asked, and judged, as replacement characters.
    return new TextDecoder('utf-8', { fatal: true }).decode(path.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  } catch (cause) {
    throw new XrouterError('invalid_file', `${title} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  }
}
