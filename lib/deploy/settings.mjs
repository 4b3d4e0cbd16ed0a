import { stop as stopEsbuild } from 'esbuild';
import { join } from 'node:path';
import process from 'node:process';
import { readCors } from './cors.mjs';
import { importTypeScript } from './typescript.mjs';

/**
 * The parts of osls that are used here.
 *
 * @typedef {object} Serverless
 * @property {string} serviceDir
 * @property {{ commands: string[], options: { param?: string[], package?: string } }} processedInput
 * @property {{ params: Record<string, Params> }} configurationInput
 * @property {{ provider: { stage: string, environment: Environment, httpApi?: HttpApi },
 *   custom: { allowedHeaders: unknown }, functions: { getPage: { environment: Environment } } }} service
 *
 * @typedef {Record<string, unknown>} Params
 * @typedef {Record<string, unknown>} Environment of functions
 * @typedef {{ disableDefaultEndpoint?: boolean }} HttpApi
 */

/** API Gateway takes no text, which is what the command line gives. */
const LIMIT = /** @type {const} */ ([
  'a number, which the command line cannot give',
  (/** @type {unknown} */ value) => typeof value === 'number' && value > 0,
]);

/**
 * The settings that no function checks: what each has to be, and how to tell.
 *
 * @type {Record<string, readonly [right: string, isRight: (value: unknown) => boolean]>}
 */
const OF_THE_DEPLOYMENT = {
  tableDeletionPolicy: ['Delete or Retain', (value) => value === 'Delete' || value === 'Retain'],
  tableDeletionProtection: ['true or false', (value) => /^(true|false)$/.test(String(value))],
  requestsPerSecond: LIMIT,
  requestBurst: LIMIT,
  hashesPerSecond: LIMIT,
  hashBurst: LIMIT,
  mailsPerSecond: LIMIT,
  mailBurst: LIMIT,
  hashingConcurrency: [
    'null or a whole number from 1, which the command line cannot give',
    (value) => value === null || (Number.isInteger(value) && Number(value) >= 1),
  ],
  // The template would have the key in clear.
  importedPasswordKey: [
    'empty, or a reference such as {{resolve:secretsmanager:user-authentication/importedPasswordKey}}',
    (value) => /^(\{\{resolve:(secretsmanager|ssm):[^{}\s]+\}\})?$/.test(String(value)),
  ],
  alarmEmail: ['an address or empty', (value) => /^([^@\s]+@[^@\s]+)?$/.test(String(value))],
};

/**
 * Refuses to package or to deploy a service whose settings are wrong, misspelt, or not secure without
 * the setting `insecure`. It lists everything that is wrong, by the names in serverless.yml. A package
 * that was made before has its own settings, which the emulator's plugin checks.
 */
export default class SettingsPlugin {
  #serverless;

  hooks = { initialize: () => this.#check() };

  /** @param {Serverless} serverless */
  constructor(serverless) {
    this.#serverless = serverless;
  }

  async #check() {
    const { processedInput, service, serviceDir } = this.#serverless;
    const [command = '', part] = processedInput.commands;
    if (!['package', 'deploy'].includes(command) || part === 'list') return;
    const { provider, functions } = service;
    const { stage, environment } = provider;
    const ofPages = { ...environment, ...functions.getPage.environment };
    // The emulator's settings are not deployed.
    if (stage === 'local' || processedInput.options.package !== undefined) return;
    const problems = [
      ...findMisspelt(this.#serverless),
      ...(await findWrong(serviceDir, environment)),
      ...(await findWrongOfPages(serviceDir, ofPages)),
      ...findUnreachable(provider),
      ...problemsOf(() => readCors(service.custom.allowedHeaders)),
      ...findWrongOfDeployment(paramsOf(this.#serverless)),
    ];
    if (problems.length === 0) return;
    // The pages read some settings of the other functions, too.
    const lines = new Set(problems.flatMap((problem) => problem.split('\n')));
    process.stderr.write(`${[...lines].join('\n')}\n`);
    // Otherwise esbuild may print a dump when this process ends.
    await stopEsbuild();
    process.exit(1);
  }
}

/**
 * Finds the settings of the command line and of any stage that do not exist.
 *
 * @param {{ processedInput: Pick<Serverless['processedInput'], 'options'>, configurationInput: Serverless['configurationInput'] }} serverless
 */
export function findMisspelt({ processedInput, configurationInput }) {
  const { default: known = {}, ...stages } = configurationInput.params;
  const given = [
    ...Object.keys(fromCommandLine(processedInput)),
    ...Object.values(stages).flatMap((params) => Object.keys(params)),
  ];
  return [...new Set(given)]
    .filter((name) => !Object.hasOwn(known, name))
    .map((name) => `There is no setting ${name}.`);
}

/**
 * Finds what is wrong with the settings that the functions read.
 *
 * @param {string} serviceDir
 * @param {Environment} environment
 */
async function findWrong(serviceDir, environment) {
  const { readConfig } = /** @type {typeof import('../config.ts')} */ (
    await importTypeScript(join(serviceDir, 'lib', 'config.ts'))
  );
  const variables = toVariables(environment);
  const problems = problemsOf(() => readConfig(variables));
  if (/(^|[,\s])localhost([,\s]|$)/.test(String(variables['ALLOWED_ORIGINS']))) {
    problems.push('The setting allowedOrigins has "localhost", which only the emulator knows.');
  }
  return problems;
}

/**
 * Finds what is wrong with the settings that the pages read.
 *
 * @param {string} serviceDir
 * @param {Environment} environment
 */
export async function findWrongOfPages(serviceDir, environment) {
  const { readPageSettings } = /** @type {typeof import('../pages/settings.ts')} */ (
    await importTypeScript(join(serviceDir, 'lib', 'pages', 'settings.ts'))
  );
  return problemsOf(() => readPageSettings(toVariables(environment)));
}

/**
 * Finds pages of the service that mails would link to at an address where the API does not answer.
 *
 * @param {{ environment: Environment, httpApi?: HttpApi }} provider
 */
function findUnreachable({ environment, httpApi }) {
  if (!httpApi?.disableDefaultEndpoint) return [];
  return [
    { variable: 'PASSWORD_RESET_PAGE', setting: 'passwordResetPage', page: 'reset' },
    { variable: 'EMAIL_VERIFICATION_PAGE', setting: 'emailVerificationPage', page: 'verify' },
  ]
    .filter(({ variable }) => typeof environment[variable] === 'object')
    .map(
      ({ setting, page }) =>
        `The setting ${setting} is "", and has to be a URL such as ` +
        `https://api.example.com/account/${page}, as disableDefaultEndpoint is true.`,
    );
}

/**
 * Returns the environment of the functions as they see it, with `x` for each value that only
 * CloudFormation knows.
 *
 * @param {Environment} environment
 */
export function toVariables(environment) {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, toText(value)]),
  );
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function toText(value) {
  if (typeof value !== 'object' || value === null) return String(value);
  const join = /** @type {{ 'Fn::Join'?: [string, unknown[]] }} */ (value)['Fn::Join'];
  return join ? join[1].map(toText).join(join[0]) : 'x';
}

/**
 * Returns the error of the work, if it throws one.
 *
 * @param {() => unknown} work
 */
function problemsOf(work) {
  try {
    work();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/**
 * Finds what is wrong with the settings that no function checks.
 *
 * @param {Params} params
 */
export function findWrongOfDeployment(params) {
  return Object.entries(OF_THE_DEPLOYMENT)
    .filter(([name, [, isRight]]) => !isRight(params[name]))
    .map(([name, [right]]) => {
      const given = name === 'importedPasswordKey' ? '(secret)' : `"${String(params[name])}"`;
      return `The setting ${name} is ${given}, and has to be ${right}.`;
    });
}

/**
 * @param {Serverless} serverless
 * @returns {Params} the settings of the stage that is packaged
 */
function paramsOf({ processedInput, configurationInput, service }) {
  const { [service.provider.stage]: ofStage, default: defaults } = configurationInput.params;
  return { ...defaults, ...ofStage, ...fromCommandLine(processedInput) };
}

/**
 * @param {Pick<Serverless['processedInput'], 'options'>} input
 * @returns {Params}
 */
function fromCommandLine({ options }) {
  return Object.fromEntries(
    (options.param ?? []).map((param) => {
      const [name = '', ...value] = param.split('=');
      return [name, value.join('=')];
    }),
  );
}
