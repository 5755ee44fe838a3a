/** What commands write is there whole or not at all, also where the disk has less room than is needed. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  lstat,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { besideName, removeAbandoned } from '../src/half-written.ts';
import { requireWritable, writeWhole } from '../src/learn/index.ts';

const FILES = join(import.meta.dirname, '../src/files.ts');
const HALF_WRITTEN = join(import.meta.dirname, '../src/half-written.ts');
let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A program that is writing the file `endless`, until it is ended. */
async function writingEndlessly(): Promise<ChildProcess> {
  const program = `
    import { writeWhole } from ${JSON.stringify(FILES)};
    await writeWhole('endless', (function* () { for (let n = 0; ; n++) { yield 'x'.repeat(1000); if (n === 1000) console.log('on'); } })());
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: folder });
  await once(child.stdout, 'data');
  return child;
}

describe('writeWhole', () => {
  // A limit on the size of a file behaves like a full disk: a part is written, and only the next write fails.
  test.skipIf(process.platform === 'win32')(
    'a disk that takes only a part is an error, and leaves no part',
    async () => {
      const program = `
      import { writeWhole } from ${JSON.stringify(FILES)};
      await writeWhole('policy', [new Uint8Array(1_000_000)]).catch(({ code, message }) => console.log(code, message));
    `;
      const { stdout } = spawnSync(
        'sh',
        ['-c', 'ulimit -f 500 && exec "$0" --input-type=module -e "$1"', process.execPath, program],
        { cwd: folder, encoding: 'utf8' },
      );
      expect(stdout).toMatch(/^invalid_file policy cannot be written: EFBIG/);
      expect(await readdir(folder)).toEqual([]);
    },
  );

  test('a link is written through, and what was there keeps its permissions', async () => {
    await writeFile(at('policy-1'), 'old');
    await chmod(at('policy-1'), 0o660);
    await symlink('policy-1', at('live'));
    await writeWhole(at('live'), ['new']);
    expect((await lstat(at('live'))).isSymbolicLink()).toBe(true);
    expect(await readFile(at('policy-1'), 'utf8')).toBe('new');
    expect((await stat(at('policy-1'))).mode & 0o777).toBe(0o660);
    await Promise.all([rm(at('live')), rm(at('policy-1'))]);
  });

  // Renaming a file over /dev/null, as root may, would break the machine.
  test.skipIf(process.platform === 'win32')('a device or pipe is left alone', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    await expect(writeWhole(at('pipe'), ['new'])).rejects.toThrow(/pipe cannot be written: it is a pipe\.$/);
    await expect(requireWritable('/dev/null')).rejects.toThrow(
      '/dev/null cannot be written: it is a device.',
    );
    expect((await stat(at('pipe'))).isFIFO()).toBe(true);
    await rm(at('pipe'));
    expect(await readdir(folder)).toEqual([]);
  });

  // Who may write everything has no such file.
  test.skipIf(process.getuid?.() === 0)('a file to read only stays', async () => {
    await writeFile(at('kept'), 'old', { mode: 0o400 });
    await expect(writeWhole(at('kept'), ['new'])).rejects.toThrow(/kept cannot be written: EACCES/);
    expect(await readFile(at('kept'), 'utf8')).toBe('old');
    await rm(at('kept'));
  });

  test.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'nothing is left beside the target where %s ends the program',
    async (signal) => {
      const child = await writingEndlessly();
      expect(await readdir(folder)).toEqual([
        expect.stringMatching(/^endless\.[0-9a-f]{8}-\d+-[0-9a-f]{6}\.tmp$/),
      ]);
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([null, signal]);
      expect(await readdir(folder)).toEqual([]);
    },
  );

  test.skipIf(process.platform === 'win32')(
    'what a killed writer left is removed by the next one, and never what a living one writes',
    async () => {
      const [first, second] = [await writingEndlessly(), await writingEndlessly()];
      const written = () => readdir(folder).then((names) => names.filter((name) => name.endsWith('.tmp')));
      expect(await written()).toHaveLength(2);
      first.kill('SIGKILL');
      await once(first, 'exit');
      await writeWhole(at('other'), ['of another target']);
      expect(await written()).toHaveLength(2);
      await writeWhole(at('endless'), ['whole']);
      expect(await written()).toEqual([expect.stringContaining(`-${second.pid}-`)]);
      second.kill('SIGKILL');
      await once(second, 'exit');
      await writeWhole(at('endless'), ['whole again']);
      expect(await readdir(folder)).toEqual(['endless', 'other']);
      await Promise.all([rm(at('endless')), rm(at('other'))]);
    },
  );

  test('where nobody can say whether the writer lives, a day without a write says so', async () => {
    const [fresh, old, ours] = [
      'out.00000000-1-aaaaaa.tmp',
      'out.00000000-1-bbbbbb.tmp',
      basename(besideName('out')),
    ];
    const notOurs = ['out.1.tmp', 'out.00000000-1-aaaaaa.tmp.bak', 'out.tmp'];
    const dayBefore = new Date(Date.now() - 25 * 3600 * 1000);
    for (const name of [fresh, old, ours, ...notOurs]) await writeFile(at(name), '');
    for (const name of [old, ...notOurs]) await utimes(at(name), dayBefore, dayBefore);
    await writeWhole(at('out'), ['whole']);
    expect((await readdir(folder)).sort()).toEqual(['out', fresh, ours, ...notOurs].sort());
    for (const name of await readdir(folder)) await rm(at(name));
  });

  test('two writes of one program to one target do not mix', async () => {
    const [a, b] = ['a', 'b'].map((letter) => letter.repeat(1_000_000));
    await Promise.all([writeWhole(at('both'), [a!]), writeWhole(at('both'), [b!])]);
    expect([a, b]).toContain(await readFile(at('both'), 'utf8'));
    expect(await readdir(folder)).toEqual(['both']);
    await rm(at('both'));
  });

  test('what goes wrong while the content is made is not blamed on the file', async () => {
    const failing = function* (): Generator<string> {
      yield 'begun';
      throw new TypeError('a mistake');
    };
    await expect(writeWhole(at('out'), failing())).rejects.toThrow(new TypeError('a mistake'));
    expect(await readdir(folder)).toEqual([]);
  });
});

test('whether a file can be written is known beforehand', async () => {
  await requireWritable(at('new'));
  await writeFile(at('there'), '');
  await requireWritable(at('there'));
  await expect(requireWritable(at('none/new'))).rejects.toThrow(/none\/new cannot be written: ENOENT/);
  await expect(requireWritable(folder)).rejects.toThrow(/cannot be written: it is a folder/);
  await rm(at('there'));
  expect(await readdir(folder)).toEqual([]);
});

test.skipIf(process.platform === 'win32')('a folder half written goes the same way', async () => {
  const program = `
    import { mkdirSync, writeFileSync } from 'node:fs';
    import { besideName } from ${JSON.stringify(HALF_WRITTEN)};
    const folder = besideName('folder');
    mkdirSync(folder);
    writeFileSync(folder + '/part', 'half');
    process.kill(process.pid, 'SIGKILL');
  `;
  spawnSync(process.execPath, ['--input-type=module', '-e', program], { cwd: folder });
  expect(await readdir(folder)).toEqual([expect.stringMatching(/^folder\..*\.tmp$/)]);
  await removeAbandoned(at('folder'));
  expect(await readdir(folder)).toEqual([]);
});
