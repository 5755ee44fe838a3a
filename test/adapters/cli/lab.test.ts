/** `xrouter lab` as a process: what it prints, how it ends, and what it says to wrong use. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';

const MAIN = join(import.meta.dirname, '../../../adapters/cli/main.ts');
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

function start(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, 'lab', ...args]);
  started.push(child);
  const run = { child, stdout: '', stderr: '', ended: Promise.resolve<number | null>(null) };
  child.stdout.on('data', (data) => {
    run.stdout += data;
  });
  child.stderr.on('data', (data) => {
    run.stderr += data;
  });
  run.ended = new Promise((resolve) => child.on('close', resolve));
  return run;
}

interface Ready {
  url: string;
  port: number;
  baseUrl: string;
  baseUrls: Record<string, string>;
  models: number;
  faults: number;
}

async function ready(run: ReturnType<typeof start>): Promise<Ready> {
  let document: Ready | undefined;
  await expect
    .poll(
      () => {
        try {
          document = JSON.parse(run.stdout);
        } catch {}
        return document?.url ?? run.stderr;
      },
      { timeout: 10_000 },
    )
    .toMatch(/^http/);
  return document!;
}

const hello = (model: string) =>
  JSON.stringify({ model, messages: [{ role: 'user', content: 'What is 2 + 2?' }] });

test.each(['SIGINT', 'SIGTERM'] as const)(
  'answers for the catalog and ends cleanly on %s',
  async (signal) => {
    const run = start('--json', '--speed', '0', '--seed', '3');
    const lab = await ready(run);
    expect(lab.url).toBe(`http://127.0.0.1:${lab.port}`);
    expect(lab.models).toBeGreaterThan(60);
    expect(Object.keys(lab.baseUrls).length).toBeGreaterThan(11);
    const list = (await (await fetch(`${lab.baseUrls.openai}/models`)).json()) as { data: { id: string }[] };
    const response = await fetch(`${lab.baseUrls.openai}/chat/completions`, {
      method: 'POST',
      body: hello(list.data[0]!.id),
    });
    expect(response.status).toBe(200);
    await response.text();
    run.child.kill(signal);
    expect(await run.ended).toBe(0);
    expect(run.stderr).toMatch(/1 call worth \$0\.\d{6}/);
    expect(() => JSON.parse(run.stdout)).not.toThrow();
  },
);

test('plays the fault file', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'lab-')), 'faults.json');
  await writeFile(file, JSON.stringify([{ provider: 'groq', fault: 'status-529' }]));
  const run = start('--json', '--faults', file);
  const lab = await ready(run);
  expect(lab.faults).toBe(1);
  const models = (await (await fetch(`${lab.baseUrls.groq}/models`)).json()) as { data: { id: string }[] };
  const response = await fetch(`${lab.baseUrls.groq}/chat/completions`, {
    method: 'POST',
    body: hello(models.data[0]!.id),
  });
  expect(response.status).toBe(529);
});

describe('wrong use', () => {
  test('a wrong rule is named in one line, exit status 1', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'lab-')), 'faults.json');
    await writeFile(file, '[{"fault": "hang"}, {"fault": "hang", "probability": 2}]');
    const run = start('--faults', file);
    expect(await run.ended).toBe(1);
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
    expect(run.stderr).toContain(`${file}, rule 2: probability`);
  });

  test('a fault file that is no JSON, or not there, exit status 1', async () => {
    const run = start('--faults', join(tmpdir(), 'no-such-faults.json'));
    expect(await run.ended).toBe(1);
    expect(run.stderr).toContain('no-such-faults.json cannot be read');
  });

  test('a port in use, exit status 1 and what to do', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const run = start('--port', String(port));
    expect(await run.ended).toBe(1);
    expect(run.stderr).toMatch(new RegExp(`Port ${port} .*in use.*another port`));
    server.close();
  });

  test.each([
    ['--port', '70000'],
    ['--seed', 'x'],
    ['--speed', '-1'],
    ['--loud', ''],
  ])('%s %s, exit status 2', async (...args) => {
    const run = start(...args);
    expect(await run.ended).toBe(2);
    expect(run.stderr).toContain(args[0]);
  });
});
