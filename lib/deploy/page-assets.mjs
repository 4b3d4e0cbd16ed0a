import { buildAssets } from '../pages/build.mjs';

/**
 * Puts the script and the style of the pages into the bundle, in place of the module that builds them.
 *
 * @type {import('esbuild').Plugin}
 */
export default {
  name: 'page-assets',
  setup: (build) => {
    build.onLoad({ filter: /[\\/]lib[\\/]pages[\\/]assets\.mjs$/ }, async () => {
      const { assets, files } = await buildAssets();
      const contents = `export const assets = ${JSON.stringify(assets)};`;
      return { contents, loader: 'js', watchFiles: files };
    });
  },
};
