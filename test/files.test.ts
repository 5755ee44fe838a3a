/** What commands write is there whole or not at all, also where the disk has less room than is needed. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requireWritable, writeWhole } from '../src/learn/index.ts';

const FILES = join(import.meta.dirname, '../src/files.ts');
let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
});
afterAll(() => rm(folder, { recursive: true }));

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
      const program = `
      import { writeWhole } from ${JSON.stringify(FILES)};
      await writeWhole('endless', (function* () { for (let n = 0; ; n++) { yield 'x'.repeat(1000); if (n === 1000) console.log('on'); } })());
    `;
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: folder });
      await once(child.stdout, 'data');
      expect(await readdir(folder)).toEqual([expect.stringMatching(/^endless\.\d+\.tmp$/)]);
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([null, signal]);
      expect(await readdir(folder)).toEqual([]);
    },
  );

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
