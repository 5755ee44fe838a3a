/** The example runs as a reader would run it. Needs `npm run build` before, as `npm test` does. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('the agent answers within its budget, and says what it cost', async () => {
  const file = join(import.meta.dirname, '../../../examples/langchain-agent.ts');
  const args = ['--disable-warning=ExperimentalWarning', file];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    env: { PATH: process.env.PATH },
  });
  expect(stderr).toBe('');
  expect(stdout).toMatch(
    /^At most \$0\.05\S*: .*Sunny in Bern.*\nIt cost \$0\.000\d+: 2 x openai\/gpt-5-nano\n/,
  );
  expect(stdout).toMatch(/At most \$0\.0000010\S*: The run may cost .*\nIt cost \$0: no calls\n/);
  expect(stdout.match(/^call_\w+: Asks /gm)).toHaveLength(2);
});
