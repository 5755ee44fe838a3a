import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // Two workers: the machines this runs on have two cores, and socket tests suffer from more.
    maxWorkers: 2,
  },
});
