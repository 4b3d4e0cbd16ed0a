import { createVitest } from 'vitest/node';
import { cp, mkdtemp, symlink, rm, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
const ROOT = '/work/main';
const t0 = performance.now();
const lap = (w) => console.log(w, ((performance.now() - t0) / 1000).toFixed(1));
const folder = await mkdtemp(join(tmpdir(), 'mutations-'));
for (const name of ['handlers','lib','tests','package.json','tsconfig.json','serverless.yml','vitest.config.ts']) await cp(join(ROOT, name), join(folder, name), { recursive: true });
await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
lap('copied');
const vitest = await createVitest('test', { root: folder, watch: false, bail: 1, project: ['unit', 'guarantees'], reporters: [{}] });
lap('created');
vitest.onClose?.(() => {});
async function run(test) {
  const [spec] = (await vitest.globTestSpecifications([test])).filter((s) => s.moduleId === join(folder, test));
  const s = performance.now();
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications([spec]);
  const mod = testModules.find((m) => m.moduleId === spec.moduleId);
  const failed = [...mod.children.allTests('failed')].map((t) => t.fullName);
  const passed = [...mod.children.allTests('passed')].length;
  console.log(test, mod.state(), passed, failed.length, failed[0], unhandledErrors.length, mod.errors().length, ((performance.now() - s) / 1000).toFixed(1));
}
async function mutant(file, text, without, test) {
  const path = join(folder, file);
  const source = await readFile(path, 'utf8');
  await writeFile(path, source.split(text).join(without));
  vitest.invalidateFile(path);
  await run(test);
  await writeFile(path, source);
  vitest.invalidateFile(path);
}
for (const t of (process.argv[2] ?? '').split(',').filter(Boolean)) await run(t);
await mutant('lib/sessions/session.ts', 'if (isDisabled(user)) return false;', '', 'tests/lib/operators/operators.test.ts');
await mutant('lib/sessions/session.ts', 'now < session.expires_at', 'now <= session.expires_at', 'tests/lib/auth.test.ts');
await mutant('lib/client/client.ts', "redirect: 'manual',", '', 'tests/lib/client/client.test.ts');
await run('tests/lib/operators/operators.test.ts');
await mutant('lib/tokens/email-token.ts', 'condition: { greater: { expires_at: time } },', '', 'tests/guarantees/races.test.ts');
await vitest.close();
lap('closed');
await rm(folder, { recursive: true });
