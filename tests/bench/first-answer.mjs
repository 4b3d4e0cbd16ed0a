/**
 * `node first-answer.mjs <bundle> <event>` prints the time and CPU time in ms from import to the first answer, and the
 * memory in MB.
 */
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import process from 'node:process';

/**
 * @typedef {{ statusCode?: number, isAuthorized?: boolean }} Answer
 * @typedef {{ handler: (event: unknown, context: object) => Promise<Answer | undefined> }} Bundle
 */

const [file, event] = /** @type {[string, unknown]} */ (
  process.argv.slice(2).map((arg) => /** @type {unknown} */ (JSON.parse(arg)))
);
const require = createRequire(import.meta.url);
const began = process.cpuUsage();
const start = performance.now();
// Loaded as Lambda does.
const { handler } = /** @type {Bundle} */ (
  file.endsWith('.mjs') ? await import(file) : require(file)
);
const answer = await handler(event, { awsRequestId: 'the invocation' });
const ms = performance.now() - start;
const { user, system } = process.cpuUsage(began);
const { statusCode = 200, isAuthorized = true } = answer ?? {};
if (statusCode >= 400 || !isAuthorized) throw new Error(JSON.stringify(answer));
const mb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`\n${JSON.stringify({ ms, cpu: (user + system) / 1000, mb })}\n`, () =>
  process.exit(),
);
