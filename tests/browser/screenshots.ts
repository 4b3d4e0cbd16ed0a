/** Makes the pictures of the READMEs from the running service: `npm run screenshots`. */
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { ROOT, startEmulator } from '../support/emulator.ts';

const FOLDER = join(ROOT, 'lib', 'pages');
const USER = { email: 'amy@example.com', password: 'a long password' };

const emulator = await startEmulator({ args: ['--param=productName=Example'] });
const server = await launchBrowser();
try {
  const body = new URLSearchParams(USER);
  await fetch(`${emulator.url}/users`, { method: 'POST', body });
  const browser = await chromium.connect(server.wsEndpoint());
  const page = await browser.newPage({ locale: 'en-US', viewport: { width: 480, height: 600 } });
  await page.goto(`${emulator.url}/account/sign-in`);
  await page.locator('[name=email]').fill(USER.email);
  await page.screenshot({ path: join(FOLDER, 'sign-in.png') });
  await page.locator('[name=password]').fill(USER.password);
  await page.locator('#sign-in [type=submit]').click();
  await page.locator('#sessions li').waitFor();
  await page.screenshot({ path: join(FOLDER, 'settings.png') });
} finally {
  await server.close();
  await emulator.stop();
}
