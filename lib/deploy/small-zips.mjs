import { createRequire } from 'node:module';

/**
 * The part of archiver that this plugin changes. serverless-esbuild makes the zips with it.
 *
 * @typedef {{ create: (format: string, options?: object) => unknown }} Archiver
 */

/**
 * Compresses the zips as much as possible, which makes them a tenth smaller.
 *
 * serverless-esbuild's only setting for this is `nativeZip`. Its zips depend on the machine's `zip`
 * command, and have a different hash each time, even of the same code.
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
