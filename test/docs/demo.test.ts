/** `npm run demo` does what the README says. Needs `npm run build` before, as `npm test` does. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const example = (name: string) =>
  promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'examples', name)],
    {
      env: { PATH: process.env.PATH },
      timeout: 110_000,
    },
  );

it('the demo answers through LangChain and MCP and sets the bill against the strongest model', async () => {
  const { stdout, stderr } = await example('demo.ts');
  expect(stderr).toBe('');
  const total = (name: string) => {
    const [, right, usd] = new RegExp(`${name} +(\\d+)/24 +\\$([\\d.]+)`).exec(stdout) ?? [];
    return { right: Number(right), usd: Number(usd) };
  };
  expect(total('routed').usd).toBeLessThan(total('always claude-opus-5').usd / 5);
  expect(total('routed, answers verified').right).toBeGreaterThanOrEqual(total('routed').right);
  expect(stdout).toMatch(
    /LangChain: ChatXRouter[\s\S]*MCP: route_prompt[\s\S]*Ledger: 27 calls, \$\S+ spent today, \$0 reserved/,
  );
}, 120_000);

it('the second half trains a policy on the lab’s outcomes that beats the shipped one there', async () => {
  const { stdout } = await example('demo-training.ts');
  const points = [
    ...stdout.matchAll(/trained policy, lambda \S+ +(\d+)\/1000 +\S+ +shipped at this cost: (\d+)/g),
  ];
  expect(points.length).toBeGreaterThanOrEqual(3);
  const ahead = points.map(([, trained, shipped]) => Number(trained) - Number(shipped));
  expect(Math.min(...ahead)).toBeGreaterThan(0);
}, 120_000);

it('the catalog of one’s own moves with the cost penalty', async () => {
  const { stdout } = await example('own-catalog.ts');
  expect(stdout.match(/mine\/\w+/g)).toEqual(['mine/large', 'mine/middle', 'mine/small']);
});
