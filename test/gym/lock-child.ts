/**
 * Takes and gives back the lock of a table, for the test that runs several of these at once, and dies holding it.
 * Arguments: the table, a file for when it was inside, how often.
 */
import { appendFileSync } from 'node:fs';
import { lockTable } from '../../src/gym/lock.ts';

const [out, log, times] = process.argv.slice(2) as [string, string, string];
const clock = new Int32Array(new SharedArrayBuffer(4));
const pause = (mostMs: number) => Atomics.wait(clock, 0, 0, Math.random() * mostMs);
const tell = (what: string) => appendFileSync(log, `${process.hrtime.bigint()} ${process.pid} ${what}\n`);

for (let taken = 0; ; ) {
  try {
    const unlock = lockTable(out);
    tell('in');
    pause(2);
    tell('out');
    if (++taken === Number(times)) process.kill(process.pid, 'SIGKILL');
    unlock();
  } catch (error) {
    if (!/Another collection/.test((error as Error).message)) tell(`error: ${(error as Error).message}`);
  }
  pause(1);
}
