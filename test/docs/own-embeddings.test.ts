/** docs/own-embeddings.md from its first block to its last, with a server of OpenAI's shape in OpenAI's place. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandLine } from '../support/command-line.ts';
import { embeddingServer } from '../support/embedding-server.ts';
import { programFolder, programsOf, promisedBy, runIn } from '../support/programs.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/own-embeddings.md'), 'utf8');

it('the module, the commands and the program work together', { timeout: 120_000 }, async () => {
  await using server = await embeddingServer();
  const env = { OPENAI_API_KEY: 'none', OPENAI_BASE_URL: server.url };
  const folder = programFolder();
  const [module, program, ...others] = programsOf(page);
  expect(others).toEqual([]);
  writeFileSync(join(folder, 'embeddings.ts'), module!);
  const commands = /```sh\n([\s\S]*?)```/.exec(page)![1]!.trim().split('\n');
  expect(commands).toHaveLength(4);
  for (const command of commands) {
    const [name, ...args] = command.split(' ');
    expect(name).toBe('xrouter');
    expect(await commandLine(folder, args, { env })).toMatchObject({ status: 0 });
  }
  expect(server.texts).toHaveLength(120);
  expect(promisedBy(program!)).toHaveLength(1);
  expect(await runIn(folder, program!, env)).toEqual(promisedBy(program!));
  expect(server.texts.at(-1)).toBe('What is 17 * 23?');
  rmSync(folder, { recursive: true });
});
