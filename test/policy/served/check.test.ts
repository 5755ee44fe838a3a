import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDecisionPolicy, createServedPolicy } from '../../../src/index.ts';
import { createRouterServer } from '../../../src/lab/index.ts';
import { CONTRACT } from '../../support/served-router.ts';

const { signal } = new AbortController();
const statuses = (checks: { check: string; status: string }[]) =>
  Object.fromEntries(checks.map(({ check, status }) => [check, status]));

describe('what doctor asks of a router server', () => {
  it('health, served name, weights and contract are fine', async () => {
    await using server = await createRouterServer({ model: 'mine', apiKey: 'k' });
    const policy = createServedPolicy({
      server: { baseUrl: server.baseUrl, model: 'mine', apiKey: 'k' },
      contract: CONTRACT,
    });
    const checks = await policy.check!(signal);
    expect(checks.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(JSON.stringify(checks)).toContain('context 32768 tokens');
    expect(server.requests).toHaveLength(0);
    const adapter = createServedPolicy({
      server: { baseUrl: server.baseUrl, model: 'mine:v2', apiKey: 'k' },
    });
    expect(statuses(await adapter.check!(signal))).toMatchObject({ 'router model': 'ok' });
  });

  it('a name that is not served, a refused key and a missing contract are told apart', async () => {
    await using server = await createRouterServer({ model: 'mine', apiKey: 'k' });
    const other = createServedPolicy({
      server: { baseUrl: server.baseUrl, model: 'other', apiKey: 'k' },
      contract: '/no/such',
    });
    expect(statuses(await other.check!(signal))).toMatchObject({
      'router model': 'failed',
      'router contract': 'failed',
    });
    const keyless = createDecisionPolicy({ server: { baseUrl: server.baseUrl, model: 'mine' } });
    expect(statuses(await keyless.check!(signal))).toMatchObject({
      'router server health': 'ok',
      'router model': 'failed',
    });
  });

  it('a server that is down', async () => {
    const policy = createServedPolicy({
      server: { baseUrl: 'http://127.0.0.1:9/v1', model: 'm', kind: 'openai' },
    });
    const [check] = await policy.check!(signal);
    expect(check).toMatchObject({ status: 'failed', detail: expect.stringContaining('ECONNREFUSED') });
  });

  it('xrouter doctor shows it for the policy of the configuration', async () => {
    await using server = await createRouterServer({ model: 'mine' });
    const root = join(import.meta.dirname, '../../..');
    const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
    const config = join(folder, 'xrouter.config.ts');
    const policy = `createServedPolicy({ server: { baseUrl: '${server.baseUrl}', model: 'mine' } })`;
    await writeFile(
      config,
      `import { createServedPolicy } from '${root}/src/index.ts';\nexport default { policy: ${policy} };\n`,
    );
    const args = [
      join(root, 'adapters/cli/main.ts'),
      'doctor',
      '--json',
      '--config',
      config,
      '--ledger',
      join(folder, 'l.db'),
    ];
    const env = { PATH: process.env.PATH, HOME: folder };
    const stdout = await new Promise<string>((resolve) =>
      execFile(process.execPath, args, { env }, (_, out) => resolve(out)),
    );
    expect(statuses(JSON.parse(stdout).checks)).toMatchObject({
      'router server health': 'ok',
      'router model': 'ok',
    });
  });
});
