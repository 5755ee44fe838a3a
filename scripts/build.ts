/** Builds `dist/`: the modules and their types by tsc, and the command line as one bundle, which starts fast. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';

const root = join(import.meta.dirname, '..');
process.chdir(root);
rmSync('dist', { recursive: true, force: true });

execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});

await build({
  // The sandbox's worker is started by its file name, so it must be a file of its own.
  input: { xrouter: 'adapters/cli/bin.ts', 'sandbox-worker': 'src/gym/sandbox-worker.ts' },
  platform: 'node',
  // What is small and always needed is bundled; what is large or must be one instance is not.
  external:
    /^(undici|quickjs-emscripten|langchain|@pydantic|@modelcontextprotocol|@langchain|@huggingface)(\/|$)/,
  output: {
    dir: 'dist/bin',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    minify: true,
  },
});
chmodSync('dist/bin/xrouter.js', 0o755);

// Files that code reads from beside itself.
for (const asset of globSync(['src/**/*.{bin,html}', 'adapters/openai/dashboard/page/*']))
  cpSync(asset, join('dist', asset));
