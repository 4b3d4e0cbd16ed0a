/**
 * The script and the style of the pages. In a bundle, lib/deploy/page-assets.mjs puts the two texts in place
 * of this module, so that no function builds anything.
 */
import { buildAssets } from './build.mjs';

const { script, style } = await buildAssets();

export const SCRIPT = script;
export const STYLE = style;
