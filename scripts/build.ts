/** Builds `dist/`: the modules and their types by tsc, and the command line as one bundle, which starts fast. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, globSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
process.chdir(root);
rmSync('dist', { recursive: true, force: true });

execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});

await build({
  // The worker is started by its file name, so it must be a file of its own.
  entryPoints: { xrouter: 'adapters/cli/main.ts', 'sandbox-worker': 'src/gym/sandbox-worker.ts' },
  outdir: 'dist/bin',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  minifySyntax: true,
  legalComments: 'none',
  // What is small and always needed is bundled; what is large or must be one instance is not.
  external: [
    'undici',
    '@pydantic/*',
    '@modelcontextprotocol/*',
    '@langchain/*',
    'langchain',
    'quickjs-emscripten',
  ],
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
  },
});
chmodSync('dist/bin/xrouter.js', 0o755);

// Files that code reads from beside itself.
for (const asset of globSync('src/**/*.{bin,html}')) {
  cpSync(asset, join('dist', asset));
  cpSync(asset, join('dist/bin', basename(asset)));
}
