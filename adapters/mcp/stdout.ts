/** Standard output belongs to the protocol: one stray line there breaks the connection. */
import { Writable } from 'node:stream';

/**
 * From here on whatever prints to standard output, from any module, goes to standard error. Call it before
 * loading code that may print.
 * @returns the protocol's own way to standard output
 */
export function guardStdout(): Writable {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  stdout.write = stderr.write.bind(stderr) as typeof stdout.write;
  const out = new Writable({
    decodeStrings: false,
    write: (chunk: string, encoding, done) => void write(chunk, encoding, done),
  });
  // A client that is gone closes the pipe; then there is nobody to serve.
  stdout.on('error', (error) => out.destroy(error));
  return out;
}
