import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          globalSetup: ['test/temporary.ts'],
          setupFiles: ['test/seed.ts'],
          exclude: ['test/**/*.slow.test.ts'],
          // For machines with much else to do: no test is about time.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Nothing in src keeps state between calls, so files share a worker's modules: 360 s of
          // processor time become 220.
          isolate: false,
        },
      },
      {
        test: {
          name: 'slow',
          include: ['test/**/*.slow.test.ts'],
          globalSetup: ['test/temporary.ts', 'test/web/page.ts'],
          setupFiles: ['test/seed.ts'],
          testTimeout: 600_000,
          // For machines with much else to do.
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
