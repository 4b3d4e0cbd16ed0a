import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * Imports point downwards: a layer may not import what is above it, nor what is below the next.
 *
 * @param {string[]} files
 * @param {string[]} group
 * @returns {import('eslint').Linter.Config}
 */
function layer(files, group) {
  const message = 'Imports point downwards, one layer at a time: see eslint.config.js.';
  return {
    files,
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group, message }] }] },
  };
}

const SDK = ['@aws-sdk/*', '@smithy/*'];
const APP = ['**/app.ts', '**/http.ts'];
const RULES = [
  '**/auth.ts',
  '**/accounts.ts',
  '**/email-verification.ts',
  '**/operators.ts',
  '**/sessions.ts',
  '**/use-session.ts',
];
const DB = ['**/*db.ts', '**/db/**'];
const OUTSIDE = ['**/handlers/**', '**/emulator/**', '**/cli/**', '**/tests/**'];

export default defineConfig(
  globalIgnores(['.esbuild/', '.serverless/', 'coverage/', 'dist/']),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  { languageOptions: { parserOptions: { projectService: true } } },
  {
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      eqeqeq: 'error',
      // The compiler checks it, with the types.
      'no-undef': 'off',
      'no-console': 'error',
    },
  },
  // What runs in a terminal writes to it.
  { files: ['lib/{cli,emulator}/**', 'tests/guarantees/*.mjs'], rules: { 'no-console': 'off' } },
  {
    files: ['tests/**'],
    rules: {
      // Vitest's matchers are `any`, and stand where a value is expected.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
    },
  },
  // A handler: the request and the answer, one method of Auth or Accounts, mail, nothing else.
  layer(['handlers/**'], [...OUTSIDE, ...SDK, ...DB, '**/operators.ts']),
  layer(['lib/app.ts'], [...OUTSIDE, ...SDK, '**/http.ts', '**/operator*.ts', '**/db/**']),
  layer(['lib/http.ts'], [...OUTSIDE, ...SDK, ...APP, ...DB, ...RULES]),
  layer(
    ['lib/{auth,accounts,email-verification,operators,passwords,sessions,use-session}.ts'],
    [...OUTSIDE, ...SDK, ...APP, '**/db/**'],
  ),
  layer(['lib/{aws,mail,mail-queue}.ts'], [...OUTSIDE, ...APP, ...DB, ...RULES]),
  layer(
    ['lib/{db,account-db,email-verification-db,operator-db}.ts', 'lib/db/**'],
    [...OUTSIDE, ...APP, ...RULES, '../*db.ts'],
  ),
  layer(
    [
      'lib/{audit,common-passwords,config,email,email-change,errors,log,origin,password,password-policy,session,token,user}.ts',
      'lib/{api,fields,openapi}.ts',
    ],
    [...OUTSIDE, ...SDK, ...APP, ...DB, ...RULES],
  ),
  // Of the package, the client has the types of the contract alone.
  {
    files: ['lib/client.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: String.raw`^(?!\./api\.ts$)`, message: 'It runs in browsers.' }] },
      ],
    },
  },
  // The contract is for the compiler and the document: in no bundle, and not in the built client.
  {
    files: ['handlers/**', 'lib/**'],
    ignores: ['lib/openapi.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ group: ['**/api.ts'], allowTypeImports: true, message: 'Types alone.' }] },
      ],
    },
  },
);
