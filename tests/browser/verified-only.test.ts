/** The pages where only users with a verified address can sign in. */
import { describe, expect } from 'vitest';
import { startEmulator } from '../support/emulator.ts';
import { checkState, it as test, serviceOf } from '../support/pages.ts';
import { freshEmail } from '../support/shared.ts';
import { handsOn } from './hands.ts';

const it = test.extend<{ strict: ReturnType<typeof serviceOf> }>({
  strict: async ({ seen }, use) => {
    const args = ['--param=requireVerifiedEmail=true', '--param=bcryptCost=4'];
    const emulator = await startEmulator({ args });
    seen.origins.add(emulator.url);
    await use(serviceOf({ url: emulator.url, output: emulator.output() }));
    await emulator.stop();
  },
});

describe('with requireVerifiedEmail', () => {
  it('the pages lead from signing up by way of the mail to signing in, and tell nobody who has an account', async ({
    strict,
    page,
  }) => {
    const { field, send, told, refused, wrong, arrived } = handsOn(page);
    const user = { email: freshEmail('ann'), password: 'a long password' };
    const texts: string[] = [];
    // The second time, the address is taken.
    for (const password of [user.password, 'another password']) {
      await page.goto(strict.account('sign-up'));
      await arrived('sign-up');
      await send('sign-up', { email: user.email, password });
      await told();
      texts.push(await page.locator('#status').innerText());
      await checkState(page, 'sign-up, mail sent');
    }
    expect(texts[0]).toContain(user.email);
    expect(texts[1]).toBe(texts[0]);

    await page.goto(strict.account('sign-in'));
    await arrived('sign-in');
    await send('sign-in', user);
    await refused('sign-in');
    expect(await page.locator('#sign-in [role=alert]').innerText()).toContain('not verified');
    await page.locator('a[href="/account/verify"]').waitFor();
    await checkState(page, 'sign-in, not verified');

    await page.goto(await strict.mailedLink(user.email));
    await arrived('verify');
    await send('verify');
    await wrong('verify', 'password');
    await send('verify', { password: user.password });
    await told();
    await page.locator('#continue a').click();
    await arrived('sign-in');
    await field('sign-in', 'email').fill(user.email);
    await send('sign-in', { password: user.password });
    await arrived('settings');
    // The last request of this page: the service stops now.
    await page.locator('#sessions li').waitFor();
  });
});
