/**
 * Takes the guards of the service away, one at a time, in a copy, and checks that a test fails without
 * each. Exit status 1: a guard can be removed and no test fails.
 *
 *     npm run mutations                   # all guards
 *     npm run mutations -- "email token"  # the guards whose name contains one of the arguments
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
const COPIED = [
  'handlers',
  'lib',
  'tests',
  'package.json',
  'serverless.yml',
  'tsconfig.json',
  'vitest.config.ts',
];
/** A mutant may make a test wait for what never comes. */
const TEST_TIMEOUT_MS = 30_000;

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
 * A copy of the service, and a Vitest for it that keeps DynamoDB Local running and most modules
 * transformed from one run to the next: a mutant takes a second, and starting both takes five.
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
    for (const name of COPIED) {
      await cp(join(ROOT, name), join(folder, name), { recursive: true });
    }
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const vitest = await createVitest('test', {
      root: folder,
      project: ['unit', 'guarantees'],
      watch: false,
      // A worker must not keep what a mutant has broken.
      isolate: true,
      testTimeout: TEST_TIMEOUT_MS,
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
   * Runs tests. Without `bail`: Vitest can end such a run before it knows which test failed.
   *
   * @param {{ test: string, pattern: RegExp | undefined }[]} files
   */
  async run(files) {
    /** @type {Map<string, import('vitest/node').TestSpecification>} */
    const specifications = new Map();
    for (const { test, pattern } of files) {
      const path = join(this.#folder, test);
      const found = await this.#vitest.globTestSpecifications([path]);
      const project = found.find(({ moduleId }) => moduleId === path)?.project;
      if (!project) throw new Error(`Neither unit nor guarantees has ${test}`);
      const options = pattern && { testNamePattern: pattern };
      specifications.set(path, project.createSpecification(path, options));
    }
    const { testModules, unhandledErrors } = await this.#vitest.runTestSpecifications([
      ...specifications.values(),
    ]);
    const ran = testModules.filter(({ moduleId }) => specifications.has(moduleId));
    const failed = ran.flatMap(({ children }) => [...children.allTests('failed')]);
    return {
      passed: ran.length === specifications.size && ran.every((each) => each.ok()),
      /** Their names: none if a file could not be loaded. */
      failed: failed.map(({ fullName }) => fullName),
      errors: [
        ...failed.flatMap((each) => each.result().errors ?? []),
        ...ran.flatMap((each) => each.errors()),
        ...unhandledErrors,
      ].map((error) => String(/** @type {{ stack?: unknown }} */ (error).stack ?? error)),
    };
  }

  /** @param {Mutation} mutation */
  async runWithout(mutation) {
    const path = join(this.#folder, mutation.file);
    const source = await readFile(path, 'utf8');
    await this.#write(path, mutate(source, mutation));
    try {
      return await this.run(testsOf([mutation]));
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

/**
 * The files with the tests of these mutations, and what the names of those tests match.
 *
 * @param {Mutation[]} mutations
 */
function testsOf(mutations) {
  return [...new Set(mutations.map(({ test }) => test))].map((test) => {
    const titles = mutations.filter((each) => each.test === test).map(({ title }) => title);
    const isWhole = titles.includes(undefined);
    const alternatives = titles.map((title) => escape(title ?? ''));
    return { test, pattern: isWhole ? undefined : new RegExp(alternatives.join('|')) };
  });
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

/**
 * @param {Mutation[]} mutations
 * @returns {Promise<number>} how many guards can be removed and no test fails
 */
async function runMutations(mutations) {
  // A mutant waits for DynamoDB half of the time.
  const laboratories = [await Laboratory.open(), await Laboratory.open()];
  try {
    const [first] = laboratories;
    const before = await first?.run(testsOf(mutations));
    if (!before?.passed) {
      const why = [...(before?.failed ?? []), ...(before?.errors ?? [])].join('\n');
      throw new Error(`Tests fail with all guards in place:\n${why}`);
    }
    const queue = [...mutations];
    let survivors = 0;
    const work = async (/** @type {Laboratory} */ laboratory) => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const start = performance.now();
        const { failed, errors } = await laboratory.runWithout(next);
        const seconds = ((performance.now() - start) / 1000).toFixed(1);
        const isMissed = failed.length > 0;
        if (!isMissed) survivors++;
        console.log(`${isMissed ? 'missed' : 'NOT MISSED'} (${seconds} s): ${next.guard}`);
        console.log([next.test, ...(isMissed ? failed : errors)].join('\n').replace(/^/gm, '    '));
      }
    };
    await Promise.all(laboratories.map(work));
    return survivors;
  } finally {
    for (const laboratory of laboratories) await laboratory.close();
  }
}

const { values, positionals } = parseArgs({
  options: { check: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const mutations = await readMutations();
const problems = await findProblems(mutations);
const chosen = mutations.filter(
  ({ guard }) => positionals.length === 0 || positionals.some((part) => guard.includes(part)),
);
if (chosen.length === 0) problems.push(`No guard is named ${positionals.join(' or ')}`);
if (problems.length > 0) {
  console.log(problems.join('\n'));
  process.exitCode = 1;
} else if (values.check) {
  console.log(`${String(mutations.length)} guards are where their mutations look for them`);
} else {
  const survivors = await runMutations(chosen);
  console.log(`${String(chosen.length - survivors)} missed, ${String(survivors)} not missed`);
  process.exitCode = survivors === 0 ? 0 : 1;
}
