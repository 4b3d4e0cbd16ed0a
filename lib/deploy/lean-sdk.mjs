import { readFile } from 'node:fs/promises';

/**
 * Removes parts of the AWS SDK that our functions never use and that esbuild cannot remove by itself.
 * They are a third of the SDK, and every start of a function would have to read them.
 *
 * The build fails if a replacement no longer applies, which may happen after an update of the SDK.
 * Then look at what the SDK does instead, and change or delete the replacement.
 *
 * @typedef {object} Replacement
 * @property {string} file the module. `...` stands for any folders, `{client}` for each client
 * @property {string[]} [clients] the clients of the SDK that use the module; default: all
 * @property {(source: string) => string} lean returns the new source, or throws if the old one is not
 *   what it expects
 */

/** @type {Replacement[]} */
export const REPLACEMENTS = [
  // None of our calls sends or receives a stream of events.
  {
    file: '@smithy/core/dist-es/submodules/event-streams/index.js',
    lean: wholeBy(`${leftOut('EventStreamSerde', 'eventStreamSerdeProvider')}
      export const resolveEventStreamSerdeConfig = (config) => config;`),
  },
  // The signer creates one for every request, and uses it to sign events only.
  {
    file: '@smithy/signature-v4/dist-es/HeaderFormatter.js',
    lean: wholeBy('export class HeaderFormatter {}'),
  },
  // Settings come from the environment or are defaults. The SDK would also look for files in ~/.aws,
  // and create two errors for each of the twenty settings that are not set.
  {
    file: '@smithy/core/.../configLoader.js',
    lean: wholeBy(`import { memoize } from '../property-provider/memoize';
      export const loadConfig = ({ environmentVariableSelector: select, default: other }, options) =>
        memoize(async () => select(process.env, options) ?? (typeof other === 'function' ? other() : other));`),
  },
  // No EC2 instance can tell the region. Without AWS_REGION, the SDK says "Region is missing".
  {
    file: '@smithy/core/.../getInstanceMetadataRegion.js',
    lean: wholeBy('export const getInstanceMetadataRegion = () => Promise.resolve(undefined);'),
  },
  // SHA-256 in JavaScript, for a Node without node:crypto.
  { file: '@smithy/core/.../Sha256Js.js', lean: wholeBy(leftOut('Sha256Js')) },
  // DynamoDB's client has it for calls that ask for an endpoint first. Other services have such calls.
  {
    file: '@aws-sdk/endpoint-cache/dist-es/EndpointCache.js',
    clients: ['dynamodb'],
    lean: wholeBy('export class EndpointCache {}'),
  },
  // AWS_RETRY_MODE=adaptive makes calls wait for each other. Our time limits do not allow for that.
  {
    file: '@smithy/core/.../util-retry/AdaptiveRetryStrategy.js',
    lean: wholeBy(leftOut('AdaptiveRetryStrategy')),
  },
  // Our calls return no points in time. An answer may have a Retry-After, which Date can parse.
  {
    file: '@smithy/core/.../serde/date-utils.js',
    lean: wholeBy(`${leftOut(
      'dateToUtcString',
      'parseEpochTimestamp',
      'parseRfc3339DateTime',
      'parseRfc3339DateTimeWithOffset',
    )}
      export const parseRfc7231DateTime = (value) => new Date(value);`),
  },
  // The names of all regions. The pattern beside each list is enough to find a region's partition.
  {
    file: '@aws-sdk/core/.../partitions.js',
    lean: (source) => edit(source, /"regions": \{[^]*?\n {12}\}/g, '"regions": {}'),
  },
  // Errors of backups, imports, replicas and other calls that we do not make. An error that is not
  // registered still has its name.
  {
    file: '@aws-sdk/client-{client}/dist-es/schemas/schemas_0.js',
    clients: ['dynamodb'],
    lean: (source) =>
      edit(
        source,
        /^n0_registry\.registerError\((?:Backup|ContinuousBackups|Export|GlobalTable|Import|InvalidExport|InvalidRestore|PointInTime|Policy|Replica[AN]|Table)\w*\$, \w+\);$/gm,
        '',
      ),
  },
  // Errors of these clients are told apart by their name only, so none has to be registered. esbuild
  // keeps an object literal if a constant holds one of its keys, and with it the schemas of all
  // operations, so the keys are written out.
  {
    file: '@aws-sdk/client-{client}/dist-es/schemas/schemas_0.js',
    clients: ['lambda', 'sesv2'],
    lean: (source) => {
      const constants = new Map(
        [...source.matchAll(/^const (\w+) = ("[^"]*");$/gm)].map(([, name, value]) => [
          name,
          value,
        ]),
      );
      const unregistered = edit(source, /^n0_registry\.registerError\(.*\);$/gm, '');
      return edit(
        unregistered,
        /(?<=\{ |, )\[(_\w+)\]:/g,
        (key, /** @type {string} */ name) => `${constants.get(name) ?? key}:`,
      );
    },
  },
  // Bodies are strings or Node's streams. Testing for these classes of the web loads Node's modules
  // for web streams, which takes 2 ms of a start.
  {
    file: '@smithy/core/.../stream-type-check.js',
    lean: wholeBy(
      'export const isReadableStream = () => false; export const isBlob = () => false;',
    ),
  },
  // Every request names the release of the kernel. Reading it loads node:os, which takes 2 ms.
  {
    file: '@aws-sdk/core/.../util-user-agent-node/defaultUserAgent.js',
    lean: (source) => {
      const withoutOs = edit(
        source,
        /^import .* from "node:os";$/m,
        'import { platform } from "node:process"; const release = () => undefined;',
      );
      return edit(withoutOs, 'platform()', 'platform');
    },
  },
  // Requests name the version of the client. Without this, the bundle has the whole file.
  {
    file: '@aws-sdk/client-{client}/package.json',
    lean: (source) => {
      const file = /** @type {unknown} */ (JSON.parse(source));
      const { version } = /** @type {{ version?: unknown }} */ (file);
      if (typeof version !== 'string') throw new Error('it has no version');
      return `export default ${JSON.stringify({ version })};`;
    },
  },
];

/**
 * Replaces a whole module.
 *
 * @param {string} code
 * @returns {Replacement['lean']} throws if the module does not export what the code exports
 */
function wholeBy(code) {
  const names = [...code.matchAll(/\bexport (?:class|const|function) (\w+)/g)].map(([, name]) =>
    String(name),
  );
  return (source) => {
    for (const name of names) {
      const exported = new RegExp(`\\bexport [^;]*\\b${name}\\b`);
      if (!exported.test(source)) throw new Error(`it does not export ${name}`);
    }
    return code;
  };
}

/**
 * Writes functions that throw an error, in place of code that no function of ours calls.
 *
 * @param {string[]} names of exports
 */
function leftOut(...names) {
  return names
    .map((name) => {
      const message = JSON.stringify(`${name} is left out of the bundle: see lib/deploy`);
      return `export function ${name}() { throw new Error(${message}); }`;
    })
    .join('\n');
}

/**
 * Edits a part of a module.
 *
 * @param {string} source
 * @param {string | RegExp} pattern
 * @param {string | ((match: string, ...groups: string[]) => string)} replacement
 * @throws {Error} if that changes nothing
 */
function edit(source, pattern, replacement) {
  const edited =
    typeof replacement === 'string'
      ? source.replace(pattern, replacement)
      : source.replace(pattern, replacement);
  if (edited === source) throw new Error(`${String(pattern)} changes nothing in it`);
  return edited;
}

/**
 * Matches the path of the module.
 *
 * @param {Replacement} replacement
 */
function pathOf({ file, clients = ['[\\w-]+'] }) {
  const pattern = file
    .replaceAll('.', '\\.')
    .replaceAll('/', '[\\\\/]')
    .replace('\\.\\.\\.', '.*')
    .replace('{client}', `(?:${clients.join('|')})`);
  return new RegExp(`[\\\\/]${pattern}$`);
}

/**
 * @param {Replacement} replacement
 * @param {string} why
 */
function complaint({ file }, why) {
  return { text: `lib/deploy/lean-sdk.mjs: the replacement of ${file} no longer applies: ${why}` };
}

/**
 * Makes sure that no replacement has missed its module.
 *
 * @param {string[]} modules of a bundle
 * @param {string[]} replaced their paths
 */
function findMissed(modules, replaced) {
  const clients = new Set(
    modules.flatMap((path) => /[\\/]@aws-sdk[\\/]client-([\w-]+)[\\/]/.exec(path)?.[1] ?? []),
  );
  return REPLACEMENTS.flatMap((replacement) => {
    const users = [...clients].filter((client) => replacement.clients?.includes(client) ?? true);
    const missed = users.filter((client) => {
      const path = pathOf({ ...replacement, clients: [client] });
      return !replaced.some((each) => path.test(each));
    });
    return missed.map((client) =>
      complaint(replacement, `@aws-sdk/client-${client} is bundled without that module`),
    );
  });
}

/** The plugin for esbuild, named in serverless.yml. @type {import('esbuild').Plugin[]} */
export default [
  {
    name: 'lean-sdk',
    setup: (build) => {
      /** @type {string[]} */
      let replaced = [];
      // Lists the modules of the bundle, for findMissed.
      build.initialOptions.metafile = true;
      build.onStart(() => {
        replaced = [];
      });
      for (const replacement of REPLACEMENTS) {
        build.onLoad({ filter: pathOf(replacement) }, async ({ path }) => {
          replaced.push(path);
          try {
            return { contents: replacement.lean(await readFile(path, 'utf8')), loader: 'js' };
          } catch (error) {
            const why = error instanceof Error ? error.message : String(error);
            return { errors: [complaint(replacement, `${path}: ${why}`)] };
          }
        });
      }
      build.onEnd(({ metafile }) => ({
        errors: findMissed(Object.keys(metafile?.inputs ?? {}), replaced),
      }));
    },
  },
];
