import { rmSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import process from 'node:process';
import { stop as stopEsbuild } from 'esbuild';
import { answerLikeApiGateway } from './answers.mjs';
import { isolateFromAws, openTable, startDatabase } from './database.mjs';
import { StartError } from './dynamodb-local.mjs';
import { numberRequests } from './events.mjs';
import { guardServers, inUrl, reachable } from './loopback.mjs';
import { openMailbox } from './mailbox.mjs';
import { isAlive, whenOrphaned } from './orphaned.mjs';
import { freePort } from './ports.mjs';
import { assertPortFree, loadConfig, readPort } from './settings.mjs';
import { readCors } from '../deploy/cors.mjs';
import { findMisspelt, findWrongOfPages } from '../deploy/settings.mjs';
import { importTypeScript } from '../deploy/typescript.mjs';

/**
 * The parts of osls and serverless-offline that are used here.
 *
 * @typedef {object} Serverless
 * @property {{ commands: string[], isHelpRequest: boolean, options: { param?: string[] } }} processedInput
 * @property {{ params: Record<string, Record<string, unknown>> }} configurationInput
 * @property {string} serviceDir
 * @property {Service} service
 * @property {{ plugins: Plugin[], spawn: (command: string) => Promise<void> }} pluginManager
 *
 * @typedef {object} Service
 * @property {string} service its name
 * @property {{ stage: string, region: string, environment: Record<string, unknown> }} provider
 * @property {Record<string, { events: { httpApi: string | { method: string, path: string } }[],
 *   environment?: Record<string, unknown> }>} functions
 * @property {{ Resources: { UsersTable: { Properties: import('./table.mjs').TableProperties } } }} resources
 * @property {Record<'esbuild' | 'serverless-offline', Record<string, unknown>> &
 *   { allowedHeaders: unknown }} custom
 *
 * @typedef {{ internals?: () => { getApiGatewayServer: () => import('./answers.mjs').Server } }} Plugin
 * @typedef {{ levelRoot: Logger, get: (name: string) => Logger, disable: () => void }} Logger
 */

const { log: print } = console;

/**
 * Makes `serverless offline` start everything that the service needs. The plugin checks the settings,
 * starts DynamoDB Local, creates the table, opens a mailbox, and gives the functions the addresses of
 * all these. It stops everything when it ends. It also makes `serverless deploy` refuse what cannot work.
 *
 * It is the first plugin in serverless.yml, so that its hooks run before those of the others.
 *
 * README.md in this folder describes PORT, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SESV2 and DYNAMODB_LOCAL_PATH.
 */
export default class EmulatorPlugin {
  #serverless;
  #options;
  #log;
  /** @type {Promise<import('./database.mjs').Database> | undefined} */
  #database;
  /** @type {Promise<string> | undefined} the URL; undefined without the setting mailFrom */
  #mailbox;
  #host = 'localhost';
  #port = 0;
  #tableName = '';
  #url = '';
  /** @type {string[]} */
  #routes = [];
  /** @type {import('./answers.mjs').Cors | undefined} */
  #cors;

  hooks = {
    initialize: async () => {
      if (this.#isOffline()) await this.#prepareEmulator().catch(fail);
    },
    'offline:start:init': () => this.#beforeServers(),
    'after:offline:start:init': () => this.#afterServers(),
    'before:offline:start:end': () => this.#end(),
    'before:aws:deploy:deploy:createStack': () => this.#checkDeployed().catch(fail),
    error: async (/** @type {unknown} */ error) => {
      if (this.#isOffline()) await fail(error);
    },
  };

  /**
   * @param {Serverless} serverless
   * @param {Record<string, string | undefined>} options the options of the command line
   * @param {{ log: Logger }} utils
   */
  constructor(serverless, options, { log }) {
    this.#serverless = serverless;
    this.#options = options;
    // osls uses the AWS SDK, which would print eight lines about Node.js 20 for each command.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    if (options['host']) this.#host = options['host'];
    this.#log = log;
  }

  /**
   * Runs before any command, so before a command prints its first line. osls validates serverless.yml
   * afterwards, which takes a second: DynamoDB Local starts meanwhile.
   */
  async asyncInit() {
    const { commands, isHelpRequest } = this.#serverless.processedInput;
    if (isHelpRequest) return;
    try {
      if (this.#isOffline()) await this.#startDatabase();
      if (commands[0] === 'deploy') this.#refuseLocal();
    } catch (error) {
      await fail(error);
    }
  }

  /** Checks the port first: an emulator that runs there may use the same data. */
  async #startDatabase() {
    this.#port = readPort(this.#options['httpPort'] ?? process.env['PORT']);
    await assertPortFree(this.#port, this.#host);
    isolateFromAws();
    whenOrphaned(() => process.kill(process.pid, 'SIGTERM'));
    this.#database = startDatabase().catch(fail);
  }

  /** @throws {StartError} */
  #refuseLocal() {
    if (this.#serverless.service.provider.stage !== 'local') return;
    throw new StartError(
      'The stage "local" is for the emulator and is not secure when deployed: ' +
        'choose another, for example --stage prod.',
    );
  }

  /** Checks the packaged service. With `--package` it may have another stage and other settings. */
  async #checkDeployed() {
    this.#refuseLocal();
    await this.#loadConfig(this.#serverless.service.provider.environment);
  }

  #isOffline() {
    return this.#serverless.processedInput.commands[0] === 'offline';
  }

  /**
   * @param {Record<string, unknown>} environment the environment of the functions
   * @throws {StartError} if the functions would not start
   */
  #loadConfig(environment) {
    return loadConfig(join(this.#serverless.serviceDir, 'lib', 'config.ts'), environment);
  }

  /**
   * Runs after osls has read serverless.yml. Reads the settings first, so that a wrong one is refused
   * before anything else happens.
   */
  async #prepareEmulator() {
    const { processedInput, serviceDir } = this.#serverless;
    const { commands } = processedInput;
    const { provider, custom, functions, resources, service } = this.#serverless.service;
    const [misspelt] = findMisspelt(this.#serverless);
    if (misspelt !== undefined) throw new StartError(misspelt);
    // The short form of the command lacks the hooks that run when it is ready and when it ends.
    if (commands.length === 1) commands.push('start');
    // Hides what osls and its plugins log.
    if (!process.env['SLS_LOG_LEVEL']) this.#log.levelRoot.get('serverless').disable();

    this.#url = `http://${inUrl(this.#host)}:${String(this.#port)}`;
    this.#routes = routesOf(functions);
    this.#tableName = `${service}-${provider.stage}`;
    const environment = { ...provider.environment, TABLE_NAME: this.#tableName, LOG_KEY: 'local' };
    const { allowedOrigins, mail } = await this.#loadConfig(environment);
    const ofPages = { ...environment, ...functions['getPage']?.environment };
    const [wrong] = await findWrongOfPages(serviceDir, ofPages);
    if (wrong !== undefined) throw new StartError(wrong);
    const { isListed } = /** @type {typeof import('../http/origin.ts')} */ (
      await importTypeScript(join(serviceDir, 'lib', 'http', 'origin.ts'))
    );
    this.#cors = {
      isListed: (origin) => isListed(origin, allowedOrigins),
      cors: this.#readCors(custom.allowedHeaders),
    };

    provider.environment = {
      ...this.#withOwnPages(environment),
      // The settings are checked. The emulator's own pages have no `https:`.
      INSECURE: 'true',
      // Otherwise an unhandled rejection ends the function, and its request gets no answer.
      NODE_OPTIONS: '--unhandled-rejections=warn --enable-source-maps',
    };
    const lambdaPort = await this.#lambdaPort();
    Object.assign(custom['serverless-offline'], { httpPort: this.#port, lambdaPort });
    guardServers({ host: this.#host, httpPort: this.#port, lambdaPort });
    await numberRequests();
    Object.assign(custom.esbuild, {
      outputWorkFolder: relative(serviceDir, await bundleFolder(serviceDir)),
      // Packages in node_modules are not bundled: each bundling takes a tenth of the time.
      packages: 'external',
      minify: false,
      // For stack traces that name lines of the source.
      sourcemap: 'linked',
      sourcesContent: false,
    });
    const starting = /** @type {Promise<import('./database.mjs').Database>} */ (this.#database);
    this.#database = openTable(starting, {
      region: provider.region,
      name: this.#tableName,
      properties: resources.Resources.UsersTable.Properties,
    }).catch(fail);
    if (mail) {
      process.env['AWS_ENDPOINT_URL_LAMBDA'] =
        `http://${reachable(this.#host)}:${String(lambdaPort)}`;
      // Afterwards, as loading it takes a second, in which no answer of DynamoDB would be read.
      this.#mailbox = this.#database.then(openMailbox).catch(fail);
    }
  }

  /**
   * Puts the emulator's address into the pages that mails link to, unless a setting names others. It is
   * `localhost` whatever the host, as no other may have `http:`.
   *
   * @param {Record<string, unknown>} environment
   */
  #withOwnPages(environment) {
    const url = `http://localhost:${String(this.#port)}/account`;
    const own = { PASSWORD_RESET_PAGE: `${url}/reset`, EMAIL_VERIFICATION_PAGE: `${url}/verify` };
    const given = Object.entries(environment).filter(
      ([name, page]) => !(name in own) || typeof page === 'string',
    );
    return { ...own, ...Object.fromEntries(given) };
  }

  /**
   * @param {unknown} allowedHeaders
   * @throws {StartError}
   */
  #readCors(allowedHeaders) {
    try {
      return readCors(allowedHeaders);
    } catch (error) {
      throw new StartError(`${error instanceof Error ? error.message : String(error)}.`);
    }
  }

  /** Returns the given port, at which other services find the functions, or else a free one. */
  async #lambdaPort() {
    const given = this.#options['lambdaPort'];
    if (!given) return freePort();
    const port = readPort(given, 'The option lambdaPort');
    await assertPortFree(port, this.#host, 'npm start -- --lambdaPort=3003');
    return port;
  }

  async #beforeServers() {
    const database = await this.#database;
    process.env['AWS_ENDPOINT_URL_DYNAMODB'] = database?.endpoint;
    const mailbox = await this.#mailbox;
    if (mailbox !== undefined) {
      process.env['AWS_ENDPOINT_URL_SESV2'] = mailbox;
      process.on('unhandledRejection', (error) => {
        // Comes from the function that sends mail: nothing awaits it. Unhandled, it ends the emulator.
        console.error('A mail was not sent. It is not tried again, but would be on AWS:', error);
      });
    }
    process.on('worker', (worker) => {
      // Otherwise a function that crashes ends the emulator. The next request gets a new function.
      worker.on('error', (error) => {
        console.error('A function crashed:', error);
        void this.#serverless.pluginManager.spawn('offline:functionsUpdated');
      });
    });
    // Hides the box of routes that serverless-offline prints: it has no setting for that, and half of
    // the routes do not exist. Functions have their own console.
    console.log = () => undefined;
  }

  async #afterServers() {
    console.log = print;
    const mailbox = await this.#mailbox;
    const offline = this.#serverless.pluginManager.plugins.find(({ internals }) => internals);
    const server = offline?.internals?.().getApiGatewayServer();
    if (server && this.#cors) answerLikeApiGateway(server, this.#cors);
    print(
      [
        ...this.#routes.map((route) => `  ${route}`),
        `Table: ${this.#tableName}`,
        `DynamoDB: ${String((await this.#database)?.endpoint)}`,
        ...(mailbox === undefined ? [] : [`Mailbox: ${mailbox}`]),
        `Pages: ${this.#url}/account/sign-in`,
        `Ready: ${this.#url}`,
      ].join('\n'),
    );
  }

  /** Runs after SIGINT or SIGTERM. Does not wait for the servers, which would wait for their clients. */
  async #end() {
    await (await this.#database)?.stop();
    await exit(0);
  }
}

/**
 * Makes a folder for the bundles. `serverless package` and other emulators write to the usual folder and
 * clean it up.
 *
 * @param {string} serviceDir the bundles are in its node_modules, and find their packages there
 */
async function bundleFolder(serviceDir) {
  const cache = join(serviceDir, 'node_modules', '.cache', 'emulator');
  const folder = join(cache, String(process.pid));
  await mkdir(folder, { recursive: true });
  // Removes the folders of emulators that were killed and could not clean up.
  for (const pid of await readdir(cache)) {
    if (!isAlive(Number(pid))) await rm(join(cache, pid), { recursive: true, force: true });
  }
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/**
 * Lists the routes to print, without the catch-all.
 *
 * @param {Service['functions']} functions
 */
function routesOf(functions) {
  return Object.values(functions)
    .flatMap(({ events }) => events)
    .flatMap(({ httpApi }) => {
      if (httpApi === '*') return [];
      const route = typeof httpApi === 'string' ? httpApi : `${httpApi.method} ${httpApi.path}`;
      const [method = '', path = ''] = route.split(' ');
      return [`${method.padEnd(6)} ${path}`];
    });
}

/**
 * Prints the error and ends the emulator.
 *
 * @param {unknown} error
 * @returns {Promise<never>}
 */
async function fail(error) {
  if (error instanceof StartError) console.error(error.message);
  else if (isBuildFailure(error)) console.error('Correct the errors above and start again.');
  else console.error(error);
  // The guard of DynamoDB Local notices the end of this process and stops DynamoDB Local.
  return exit(1);
}

/**
 * Tells whether the error comes from esbuild, which has printed its details.
 *
 * @param {unknown} error
 */
function isBuildFailure(error) {
  return error instanceof Error && 'errors' in error && 'warnings' in error;
}

/**
 * @param {number} status
 * @returns {Promise<never>}
 */
async function exit(status) {
  // Otherwise esbuild may print a dump when this process ends.
  await stopEsbuild();
  return process.exit(status);
}
