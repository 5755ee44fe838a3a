/** The packed tarball, as a user gets it. Needs `npm run build` before, as `npm test` does. */
import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'xrouter-package-'));
const installed = join(folder, 'node_modules', 'xrouter');
let tarball: string;

const run = promisify(execFile);
const npm = (args: string[]) =>
  execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const bin = (name: string) => join(root, 'node_modules', '.bin', name);

beforeAll(() => {
  npm(['pack', '--ignore-scripts', '--pack-destination', folder]);
  tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz'))!);
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  // The dependencies, as an installation would put them beside the package.
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.') && name !== 'xrouter')
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the packed tarball', () => {
  it('passes publint', async () => {
    const { stdout } = await run(
      process.execPath,
      [join(root, 'node_modules/publint/src/cli.js'), 'run', tarball, '--strict'],
      { cwd: folder },
    );
    expect(stdout).toMatch(/All good/);
  }, 30_000);

  it('passes are-the-types-wrong for ES modules', async () => {
    const { stdout } = await run(
      bin('attw'),
      [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color', '--format', 'ascii'],
      {
        cwd: folder,
      },
    );
    // It ends with a failure where it finds a problem; the doors it looked at are in its report.
    expect(stdout.match(/node16 \(from ESM\): OK \(ESM\)/g)?.length).toBeGreaterThanOrEqual(5);
  }, 60_000);

  it('holds what it needs and nothing of the development', () => {
    const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    for (const needed of [
      'package.json',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      // Errors name these pages.
      'docs/commands.md',
      'docs/gym.md',
      'dist/bin/xrouter.js',
      'dist/src/index.d.ts',
    ]) {
      expect(files).toContain(`package/${needed}`);
    }
    expect(files.filter((file) => /\/(test|scripts|\.ci)\//.test(file))).toEqual([]);
  });

  const doors = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).exports)
    .filter((door) => !door.endsWith('.json'))
    .map((door) => door.replace(/^\./, 'xrouter'));
  it.each(doors)('%s can be imported', async (door) => {
    const program = `const door = await import('${door}'); console.log(Object.keys(door).length > 0);`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder });
    expect(stdout.trim()).toBe('true');
  });

  it('loads neither LangChain nor MCP for who imports xrouter alone', async () => {
    const program = `
      import { registerHooks } from 'node:module';
      const seen = [];
      registerHooks({ load(url, context, next) { seen.push(url); return next(url, context); } });
      const { createRouter } = await import('xrouter');
      await createRouter({ pool: ['gpt-5'] }).decide({ messages: [{ role: 'user', content: 'hi' }] });
      console.log(seen.filter((url) => /node_modules.(@?langchain|@modelcontextprotocol|quickjs|@pydantic|commander)/.test(url)).join());`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder });
    expect(stdout.trim()).toBe('');
  });

  it('brings a command that works', async () => {
    const command = join(installed, 'dist/bin/xrouter.js');
    const { stdout } = await run(process.execPath, [command, 'route', 'What is 17 * 23?', '--json'], {
      cwd: folder,
    });
    expect(JSON.parse(stdout).candidates.length).toBeGreaterThan(60);
    const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
    expect((await run(process.execPath, [command, '--version'], { cwd: folder })).stdout.trim()).toBe(
      version,
    );
    const asked = await run(
      process.execPath,
      [command, 'ask', 'hi', '--lab', '--pool', 'gpt-4.1-nano', '--json'],
      { cwd: folder, env: { PATH: process.env.PATH, HOME: folder } },
    );
    expect(JSON.parse(asked.stdout).model).toBe('openai/gpt-4.1-nano');
  });

  it('type-checks in a strict project of its user', async () => {
    writeFileSync(
      join(folder, 'user.ts'),
      `import { createRouter, type Policy, type RouteEvent } from 'xrouter';
       import { createLab } from 'xrouter/lab';
       const policy: Policy = { name: 'mine', decide: ({ candidates }) => ({ action: { type: 'call', calls: [{ model: candidates[0]!.id }] }, policy: 'mine', estimates: [], propensity: 1 }) };
       const router = createRouter({ policy });
       export async function* events(): AsyncGenerator<RouteEvent> { yield* router.stream({ messages: [{ role: 'user', content: 'hi' }] }); }
       export const lab = createLab();`,
    );
    const options = { strict: true, noEmit: true, module: 'nodenext', target: 'es2023', types: ['node'] };
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: ['user.ts'] }),
    );
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], {
      cwd: folder,
    });
    expect(existsSync(join(folder, 'user.js'))).toBe(false);
  }, 60_000);
});
