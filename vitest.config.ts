import { defineConfig } from 'vitest/config';

/** On DynamoDB Local, a table for each file. */
const onDynamoDB = {
  globalSetup: 'tests/support/dynamodb.ts',
  setupFiles: 'tests/support/table.ts',
  // Before the SDK is loaded.
  env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  testTimeout: 30_000,
};

/** The functional suite, less what is about the indexes themselves and what counts round trips. */
const functional = {
  include: ['tests/{lib,handlers}/**/*.test.ts'],
  exclude: ['tests/lib/db-index.test.ts', 'tests/handlers/round-trips.test.ts'],
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...onDynamoDB,
          name: 'unit',
          include: ['tests/{lib,handlers}/**/*.test.ts'],
        },
      },
      {
        test: {
          ...onDynamoDB,
          ...functional,
          name: 'unit, indexes 5 s behind',
          provide: { indexLag: 5000 },
        },
      },
      {
        test: {
          ...onDynamoDB,
          ...functional,
          name: 'unit, indexes frozen empty',
          provide: { indexLag: 'empty' },
        },
      },
      {
        test: {
          ...onDynamoDB,
          name: 'guarantees',
          include: ['tests/guarantees/**/*.test.ts'],
          // Faults are mostly waited for.
          maxConcurrency: 20,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
