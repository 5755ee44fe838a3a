import { defineConfig } from 'vitest/config';

/** Against software in other languages; each suite sets up what it needs under .interop/. */
export default defineConfig({
  test: {
    // verl pulls several GB, so it is asked for by name: `npm run test:interop:verl`.
    include:
      process.env.INTEROP === 'verl' ? ['test/interop/verl/*.interop.ts'] : ['test/interop/*.interop.ts'],
    testTimeout: 300_000,
    hookTimeout: 600_000,
    maxWorkers: 1,
  },
});
