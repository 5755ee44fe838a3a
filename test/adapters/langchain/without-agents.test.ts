/** Who uses the chat model or the tools needs no `langchain`: only the middleware does. */
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const adapter = join(import.meta.dirname, '../../../adapters/langchain');

test('only the middleware imports it, types included', () => {
  const importing = globSync('**/*.ts', { cwd: adapter }).filter((file) =>
    /from '(langchain|@langchain\/langgraph)/.test(readFileSync(join(adapter, file), 'utf8')),
  );
  expect(importing.length).toBeGreaterThan(0);
  expect(importing.filter((file) => !file.startsWith('middleware/'))).toEqual([]);
  // Every type of the middleware comes from its own door.
  expect(readFileSync(join(adapter, 'index.ts'), 'utf8')).not.toContain('middleware');
});

test('the door of the chat model opens where it is not installed; that of the middleware says what is missing', async () => {
  const doors = ['index.ts', 'middleware/index.ts'].map((file) => pathToFileURL(join(adapter, file)).href);
  const program = `
    import { registerHooks } from 'node:module';
    registerHooks({ resolve(specifier, context, next) {
      if (/^(langchain|@langchain\\/langgraph)(\\/|$)/.test(specifier)) {
        throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: 'ERR_MODULE_NOT_FOUND' });
      }
      return next(specifier, context);
    } });
    const told = (door) => import(door).then((found) => Object.keys(found).sort().join(' '), (error) => error.message);
    for (const door of ${JSON.stringify(doors)}) console.log(await told(door));`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout.trim().split('\n')).toEqual([
    'CandidateTool ChatXRouter candidateAnswerOf candidateTools chatModelProvider routingInfo',
    "Cannot find package 'langchain'",
  ]);
});
