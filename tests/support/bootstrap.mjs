/**
 * What runs a function in Lambda, as far as ours notice: loads its handler, asks the Runtime API for
 * one event after the other, and hands back what becomes of it.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
import { existsSync } from 'node:fs';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

/** @typedef {(event: unknown, context: { awsRequestId: string }) => Promise<unknown>} Handler */

const api = `http://${String(process.env['AWS_LAMBDA_RUNTIME_API'])}/2018-06-01/runtime`;

let handler;
try {
  handler = await loadHandler();
} catch (error) {
  await report('init/error', error);
  process.exit(1);
}
for (;;) {
  const next = await fetch(`${api}/invocation/next`);
  const awsRequestId = String(next.headers.get('lambda-runtime-aws-request-id'));
  try {
    const result = await handler(await next.json(), { awsRequestId });
    await post(`invocation/${awsRequestId}/response`, result ?? null);
  } catch (error) {
    await report(`invocation/${awsRequestId}/error`, error);
  }
}

/** @returns {Promise<Handler>} */
async function loadHandler() {
  const [path = '', name = ''] = String(process.env['_HANDLER']).split('.');
  const file = ['js', 'mjs', 'cjs']
    .map((extension) => `${String(process.env['LAMBDA_TASK_ROOT'])}/${path}.${extension}`)
    .find((each) => existsSync(each));
  if (file === undefined) throw new Error(`There is no module ${path}`);
  const module = /** @type {Record<string, Handler>} */ (await import(pathToFileURL(file).href));
  if (!module[name]) throw new Error(`There is no ${name} in ${file}`);
  return module[name];
}

/**
 * @param {string} path
 * @param {unknown} error
 */
async function report(path, error) {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  await post(path, { errorType: name, errorMessage: message });
}

/**
 * @param {string} path
 * @param {unknown} body
 */
async function post(path, body) {
  await fetch(`${api}/${path}`, { method: 'POST', body: JSON.stringify(body) });
}
