import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import { posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import tseslint from 'typescript-eslint';

/** The folders of lib/, in order. A folder imports itself and folders before it, and nothing else. */
const FOLDERS = [
  ...['core', 'words', 'aws', 'db', 'users', 'sessions', 'limits', 'tokens', 'passwords', 'login'],
  ...['accounts', 'emails', 'mail', 'operators', 'api', 'http', 'client', 'pages'],
  // What is never deployed.
  ...['deploy', 'emulator', 'cli'],
];

/** @param {string} folder */
const upTo = (folder) => FOLDERS.slice(0, FOLDERS.indexOf(folder) + 1);

/**
 * What handlers, the folders of lib/ and the files of lib/ itself may import of each other. Whatever
 * is not in this table is an error, so that a new folder gets its place.
 *
 * @type {Map<string, string[]>}
 */
export const MAY_IMPORT = new Map([
  ...FOLDERS.map((folder) => /** @type {const} */ ([folder, upTo(folder)])),
  // These know no subject, and no subject knows them.
  ['words', ['words']],
  ['api', ['core', 'api']],
  ['http', ['core', 'api', 'http']],
  ['client', ['api', 'client']],
  ['pages', ['core', 'words', 'http', 'client', 'pages']],
  ['deploy', [...upTo('deploy'), 'config.ts']],
  ['emulator', [...upTo('emulator'), 'config.ts']],
  // Commands use the library as other programs do.
  ['cli', [...upTo('cli'), 'db.ts', 'auth.ts', 'index.ts']],

  ['config.ts', upTo('http')],
  ['app.ts', [...upTo('http'), 'config.ts']],
  // The library's face.
  ['db.ts', upTo('http')],
  ['auth.ts', [...upTo('http'), 'db.ts']],
  ['index.ts', [...upTo('http'), 'db.ts', 'auth.ts']],

  [
    'handlers',
    [
      ...['app.ts', 'core', 'http', 'users', 'sessions', 'limits', 'tokens', 'passwords'],
      ...['login', 'accounts', 'emails', 'mail', 'pages', 'words'],
    ],
  ],
]);

/** The modules that speak to AWS. */
const AWS =
  /^lib\/(?:aws\/.+|db\/(?:table|expression)\.ts|mail\/(?:ses|dispatch)\.ts|(?:deploy|emulator|cli)\/.+)$/;

/**
 * Finds out why a file must not import something.
 *
 * @param {string} from the file, by its path in this project
 * @param {string} specifier
 * @param {boolean} isType whether the compiler removes the import
 * @returns {string | undefined} undefined if it may
 */
function whyNot(from, specifier, isType) {
  const isFile = specifier.startsWith('.');
  const to = isFile ? posix.join(posix.dirname(from), specifier) : specifier;
  const own = placeOf(from);
  const other = isFile ? placeOf(to) : undefined;
  if (own === 'client' && other !== own && to !== 'lib/api/contract.ts') {
    return 'The client runs in browsers: it has its own files, and types of the contract.';
  }
  if (to === 'lib/api/contract.ts' && !isType && from !== 'lib/api/openapi.ts') {
    return 'The contract is in no bundle: import its types alone.';
  }
  // A caller may give a client to lib/db.ts.
  if (/^@(?:aws-sdk|smithy)\//.test(to) && !AWS.test(from) && !(from === 'lib/db.ts' && isType)) {
    return 'Only the modules of AWS in eslint.config.js use the SDK.';
  }
  if (/^user-authentication-service(?:\/|$)/.test(to)) return 'Import files by their paths.';
  if (own === 'handlers' && to === 'lib/api/fields.ts') return undefined;
  if (other === undefined || MAY_IMPORT.get(own)?.includes(other)) return undefined;
  return `${own} must not import ${other}: see MAY_IMPORT in eslint.config.js.`;
}

/**
 * Finds the entry of a file in MAY_IMPORT: `users` for `lib/users/find.ts`, `app.ts` for `lib/app.ts`,
 * `handlers` for `handlers/login.ts`.
 *
 * @param {string} path in this project
 */
function placeOf(path) {
  const [top = '', next = ''] = path.split('/');
  return top === 'lib' ? next : top;
}

/**
 * Not `no-restricted-imports`: that compares texts, and takes no notice of `import()`.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
const layout = {
  meta: { type: 'problem' },
  create(context) {
    const root = fileURLToPath(new URL('.', import.meta.url));
    const from = relative(root, context.filename).split(sep).join('/');

    /**
     * @param {import('eslint').Rule.Node} node
     * @param {unknown} specifier undefined for `export` without `from`
     * @param {unknown} kind `type` if the compiler removes the import
     */
    function check(node, specifier, kind) {
      if (typeof specifier !== 'string') return;
      const message = whyNot(from, specifier, kind === 'type');
      if (message !== undefined) context.report({ node, message });
    }

    return {
      Program(node) {
        const place = placeOf(from);
        if (MAY_IMPORT.has(place)) return;
        context.report({ node, message: `Add ${place} to MAY_IMPORT in eslint.config.js.` });
      },
      /** @param {import('eslint').Rule.Node & Import} node */
      'ImportDeclaration, ExportNamedDeclaration, ExportAllDeclaration, ImportExpression'(node) {
        check(node, node.source?.value, node.importKind ?? node.exportKind);
      },
      /** @param {import('eslint').Rule.Node & Import} node */
      TSImportType(node) {
        check(node, node.source?.value, 'type');
      },
      /** @param {import('eslint').Rule.Node & { arguments: { value?: unknown }[] }} node */
      'CallExpression[callee.name="require"]'(node) {
        check(node, node.arguments[0]?.value, 'value');
      },
    };
  },
};

/**
 * @typedef {object} Import
 * @property {{ value?: unknown } | null} [source]
 * @property {string} [importKind]
 * @property {string} [exportKind]
 */

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
  {
    files: ['handlers/**', 'lib/**'],
    plugins: { house: { rules: { layout } } },
    rules: { 'house/layout': 'error' },
  },
);
