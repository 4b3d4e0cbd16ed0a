import { readFile } from 'node:fs/promises';

/**
 * Parts of the SDK that no function of ours reaches, and bundlers cannot tell: a third of its size,
 * and so of what a start has to read. What would be called in earnest says so when it is.
 *
 * @type {[RegExp, (source: string) => string][]} which modules, and what becomes of them
 */
const LEAN = [
  // None of our calls streams events, either way; a Lambda client is made with the means to.
  [
    /@smithy\/core\/dist-es\/submodules\/event-streams\/index\.js$/,
    () => `${leftOut('EventStreamSerde', 'eventStreamSerdeProvider')}
      export const resolveEventStreamSerdeConfig = (config) => config;`,
  ],
  // Each request to sign makes one, for those who sign events.
  [/@smithy\/signature-v4\/dist-es\/HeaderFormatter\.js$/, () => 'export class HeaderFormatter {}'],
  // Settings are in the environment, or left at their defaults: there is no ~/.aws that a start
  // should look for. The SDK takes each of the twenty that are not set for two errors on the way ...
  [
    /@smithy\/core\/.*\/configLoader\.js$/,
    () => `import { memoize } from '../property-provider/memoize';
      export const loadConfig = ({ environmentVariableSelector: select, default: other }, options) =>
        memoize(async () => select(process.env, options) ?? (typeof other === 'function' ? other() : other));`,
  ],
  // ... and no EC2 instance that knows the region. Without AWS_REGION: "Region is missing".
  [
    /@smithy\/core\/.*\/getInstanceMetadataRegion\.js$/,
    () => 'export const getInstanceMetadataRegion = () => Promise.resolve(undefined);',
  ],
  // SHA-256 in JavaScript, for a Node without node:crypto.
  [/@smithy\/core\/.*\/Sha256Js\.js$/, () => leftOut('Sha256Js')],
  // The calls that ask for an endpoint first are of other services; a client has a cache for them.
  [/@aws-sdk\/endpoint-cache\/dist-es\/EndpointCache\.js$/, () => 'export class EndpointCache {}'],
  // AWS_RETRY_MODE=adaptive, which makes callers wait for each other: not what lib/aws/limits.ts counts on.
  [/@smithy\/core\/.*\/AdaptiveRetryStrategy\.js$/, () => leftOut('AdaptiveRetryStrategy')],
  // No answer to our calls has a point in time in it, but maybe a Retry-After, which Date reads.
  [
    /@smithy\/core\/.*\/serde\/date-utils\.js$/,
    () => `${leftOut(
      'dateToUtcString',
      'parseEpochTimestamp',
      'parseRfc3339DateTime',
      'parseRfc3339DateTimeWithOffset',
    )}
      export const parseRfc7231DateTime = (value) => new Date(value);`,
  ],
  // The names of the regions: a pattern beside each list says which partition one belongs to.
  [
    /@aws-sdk\/core\/.*\/partitions\.js$/,
    (source) => source.replace(/"regions": \{[^]*?\n {12}\}/g, '"regions": {}'),
  ],
  // Of errors of backups, imports, replicas and the like: one that is not in the register is still
  // an error of that name.
  [
    /@aws-sdk\/client-dynamodb\/dist-es\/schemas\/schemas_0\.js$/,
    (source) =>
      source.replace(
        /^n0_registry\.registerError\((?:Backup|ContinuousBackups|Export|GlobalTable|Import|InvalidExport|InvalidRestore|PointInTime|Policy|Replica[AN]|Table)\w*\$, \w+\);$/gm,
        '',
      ),
  ],
  // Nor do we tell one error of these from another but by its name. That a key of an object literal
  // is in a constant is, to esbuild, reason enough to keep it, and so the schemas of all operations.
  [
    /@aws-sdk\/client-(lambda|sesv2)\/dist-es\/schemas\/schemas_0\.js$/,
    (source) => {
      const constants = new Map(
        [...source.matchAll(/^const (\w+) = ("[^"]*");$/gm)].map(([, name, value]) => [
          name,
          value,
        ]),
      );
      return source
        .replace(/^n0_registry\.registerError\(.*\);$/gm, '')
        .replace(
          /(?<=\{ |, )\[(_\w+)\]:/g,
          (key, /** @type {string} */ name) => `${constants.get(name) ?? key}:`,
        );
    },
  ],
  // Bodies are strings, or streams of Node's. To look at these globals at all loads Node's modules
  // for streams of the Web: 2 ms of a start.
  [
    /@smithy\/core\/.*\/stream-type-check\.js$/,
    () => 'export const isReadableStream = () => false; export const isBlob = () => false;',
  ],
  // Each request says which release of the kernel it comes from, for which node:os is loaded: 2 ms.
  [
    /@aws-sdk\/core\/.*\/defaultUserAgent\.js$/,
    (source) =>
      source
        .replace(
          /^import .* from "node:os";$/m,
          'import { platform } from "node:process"; const release = () => undefined;',
        )
        .replace('platform()', 'platform'),
  ],
  // Its version is sent along; the rest of the file would be too, as far as the bundler knows.
  [
    /@aws-sdk\/client-[\w-]+\/package\.json$/,
    (source) => {
      const file = /** @type {unknown} */ (JSON.parse(source));
      const { version } = /** @type {{ version: string }} */ (file);
      return `export default ${JSON.stringify({ version })};`;
    },
  ],
];

/** @param {string[]} names of exports */
function leftOut(...names) {
  return names
    .map((name) => {
      const message = JSON.stringify(`${name} is left out of the bundle: see lib/deploy`);
      return `export function ${name}() { throw new Error(${message}); }`;
    })
    .join('\n');
}

/** For esbuild: see serverless.yml. @type {import('esbuild').Plugin[]} */
export default [
  {
    name: 'lean-sdk',
    setup: (build) => {
      for (const [filter, lean] of LEAN) {
        build.onLoad({ filter }, async ({ path }) => ({
          contents: lean(await readFile(path, 'utf8')),
          loader: 'js',
        }));
      }
    },
  },
];
