import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // Shared machines stall now and then, and time limits are what many tests are about.
    retry: process.env.CI ? 2 : 0,
    // Two workers: the machines this runs on have two cores, and socket tests suffer from more.
    maxWorkers: 2,
  },
});
