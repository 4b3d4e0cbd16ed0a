import { rmSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import process from 'node:process';
import { stop as stopEsbuild } from 'esbuild';
import { answerLikeApiGateway } from './answers.mjs';
import { isolateFromAws, openTable, startDatabase } from './database.mjs';
import { freePort, StartError } from './dynamodb-local.mjs';
import { openMailbox } from './mailbox.mjs';
import { isAlive, whenOrphaned } from './orphaned.mjs';
import { assertPortFree, loadConfig, readPort } from './settings.mjs';
import { importTypeScript } from './typescript.mjs';

/**
 * What is used of osls and, in it, of serverless-offline.
 *
 * @typedef {object} Serverless
 * @property {{ commands: string[], isHelpRequest: boolean }} processedInput
 * @property {string} serviceDir
 * @property {Service} service
 * @property {{ plugins: Plugin[], spawn: (command: string) => Promise<void> }} pluginManager
 *
 * @typedef {object} Service
 * @property {string} service its name
 * @property {{ stage: string, region: string, environment: Record<string, unknown> }} provider
 * @property {Record<string, { events: { httpApi: string | { method: string, path: string } }[] }>} functions
 * @property {{ Resources: { UsersTable: { Properties: import('./table.mjs').TableProperties } } }} resources
 * @property {Record<'esbuild' | 'serverless-offline', Record<string, unknown>>} custom
 *
 * @typedef {{ internals?: () => { getApiGatewayServer: () => import('./answers.mjs').Server } }} Plugin
 * @typedef {{ levelRoot: Logger, get: (name: string) => Logger, disable: () => void }} Logger
 */

const { log: print } = console;

/**
 * Makes `serverless offline` all there is to start: checks the settings, starts DynamoDB Local,
 * creates the table, opens a mailbox where mail is sent, tells the functions of all, and ends
 * everything when it ends. It is the first of the plugins in serverless.yml, so that its hooks come
 * before those of the others. It also keeps `serverless deploy` from what cannot work.
 *
 * The README has what PORT, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SESV2 and
 * DYNAMODB_LOCAL_PATH do.
 */
export default class EmulatorPlugin {
  #serverless;
  #options;
  #log;
  /** @type {Promise<import('./database.mjs').Database> | undefined} */
  #database;
  /** @type {Promise<string> | undefined} the URL; absent where no mail is sent */
  #mailbox;
  #host = 'localhost';
  #port = 0;
  #tableName = '';
  #url = '';
  /** @type {string[]} */
  #routes = [];
  /** @type {(origin: string) => boolean} */
  #isListed = () => false;

  hooks = {
    initialize: () => this.#initialize().catch(fail),
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
   * @param {Record<string, string | undefined>} options of the command line
   * @param {{ log: Logger }} utils
   */
  constructor(serverless, options, { log }) {
    this.#serverless = serverless;
    this.#options = options;
    if (options['host']) this.#host = options['host'];
    this.#log = log;
  }

  /**
   * Comes before any command, and so before the first line that one prints, and before osls
   * validates serverless.yml: in that second, DynamoDB Local starts.
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

  /** Only where there is no other emulator, whose data it might be given. */
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
      'The stage "local" is the emulator\'s, and not secure when deployed: ' +
        'choose another, for example --stage prod.',
    );
  }

  /** By now the service is what was packaged, with `--package` of any stage and any settings. */
  async #checkDeployed() {
    this.#refuseLocal();
    await this.#loadConfig(this.#serverless.service.provider.environment);
  }

  #isOffline() {
    return this.#serverless.processedInput.commands[0] === 'offline';
  }

  /** The settings are read: before anything is done by them. */
  async #initialize() {
    const { commands } = this.#serverless.processedInput;
    if (this.#isOffline()) await this.#prepareEmulator();
    else if (commands[0] === 'deploy' && commands[1] !== 'list' && !this.#options['package']) {
      await this.#loadConfig(this.#serverless.service.provider.environment);
    }
  }

  /**
   * @param {Record<string, unknown>} environment the functions'
   * @throws {StartError} where they would not start
   */
  #loadConfig(environment) {
    return loadConfig(join(this.#serverless.serviceDir, 'lib', 'config.ts'), environment);
  }

  /** Settings first. */
  async #prepareEmulator() {
    const { processedInput, serviceDir } = this.#serverless;
    const { commands } = processedInput;
    const { provider, custom, functions, resources, service } = this.#serverless.service;
    // The short form of the command has not the hooks that tell when it is ready, and when it ends.
    if (commands.length === 1) commands.push('start');
    // What osls and its plugins have to say below a warning.
    if (!process.env['SLS_LOG_LEVEL']) this.#log.levelRoot.get('serverless').disable();

    this.#url = `http://${this.#host}:${String(this.#port)}`;
    this.#routes = routesOf(functions);
    this.#tableName = `${service}-${provider.stage}`;
    const environment = { ...provider.environment, TABLE_NAME: this.#tableName };
    const { allowedOrigins, resetTokenDelivery } = await this.#loadConfig(environment);
    const { isListed } = /** @type {typeof import('../http/origin.ts')} */ (
      await importTypeScript(join(serviceDir, 'lib', 'http', 'origin.ts'))
    );
    this.#isListed = (origin) => isListed(origin, allowedOrigins);

    provider.environment = {
      ...environment,
      // A rejection that nobody handles would end the function with its request unanswered.
      NODE_OPTIONS: '--unhandled-rejections=warn --enable-source-maps',
    };
    const lambdaPort = await this.#lambdaPort();
    Object.assign(custom['serverless-offline'], { httpPort: this.#port, lambdaPort });
    Object.assign(custom.esbuild, {
      outputWorkFolder: relative(serviceDir, await bundleFolder(serviceDir)),
      // What is in node_modules stays there: bundling takes a tenth of the time, at each change too.
      packages: 'external',
      minify: false,
      // Stack traces show the source.
      sourcemap: 'linked',
      sourcesContent: false,
    });
    const starting = /** @type {Promise<import('./database.mjs').Database>} */ (this.#database);
    this.#database = openTable(starting, {
      region: provider.region,
      name: this.#tableName,
      properties: resources.Resources.UsersTable.Properties,
    }).catch(fail);
    if (resetTokenDelivery === 'email') {
      process.env['AWS_ENDPOINT_URL_LAMBDA'] = `http://${this.#host}:${String(lambdaPort)}`;
      this.#mailbox = openMailbox().catch(fail);
    }
  }

  /** A free one, as two emulators may run side by side, but where other services are to find it. */
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
        // Of the function that sends mail, for which nobody waits. It would take the emulator along.
        console.error('A mail was not sent, and is not tried again, as it would be on AWS:', error);
      });
    }
    process.on('worker', (worker) => {
      // A function that crashes would take the emulator along. The next request gets a new one.
      worker.on('error', (error) => {
        console.error('A function crashed:', error);
        void this.#serverless.pluginManager.spawn('offline:functionsUpdated');
      });
    });
    // serverless-offline has no setting against its box of routes, half of which do not exist.
    // Functions have a console of their own.
    console.log = () => undefined;
  }

  async #afterServers() {
    console.log = print;
    const mailbox = await this.#mailbox;
    const offline = this.#serverless.pluginManager.plugins.find(({ internals }) => internals);
    const server = offline?.internals?.().getApiGatewayServer();
    if (server) answerLikeApiGateway(server, this.#isListed);
    print(
      [
        ...this.#routes.map((route) => `  ${route}`),
        `Table: ${this.#tableName}`,
        `DynamoDB: ${String((await this.#database)?.endpoint)}`,
        ...(mailbox === undefined ? [] : [`Mailbox: ${mailbox}`]),
        `Ready: ${this.#url}`,
      ].join('\n'),
    );
  }

  /** After SIGINT or SIGTERM. Nobody waits for the servers, which would wait for their clients. */
  async #end() {
    await (await this.#database)?.stop();
    await exit(0);
  }
}

/**
 * For the bundles, as `serverless package` and other emulators write and clean up the usual folder.
 *
 * @param {string} serviceDir whose node_modules they find from there
 */
async function bundleFolder(serviceDir) {
  const cache = join(serviceDir, 'node_modules', '.cache', 'emulator');
  const folder = join(cache, String(process.pid));
  await mkdir(folder, { recursive: true });
  // One that was killed could not clean up.
  for (const pid of await readdir(cache)) {
    if (!isAlive(Number(pid))) await rm(join(cache, pid), { recursive: true, force: true });
  }
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/**
 * Less the catch-all.
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
 * @param {unknown} error
 * @returns {Promise<never>}
 */
async function fail(error) {
  if (error instanceof StartError) console.error(error.message);
  else if (isBuildFailure(error)) console.error('Correct the errors above, and start again.');
  else console.error(error);
  // DynamoDB Local's guard sees this process end, and ends it.
  return exit(1);
}

/**
 * esbuild has printed what it says.
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
  // Left to notice by itself, esbuild may print a dump of its own.
  await stopEsbuild();
  return process.exit(status);
}
