/** The programs of docs/gym.md and docs/verifiers.md run and print what their comments say; the lists are complete. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { TASK_KINDS } from '../../src/gym/generate.ts';
import { readTaskFile } from '../../src/gym/task-file.ts';
import { SUPPORTED_FORMATS, SUPPORTED_KEYWORDS } from '../../src/verifier/index.ts';

const root = join(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(join(root, 'docs', name), 'utf8');
const blocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1]!);
const programs = ['gym.md', 'verifiers.md'].flatMap((name) =>
  blocks(read(name), 'ts').map((program, index) => [name, index + 1, program] as const),
);

test('there are programs', () => {
  expect(programs).toHaveLength(4);
});

test.each(programs)('%s, program %i', async (_, __, program) => {
  const folder = mkdtempSync(join(tmpdir(), 'docs-'));
  const door = (name: string) => pathToFileURL(join(root, 'src', name)).href;
  const file = join(folder, 'program.mts');
  writeFileSync(
    file,
    program
      .replaceAll("'xrouter/learn'", `'${door('learn/index.ts')}'`)
      .replaceAll("'xrouter'", `'${door('index.ts')}'`),
  );
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    file,
  ]);
  rmSync(folder, { recursive: true });
  const expected = [...program.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)].map((match) => match[1]);
  expect(expected.length).toBeGreaterThan(0);
  expect(stdout.trim().split('\n')).toEqual(expected);
});

test('the kinds, keywords and formats that are told are those that are there', () => {
  const kinds = [...read('gym.md').matchAll(/^\| `([\w-]+)` +\|/gm)].map((match) => match[1]);
  expect(kinds.slice(0, TASK_KINDS.length)).toEqual(TASK_KINDS);
  const section = read('verifiers.md').split('## JSON schemas')[1]!.split('\n## ')[0]!;
  const [keywords, formats] = section.split('Formats:') as [string, string];
  const named = (text: string) => [...text.matchAll(/`(\$?\w[\w-]*)`/g)].map((match) => match[1]!);
  expect(
    named(keywords)
      .filter((name) => name !== 'verify')
      .toSorted(),
  ).toEqual(SUPPORTED_KEYWORDS.toSorted());
  expect(named(formats).toSorted()).toEqual(SUPPORTED_FORMATS.toSorted());
});

test('the example of a tasks file is one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'docs-'));
  const file = join(folder, 'tasks.jsonl');
  writeFileSync(file, blocks(read('gym.md'), 'jsonl')[0]!);
  const tasks = await readTaskFile(file);
  rmSync(folder, { recursive: true });
  expect(tasks.map((task) => task.id)).toEqual(['capital-1', 'sum-1', 'mail-1', 'data-1']);
  const say = (content: string) => ({ role: 'assistant' as const, content });
  expect(await tasks[0]!.verify(say('Oslo'))).toEqual({ score: 1 });
  expect(await tasks[2]!.verify(say('Thank you, but no.'))).toMatchObject({ score: 0 });
});
