/** examples/sglang runs unchanged against the lab, its manifests parse, its scripts are shell. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { createLab, createRouterServer } from '../../src/lab/index.ts';
import { CONTRACT } from '../support/served-router.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'examples/sglang');

function ask(
  question: string,
  env: Record<string, string>,
): Promise<{ stdout: string; stderr: string; status: unknown }> {
  const copy = mkdtempSync(join(tmpdir(), 'sglang-'));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const program = readFileSync(join(folder, 'ask.ts'), 'utf8');
  const index = pathToFileURL(join(root, 'src/index.ts')).href;
  writeFileSync(join(copy, 'ask.ts'), program.replace("'xrouter'", `'${index}'`));
  const surroundings = { PATH: process.env.PATH, HOME: copy, OPENAI_API_KEY: 'any', ...env };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(copy, 'ask.ts'), question],
      { env: surroundings },
      (error, stdout, stderr) => resolve({ stdout, stderr, status: error?.code ?? 0 }),
    );
  });
}

it.each([
  ['chat mode', {}],
  ['compatibility mode', { CONTRACT }],
])('ask.ts works against the lab in %s', async (_, env) => {
  await using lab = await createLab();
  await using server = await createRouterServer({ apiKey: 'k' });
  const where = {
    OPENAI_BASE_URL: lab.baseUrl('openai'),
    ROUTER_URL: server.baseUrl,
    ROUTER_KEY: 'k',
    ...env,
  };
  const { stdout, stderr, status } = await ask('Why is the sky blue?', where);
  expect([status, stdout.trim() !== '']).toEqual([0, true]);
  expect(stderr).toMatch(/^ok +router model: "xrouter-7b" is served, context 32768 tokens$/m);
  expect(stderr.match(/^decided in \d+ ms: the router .*\(\d+ from the cache\)$/gm)).toHaveLength(2);
  expect(stderr).toMatch(/^called openai\/gpt-5-\w+: completed/m);
});

it('ask.ts tells what is wrong, and answers all the same', async () => {
  await using lab = await createLab();
  const { stdout, stderr } = await ask('Why?', {
    OPENAI_BASE_URL: lab.baseUrl('openai'),
    ROUTER_URL: 'http://127.0.0.1:9/v1',
  });
  expect(stderr).toMatch(/^failed +router model: No connection/m);
  expect(stderr).toMatch(/^decided in \d+ ms: No connection/m);
  expect(stdout.trim()).not.toBe('');
});

it.each(['launch.sh', 'gateway.sh'])('%s is a shell script that says what it needs', (script) => {
  execFileSync('sh', ['-n', join(folder, script)]);
  expect(() =>
    execFileSync('sh', [join(folder, script)], { env: { PATH: '/bin:/usr/bin' }, stdio: 'pipe' }),
  ).toThrow(/set (ROUTER_KEY|WORKERS)/);
});
