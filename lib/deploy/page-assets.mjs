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
      const { script, style, files } = await buildAssets();
      const contents = `export const SCRIPT = ${JSON.stringify(script)};
        export const STYLE = ${JSON.stringify(style)};`;
      return { contents, loader: 'js', watchFiles: files };
    });
  },
};
