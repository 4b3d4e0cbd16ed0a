/** A user's way through all pages, with every state that a page can have. It knows no language. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Service } from '../support/pages.ts';
import { freshEmail } from '../support/shared.ts';
import { handsOn } from './hands.ts';

export interface Walk {
  page: Page;
  service: Service;
  /** Added to the address of the first page. */
  query?: string;
  /** Is called in every state. */
  check: (page: Page, state: string) => Promise<void>;
}

/** Goes from signing up to deleting the account. */
export async function walk({ page, service, query = '', check }: Walk): Promise<void> {
  const { field, send, told, refused, wrong, arrived } = handsOn(page);
  const open = async (name: string) => {
    await page.goto(service.account(name + query));
    await arrived(name);
  };
  /** Follows a link of a mail, in the language of this walk. */
  const follow = async (link: string) => {
    // Otherwise only the fragment would change, and the page would stay.
    await page.goto('about:blank');
    const url = new URL(link);
    url.search = query;
    await page.goto(url.href);
    await arrived(url.pathname.slice('/account/'.length));
  };
  const email = freshEmail('walk');
  const [password, newPassword] = ['a long password', 'another password'];

  await open('sign-up');
  await check(page, 'sign-up');
  await send('sign-up');
  await wrong('sign-up', 'email');
  await check(page, 'sign-up, empty');
  await send('sign-up', { email: 'nobody', password });
  await wrong('sign-up', 'email');
  expect(await field('sign-up', 'email').inputValue()).toBe('nobody');
  await check(page, 'sign-up, no address');
  await send('sign-up', { email, password: 'x'.repeat(73) });
  await wrong('sign-up', 'password');
  await check(page, 'sign-up, password too long');
  await send('sign-up', { password });
  await arrived('settings');
  await told();
  await check(page, 'settings, signed up');

  const verification = await service.mailedLink(email);
  await follow(verification);
  await check(page, 'verify');
  for (const state of ['verify, done', 'verify, done again']) {
    await send('verify');
    await told();
    await check(page, state);
    await follow(verification);
  }

  await open('settings');
  await check(page, 'settings');
  await send('sign-out');
  await arrived('sign-in');
  await told();
  await check(page, 'sign-in, signed out');

  await open('sign-up');
  await send('sign-up', { email, password });
  await wrong('sign-up', 'email');
  await check(page, 'sign-up, taken');

  await open('sign-in');
  await check(page, 'sign-in');
  await send('sign-in');
  await wrong('sign-in', 'email');
  await check(page, 'sign-in, empty');
  await send('sign-in', { email, password: 'wrong' });
  await refused('sign-in');
  expect(await field('sign-in', 'email').inputValue()).toBe(email);
  await check(page, 'sign-in, refused');
  await send('sign-in', { password });
  await arrived('settings');

  // Other devices.
  const headers = {
    'user-agent': 'Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0',
  };
  const signInElsewhere = async () => {
    const body = new URLSearchParams({ email, password });
    const answer = await fetch(`${service.url}/sessions`, { method: 'POST', headers, body });
    expect(answer.status).toBe(200);
  };
  await signInElsewhere();
  await signInElsewhere();
  await page.reload();
  const devices = page.locator('#sessions li');
  await devices.nth(2).waitFor();
  await check(page, 'settings, three devices');
  await devices.locator('button').first().click();
  await told();
  await devices.nth(2).waitFor({ state: 'detached' });
  await check(page, 'settings, device signed out');
  await send('end-sessions');
  await told();
  await devices.nth(1).waitFor({ state: 'detached' });
  expect(await devices.count()).toBe(1);
  await check(page, 'settings, other devices signed out');

  await send('change-email');
  await wrong('change-email', 'email');
  await check(page, 'settings, email empty');
  await send('change-email', { email, password });
  await wrong('change-email', 'email');
  await check(page, 'settings, same email');
  await send('change-email', { password }, 'call_off');
  await told();
  await check(page, 'settings, no change pending');
  const newEmail = freshEmail('new');
  await send('change-email', { email: newEmail, password: 'wrong' });
  await wrong('change-email', 'password');
  await check(page, 'settings, wrong password');
  await send('change-email', { password });
  await told();
  await check(page, 'settings, change of the email sent');
  const change = await service.mailedLink(newEmail);
  await send('change-email', { password }, 'call_off');
  await told();
  await check(page, 'settings, change called off');
  await follow(change);
  await send('verify');
  await told();
  await check(page, 'verify, expired');
  await send('resend');
  await wrong('resend', 'email');
  await send('resend', { email });
  await told();
  await check(page, 'verify, sent again');

  await open('settings');
  await send('change-password');
  await wrong('change-password', 'password');
  await check(page, 'settings, passwords empty');
  await send('change-password', { password: 'wrong', new_password: newPassword });
  await wrong('change-password', 'password');
  await send('change-password', { password, new_password: newPassword });
  await told();
  await check(page, 'settings, password changed');

  await send('sign-out');
  await arrived('sign-in');
  const second = await (async () => {
    const other = freshEmail('second');
    const body = new URLSearchParams({ email: other, password });
    await fetch(`${service.url}/users`, { method: 'POST', body });
    const asked = new URLSearchParams({ email: other, delivery: 'email' });
    await fetch(`${service.url}/email_verification`, { method: 'POST', body: asked });
    return service.mailedLink(other);
  })();
  await follow(second);
  await send('verify');
  await wrong('verify', 'password');
  await check(page, 'verify, signed out');
  await send('verify', { password: 'wrong' });
  await wrong('verify', 'password');
  await check(page, 'verify, wrong password');
  await send('verify', { password });
  await told();
  await open('verify');
  await check(page, 'verify, no token');

  await open('forgot');
  await check(page, 'forgot');
  await send('forgot');
  await wrong('forgot', 'email');
  await check(page, 'forgot, empty');
  await send('forgot', { email });
  await told();
  await check(page, 'forgot, sent');
  await open('reset');
  await check(page, 'reset, incomplete');
  const reset = await service.mailedLink(email, 2);
  await follow(reset);
  await check(page, 'reset');
  await send('reset');
  await wrong('reset', 'new_password');
  await check(page, 'reset, empty');
  await send('reset', { new_password: password });
  await arrived('sign-in');
  await told();
  expect(await field('sign-in', 'email').inputValue()).toBe(email);
  await check(page, 'sign-in, password reset');
  await follow(reset);
  await send('reset', { new_password: password });
  await refused('reset');
  await check(page, 'reset, expired');

  await open('sign-in');
  await send('sign-in', { email, password });
  await arrived('settings');
  await send('delete-account');
  await wrong('delete-account', 'password');
  await check(page, 'settings, deletion not confirmed');
  await field('delete-account', 'confirm').check();
  await send('delete-account', { password: 'wrong' });
  await wrong('delete-account', 'password');
  await send('delete-account', { password });
  await arrived('sign-in');
  await told();
  await check(page, 'sign-in, deleted');

  // After five failures in a row, each further one waits, and longer each time.
  const texts = new Set<string>();
  while (texts.size < 2) {
    await send('sign-in', { email, password: 'wrong' });
    await refused('sign-in');
    texts.add(await page.locator('#sign-in [role=alert]').innerText());
  }
  await check(page, 'sign-in, too many attempts');

  await page.route('**/sessions', (route) => route.abort());
  await send('sign-in');
  await refused('sign-in');
  await check(page, 'sign-in, lost answer');
  await page.unroute('**/sessions');

  await page.goto(service.account(`nowhere${query}`));
  await check(page, 'not found');
}
