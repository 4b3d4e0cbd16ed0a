/** The plugins for esbuild, named in serverless.yml. */
import leanSdk from './lean-sdk.mjs';
import pageAssets from './page-assets.mjs';

export default [...leanSdk, pageAssets];
