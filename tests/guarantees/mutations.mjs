/**
 * Takes the guards of the service away, one at a time, in a copy, and checks that a test fails without
 * each. Exit status 1: a guard can be removed and no test fails.
 *
 *     npm run mutations                   # all guards
 *     npm run mutations -- "email token"  # the guards whose name contains that
 *     npm run mutations -- --check        # runs no test: checks that each mutation can be made
 */
import { transform } from 'esbuild';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createVitest } from 'vitest/node';

/**
 * @typedef {object} Guard
 * @property {string} guard what it guarantees
 * @property {string} text the code that guards; the file has it once
 * @property {string} [without] the code in its place; by default, none
 * @property {string} test the file of the test that fails
 * @property {string} [title] part of the title of that test, so that only it runs: for slow files
 *
 * @typedef {Record<string, Guard[]>} Mutations the guards of each file
 * @typedef {Guard & { file: string }} Mutation
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SUBJECTS = new URL('mutations/', import.meta.url);
const COPIED = ['handlers', 'lib', 'tests', 'package.json', 'serverless.yml', 'tsconfig.json'];
/** A mutant waits for DynamoDB half of the time. */
const SIDE_BY_SIDE = 2;

/** @returns {Promise<Mutation[]>} */
async function readMutations() {
  /** @type {Mutation[]} */
  const mutations = [];
  for (const name of (await readdir(SUBJECTS)).sort()) {
    const subject = /** @type {{ default: Mutations }} */ (
      await import(new URL(name, SUBJECTS).href)
    );
    for (const [file, guards] of Object.entries(subject.default)) {
      mutations.push(...guards.map((guard) => ({ ...guard, file })));
    }
  }
  return mutations;
}

/** @param {string} path */
async function read(path) {
  return readFile(join(ROOT, path), 'utf8').catch(() => undefined);
}

/**
 * @param {string} source
 * @param {Mutation} mutation
 */
function mutate(source, { text, without = '' }) {
  return source.split(text).join(without);
}

/**
 * What is wrong with a mutation, if anything.
 *
 * @param {Mutation} mutation
 */
async function findProblem(mutation) {
  const { file, text, test, title = '' } = mutation;
  const tests = await read(test);
  if (tests === undefined) return `There is no ${test}`;
  if (!tests.includes(title)) return `${test} does not have: ${title}`;
  const source = await read(file);
  if (source === undefined) return `There is no ${file}`;
  const places = source.split(text).length - 1;
  if (places !== 1) return `${file} has ${String(places)} times: ${text}`;
  const mutated = mutate(source, mutation);
  if (mutated === source) return 'The mutation changes nothing';
  // Any test would fail on a file that cannot be loaded.
  const { code } = await transform(mutated, { loader: 'ts', logLevel: 'silent' }).catch(() => ({
    code: undefined,
  }));
  return code === undefined ? `${file} is not valid TypeScript without the guard` : undefined;
}

/** @param {Mutation[]} mutations */
async function findProblems(mutations) {
  const names = mutations.map(({ guard }) => guard);
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  const problems = repeated.map((name) => `${name}: two guards have that name`);
  for (const mutation of mutations) {
    const problem = await findProblem(mutation);
    if (problem !== undefined) problems.push(`${mutation.guard}: ${problem}`);
  }
  return problems;
}

/**
 * A copy of the service whose tests run in a Vitest that keeps what it has loaded, and DynamoDB Local,
 * from one run to the next.
 */
class Laboratory {
  #folder;
  #vitest;

  /**
   * @param {string} folder
   * @param {import('vitest/node').Vitest} vitest
   */
  constructor(folder, vitest) {
    this.#folder = folder;
    this.#vitest = vitest;
  }

  static async open() {
    const folder = await mkdtemp(join(tmpdir(), 'mutations-'));
    for (const name of [...COPIED, 'vitest.config.ts']) {
      await cp(join(ROOT, name), join(folder, name), { recursive: true });
    }
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const vitest = await createVitest('test', {
      root: folder,
      project: ['unit', 'guarantees'],
      watch: false,
      bail: 1,
      cache: false,
      reporters: [{}],
    });
    return new Laboratory(folder, vitest);
  }

  async close() {
    await this.#vitest.close();
    await rm(this.#folder, { recursive: true });
  }

  /**
   * Runs tests until one fails.
   *
   * @param {Pick<Mutation, 'test' | 'title'>[]} tests
   */
  async run(tests) {
    const specifications = [];
    for (const { test, title } of tests) {
      const path = join(this.#folder, test);
      const found = await this.#vitest.globTestSpecifications([test]);
      const { project } = found.find(({ moduleId }) => moduleId === path) ?? {};
      if (!project) throw new Error(`No project has ${test}`);
      const options = title === undefined ? {} : { testNamePattern: new RegExp(escape(title)) };
      specifications.push(project.createSpecification(path, options));
    }
    const { testModules, unhandledErrors } =
      await this.#vitest.runTestSpecifications(specifications);
    const ran = testModules.filter(({ moduleId }) =>
      specifications.some((each) => each.moduleId === moduleId),
    );
    const failed = ran.flatMap(({ children }) => [...children.allTests('failed')]);
    return {
      /** The tests that failed. A file that cannot be loaded has none. */
      failed: failed.map(({ fullName }) => fullName),
      passed: ran.length === tests.length && ran.every((each) => each.ok()),
      errors: [
        ...failed.flatMap((each) => each.result().errors ?? []),
        ...ran.flatMap((each) => each.errors()),
        ...unhandledErrors,
      ],
    };
  }

  /** @param {Mutation} mutation */
  async runWithout(mutation) {
    const path = join(this.#folder, mutation.file);
    const source = await readFile(path, 'utf8');
    await this.#write(path, mutate(source, mutation));
    try {
      return await this.run([mutation]);
    } finally {
      await this.#write(path, source);
    }
  }

  /**
   * @param {string} path
   * @param {string} source
   */
  async #write(path, source) {
    await writeFile(path, source);
    this.#vitest.invalidateFile(path);
  }
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

/**
 * @param {Mutation[]} mutations
 * @returns {Promise<number>} how many guards no test misses
 */
async function runMutations(mutations) {
  const queue = [...mutations];
  let survivors = 0;
  const work = async () => {
    const laboratory = await Laboratory.open();
    try {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const start = performance.now();
        const { failed, errors } = await laboratory.runWithout(next);
        const seconds = ((performance.now() - start) / 1000).toFixed(1);
        if (failed.length > 0) {
          console.log(`missed (${seconds} s): ${next.guard}\n    by ${next.test}: ${failed.join()}`);
        } else {
          survivors++;
          console.log(`NOT MISSED (${seconds} s): ${next.guard}\n    by ${next.test}`, ...errors);
        }
      }
    } finally {
      await laboratory.close();
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  return survivors;
}

const { values, positionals } = parseArgs({
  options: { check: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [part = ''] = positionals;
const mutations = await readMutations();
const problems = await findProblems(mutations);
if (problems.length > 0) {
  console.log(problems.join('\n'));
  process.exit(1);
}
const chosen = mutations.filter(({ guard }) => guard.includes(part));
if (values.check) {
  console.log(`${String(chosen.length)} mutations can be made`);
} else {
  const survivors = await runMutations(chosen);
  console.log(`${String(chosen.length - survivors)} missed, ${String(survivors)} not missed`);
  process.exitCode = survivors === 0 ? 0 : 1;
}
