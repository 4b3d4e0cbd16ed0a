import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Here, as it is read when the SDK is loaded.
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

/** On DynamoDB Local, a table for each file. */
const onDynamoDB = {
  globalSetup: 'tests/support/dynamodb.ts',
  setupFiles: 'tests/support/table.ts',
  env,
  testTimeout: 30_000,
};

/**
 * Small files that load the same modules: a worker runs many, and tests/support/table.ts sees to it
 * that they do not disturb each other. Two workers on two cores, where Vitest would run one.
 */
const unit = {
  ...onDynamoDB,
  isolate: false,
  maxWorkers: Math.max(2, availableParallelism() - 1),
};

/** The functional suite, less what is about the indexes, counts round trips or uses no index. */
const functional = {
  include: ['tests/{lib,handlers}/**/*.test.ts'],
  exclude: [
    'tests/lib/{capacity,config,db-index,layout,readmes}.test.ts',
    'tests/lib/{api,cli,client,core,deploy,emulator,http}/**',
    'tests/handlers/{bundles,roles,round-trips}.test.ts',
  ],
};

/** Through the emulator, which takes both cores while it starts: not beside what races. */
const endToEnd = {
  globalSetup: 'tests/support/share.ts',
  // A file waits for other processes most of the time.
  maxWorkers: 2,
  maxConcurrency: 3,
  // No file changes what another one reads, and loading everything anew takes time.
  isolate: false,
  env,
  // Ten times what an idle machine takes.
  testTimeout: 180_000,
  hookTimeout: 180_000,
  sequence: { groupOrder: 2 },
};

/** In a browser, against an emulator. */
const inBrowser = {
  ...endToEnd,
  globalSetup: ['tests/support/share.ts', 'tests/support/browser.ts'],
  maxWorkers: 1,
  sequence: { groupOrder: 3 },
};

/** What packages the service again and again, or takes long otherwise: these are among the proofs. */
const LONG =
  'tests/e2e/{deploy-refused,endings,no-browser,package,random-requests,smoke,start-refused,template,zips}.test.ts';

export default defineConfig({
  test: {
    reporters: ['default', 'tests/support/left-out.ts'],
    projects: [
      {
        test: {
          ...unit,
          name: 'unit',
          include: ['tests/{lib,handlers}/**/*.test.ts'],
        },
      },
      {
        test: {
          ...unit,
          ...functional,
          name: 'unit, indexes 5 s behind',
          provide: { indexLag: 5000 },
        },
      },
      {
        test: {
          ...unit,
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
          // Faults are mostly waited for, side by side, and longer where the machine does other things.
          maxConcurrency: 20,
          testTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...endToEnd,
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          exclude: [LONG],
        },
      },
      {
        test: {
          ...inBrowser,
          name: 'browser',
          include: ['tests/browser/*.test.ts'],
          exclude: ['tests/browser/{injection,languages,verified-only}.test.ts'],
        },
      },
      {
        test: {
          ...inBrowser,
          name: 'browser, exhaustive',
          include: ['tests/browser/{injection,languages,verified-only}.test.ts'],
        },
      },
      {
        test: {
          ...endToEnd,
          name: 'e2e, exhaustive',
          include: [LONG],
        },
      },
      {
        test: {
          ...endToEnd,
          name: 'e2e, indexes 5 s behind',
          include: ['tests/e2e/contract.test.ts'],
          provide: { indexLag: 5000 },
        },
      },
      {
        test: {
          ...endToEnd,
          name: 'e2e, indexes frozen empty',
          include: ['tests/e2e/contract.test.ts'],
          provide: { indexLag: 'empty' },
        },
      },
    ],
  },
});
