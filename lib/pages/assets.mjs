/**
 * The script and the style of the pages. In a bundle, lib/deploy/page-assets.mjs puts the texts in place of
 * this module, so that no function builds anything.
 */
import { buildAssets } from './build.mjs';

export const { assets } = await buildAssets();
