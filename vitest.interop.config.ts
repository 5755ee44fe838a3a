import { defineConfig } from 'vitest/config';

/** Against software in other languages; each suite sets up what it needs under .interop/. */
export default defineConfig({
  test: {
    include: ['test/interop/*.interop.ts'],
    testTimeout: 300_000,
    hookTimeout: 600_000,
    maxWorkers: 1,
  },
});
