/**
 * Takes the guards of the service away, one at a time, in a copy, and checks that a test fails without
 * each. Exit status 1: a guard can be removed unnoticed.
 *
 *     npm run mutations                   # all guards
 *     npm run mutations -- "email token"  # the guards whose name contains this
 *     npm run mutations -- --check        # runs no test, only checks that each mutation can be made
 */
import { transform } from 'esbuild';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/**
 * One guard. `text` stands in the file exactly once.
 *
 * @typedef {object} Guard
 * @property {string} guard what it guarantees
 * @property {string} text the code to replace
 * @property {string} [without] the code in its place; by default none
 * @property {string} test the file with the test that fails
 *
 * @typedef {Record<string, Guard[]>} Mutations by the path of the file
 * @typedef {Guard & { file: string }} Mutation
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SUBJECTS = new URL('mutations/', import.meta.url);

/** @returns {Promise<Mutation[]>} */
async function readMutations() {
  /** @type {Mutation[]} */
  const mutations = [];
  for (const name of (await readdir(SUBJECTS)).sort()) {
    const module = /** @type {{ default: Mutations }} */ (
      await import(new URL(name, SUBJECTS).href)
    );
    for (const [file, guards] of Object.entries(module.default)) {
      mutations.push(...guards.map((guard) => ({ ...guard, file })));
    }
  }
  return mutations;
}

/**
 * @param {string} source
 * @param {Mutation} mutation
 */
function mutate(source, { text, without = '' }) {
  return source.split(text).join(without);
}

/**
 * What keeps mutations from being made, in sentences.
 *
 * @param {Mutation[]} mutations
 */
async function findProblems(mutations) {
  /** @type {string[]} */
  const problems = [];
  /** @type {Map<string, Mutation>} */
  const seen = new Map();
  for (const mutation of mutations) {
    const { guard, file, text, test } = mutation;
    const say = (/** @type {string} */ why) => problems.push(`${guard}: ${why}`);
    if (seen.has(guard)) say('there are two of that name');
    seen.set(guard, mutation);
    if (!existsSync(join(ROOT, test))) say(`there is no ${test}`);
    if (!existsSync(join(ROOT, file))) {
      say(`there is no ${file}`);
      continue;
    }
    const source = await readFile(join(ROOT, file), 'utf8');
    const places = source.split(text).length - 1;
    if (places !== 1) say(`${file} has ${String(places)} times: ${text}`);
    const mutated = mutate(source, mutation);
    if (mutated === source) say('it changes nothing');
    // Otherwise the file would not load, and any test would fail.
    await transform(mutated, { loader: 'ts', logLevel: 'silent' }).catch((error) => {
      say(`the mutated ${file} is no code: ${String(error)}`);
    });
  }
  return problems;
}

const mutations = await readMutations();
const problems = await findProblems(mutations);
for (const problem of problems) console.log(problem);
console.log(mutations.length, problems.length);
