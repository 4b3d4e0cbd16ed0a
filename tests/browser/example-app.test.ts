/** The example front end: a page of another origin, our service, and an API that our authorizer protects. */
import type { Page } from 'playwright-core';
import { describe } from 'vitest';
import { freePort } from '../../lib/emulator/ports.mjs';
import { startExampleApi, startExampleApp, type Running } from '../support/example.ts';
import { handsOn, it as test } from './hands.ts';

const it = test.extend<{ app: Running }>({
  app: async ({ service, seen }, use) => {
    const url = `http://localhost:${String(await freePort())}`;
    const api = await startExampleApi(service.lambda, [`--param=page=${url}`]);
    const app = await startExampleApp(url, { AUTH_URL: service.url, API_URL: api.url });
    for (const each of [app, api]) seen.origins.add(each.url);
    await use(app);
    await Promise.all([app.stop(), api.stop()]);
  },
});

/** Waits until the page says so. */
const says = (page: Page, text: string) =>
  page.getByRole('status').filter({ hasText: text }).waitFor();

describe('the example front end', () => {
  it('signs in and out, on both pages, calls the API, and notices that the session has ended', async ({
    app,
    user,
    page,
    context,
  }) => {
    await page.goto(app.url);
    await says(page, 'Not signed in');

    await page.getByLabel('Email').fill(user.email);
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in here' }).click();
    await says(page, 'Wrong email or password');
    await page.getByLabel('Password').fill(user.password);
    await page.getByRole('button', { name: 'Sign in here' }).click();
    await says(page, `Signed in as ${user.email}`);

    const [cookie] = await context.cookies();
    await page.getByRole('button', { name: 'Call the API' }).click();
    await says(page, `The API knows user ${String(cookie?.value.split('.')[0])}`);

    // Another tab of the same browser signs out.
    const other = await context.newPage();
    await other.goto(app.url);
    await says(other, `Signed in as ${user.email}`);
    await other.getByRole('button', { name: 'Sign out' }).click();
    await says(other, 'Not signed in');

    await page.getByRole('button', { name: 'Call the API' }).click();
    await says(page, 'Not signed in');

    // The service's own page comes back.
    const { send, arrived } = handsOn(page);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await arrived('sign-in');
    await send('sign-in', { ...user });
    await page.waitForURL(`${app.url}/`);
    await says(page, `Signed in as ${user.email}`);
  });
});
