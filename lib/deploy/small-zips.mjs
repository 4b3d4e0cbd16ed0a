import { createRequire } from 'node:module';

/**
 * What is used of archiver, which serverless-esbuild makes zips with.
 *
 * @typedef {{ create: (format: string, options?: object) => unknown }} Archiver
 */

/**
 * Has zips compressed as well as they can be, a tenth smaller than serverless-esbuild's, which has
 * no setting for it but `nativeZip`: that depends on what is installed, and gives the same code
 * another hash each time.
 */
export default class SmallZipsPlugin {
  hooks = { initialize: compressWell };
}

function compressWell() {
  const require = createRequire(createRequire(import.meta.url).resolve('serverless-esbuild'));
  /** @type {unknown} */
  const module = require('archiver');
  const archiver = /** @type {Archiver} */ (module);
  const { create } = archiver;
  archiver.create = (format, options) => create(format, { zlib: { level: 9 }, ...options });
}
