/** The links in mails: opened by programs, too late, again, and by others. */
import { describe, expect } from 'vitest';
import { MAIL_WORDS } from '../../lib/words/mails.ts';
import { freshEmail } from '../support/shared.ts';
import {
  askFor,
  expireLinks,
  forgive,
  handsOn,
  isPassword,
  it,
  loseAnswer,
  signIn,
} from './hands.ts';

describe('the mail to who has signed up', () => {
  it('is in the language of the page, not in that of the browser', async ({ page, service }) => {
    const { send, arrived } = handsOn(page);
    const email = freshEmail('dora');
    await page.goto(service.account('sign-up?lang=de'));
    await arrived('sign-up');
    await send('sign-up', { email, password: 'a long password' });
    await arrived('settings');
    await service.mailedLink(email);
    const [mail] = await service.mails(email);
    expect(mail?.subject).toBe(MAIL_WORDS.de.emailVerification.subject);
  });
});

describe('a link of a mail', () => {
  it('does nothing by being opened', async ({ page, service, seen, user }) => {
    await page.goto(await askFor(service, 'email_verification', user));
    await handsOn(page).arrived('verify');
    await page.goto(
      await askFor(service, 'reset_password', user).then(() => service.mailedLink(user.email, 2)),
    );
    await handsOn(page).arrived('reset');
    await page.waitForLoadState('networkidle');
    expect(seen.requests.filter((url) => !new URL(url).pathname.startsWith('/account/'))).toEqual(
      [],
    );
  });

  it('leaves no token in the address or the history once it is used', async ({
    page,
    service,
    user,
  }) => {
    const { send, told, arrived } = handsOn(page);
    await signIn(page, service, user);
    await page.goto(await askFor(service, 'email_verification', user));
    await send('verify');
    await told();
    expect(page.url()).toBe(service.account('verify'));
    const reset = await askFor(service, 'reset_password', user).then(() =>
      service.mailedLink(user.email, 2),
    );
    await page.goto(reset);
    await send('reset', { new_password: 'another password' });
    await arrived('sign-in');
    await told();
    await page.goBack();
    await arrived('reset');
    expect(page.url()).toBe(service.account('reset'));
    await page.locator('#incomplete').waitFor();
    expect(await isPassword(service, { ...user, password: 'another password' })).toBe(true);
  });

  it('that has expired says so, changes nothing, and leads to a new one', async ({
    page,
    context,
    service,
    user,
  }) => {
    const { send, told, refused, arrived } = handsOn(page);
    await signIn(page, service, user);
    const verification = await askFor(service, 'email_verification', user);
    await askFor(service, 'reset_password', user);
    const reset = await service.mailedLink(user.email, 2);
    const [cookie] = await context.cookies();
    await expireLinks(service, String(cookie?.value));

    await page.goto(verification);
    await send('verify');
    await told();
    expect(await page.locator('#status').innerText()).toContain('expired');
    await page.locator('#resend').waitFor();

    await page.goto(reset);
    await send('reset', { new_password: 'another password' });
    await refused('reset');
    expect(await page.locator('#reset [role=alert]').innerText()).toContain('expired');
    expect(await isPassword(service, user)).toBe(true);
    await page.locator('a[href="/account/forgot"]').click();
    await arrived('forgot');
  });

  it('that is replaced by a newer one sets no password', async ({ page, service, user }) => {
    const { send, refused } = handsOn(page);
    const link = await askFor(service, 'reset_password', user);
    // In the answer, as the limit of mails does not count there.
    const body = new URLSearchParams({ email: user.email });
    await fetch(`${service.url}/reset_password`, { method: 'POST', body });
    await page.goto(link);
    await send('reset', { new_password: 'another password' });
    await refused('reset');
    expect(await isPassword(service, user)).toBe(true);
  });
});

describe('a lost answer', () => {
  it('does not keep an address from being verified', async ({ page, service, seen, user }) => {
    const { send, refused, told } = handsOn(page);
    const link = await askFor(service, 'email_verification', user);
    await signIn(page, service, user);
    await page.goto(link);
    await page.route('**/email_verification', loseAnswer);
    await send('verify');
    await refused('verify');
    await page.unrouteAll({ behavior: 'wait' });
    await send('verify');
    await told();
    expect(await page.locator('#status').innerText()).toBe(`${user.email} is verified.`);
    forgive(seen);
  });
});
