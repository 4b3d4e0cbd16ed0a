/** What goes wrong between a user and the service, and users who do without a mouse or JavaScript. */
import type { Page, Route } from 'playwright-core';
import { describe, expect } from 'vitest';
import { freshEmail } from '../support/shared.ts';
import { askFor, count, forgive, handsOn, isPassword, it, loseAnswer, signIn } from './hands.ts';

describe('the keyboard alone', () => {
  /** Presses Tab until the element has the focus. Whatever has the focus on the way must show it. */
  async function tabTo(page: Page, selector: string): Promise<void> {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      const [isThere, isShown] = await page.evaluate<[boolean, boolean]>(`(() => {
        const element = document.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        const isShown = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
        return [element.matches(${JSON.stringify(selector)}), isShown || element === document.body];
      })()`);
      expect(isShown, `focus on the way to ${selector}`).toBe(true);
      if (isThere) return;
    }
    expect.fail(`Tab does not lead to ${selector}`);
  }

  it('signs up, changes the password, signs out, and signs in', async ({ page, service }) => {
    const { arrived, told } = handsOn(page);
    const { keyboard } = page;
    const email = freshEmail('keys');
    await page.goto(service.account('sign-in'));
    await arrived('sign-in');
    await tabTo(page, 'a[href^="/account/sign-up"]');
    await keyboard.press('Enter');
    await arrived('sign-up');
    await tabTo(page, '[name=email]');
    await keyboard.type(email);
    await tabTo(page, '[name=password]');
    await keyboard.type('first password');
    await tabTo(page, '.show-password');
    await keyboard.press('Space');
    expect(await page.locator('[name=password]').getAttribute('type')).toBe('text');
    await tabTo(page, '#sign-up [type=submit]');
    await keyboard.press('Enter');

    await arrived('settings');
    await tabTo(page, '#change-password [name=password]');
    await keyboard.type('first password');
    await tabTo(page, '#change-password [name=new_password]');
    await keyboard.type('second password');
    await keyboard.press('Enter');
    await told();
    await tabTo(page, '#sign-out button');
    await keyboard.press('Space');

    await arrived('sign-in');
    await tabTo(page, '[name=email]');
    await keyboard.type(email);
    await tabTo(page, '[name=password]');
    await keyboard.type('second password');
    await keyboard.press('Enter');
    await arrived('settings');
  });
});

describe('password managers', () => {
  it.for([
    [
      'sign-in',
      [
        ['email', 'username'],
        ['password', 'current-password'],
      ],
    ],
    [
      'sign-up',
      [
        ['email', 'username'],
        ['password', 'new-password'],
      ],
    ],
    ['forgot', [['email', 'username']]],
    [
      'reset#email=ann@example.com&reset_token=x',
      [
        ['email', 'username'],
        ['new_password', 'new-password'],
      ],
    ],
  ] as const)('know the fields of %s', async ([path, fields], { page, service }) => {
    await page.goto(service.account(path));
    await page.locator('fieldset:not([disabled])').first().waitFor();
    const found = await page.evaluate<string[][]>(
      `[...document.querySelectorAll('input:not([type=checkbox])')].map((input) => [input.name, input.autocomplete])`,
    );
    expect(found).toEqual(fields);
  });

  it('know the fields of the settings, and whose password it is', async ({
    page,
    service,
    user,
  }) => {
    await signIn(page, service, user);
    const forms = await page.evaluate<Record<string, string[][]>>(`Object.fromEntries(
      ['change-email', 'change-password', 'delete-account'].map((id) => [
        id,
        [...document.querySelectorAll('#' + id + ' input:not([type=checkbox])')].map(
          (input) => [input.autocomplete, input.value],
        ),
      ]),
    )`);
    const [own, current] = [
      ['username', user.email],
      ['current-password', ''],
    ];
    expect(forms).toEqual({
      'change-email': [['email', ''], own, current],
      'change-password': [own, current, ['new-password', '']],
      'delete-account': [own, current],
    });
  });
});

describe('a double click', () => {
  it('sends one request', async ({ page, service, seen }) => {
    const { field, arrived } = handsOn(page);
    await page.goto(service.account('sign-up'));
    await arrived('sign-up');
    await field('sign-up', 'email').fill(freshEmail('twice'));
    await field('sign-up', 'password').fill('a long password');
    await page.locator('#sign-up [type=submit]').dblclick();
    await arrived('settings');
    expect([count(seen, '/users'), count(seen, '/sessions')]).toEqual([1, 2]);
  });

  it('sends none while an answer is awaited, and the form says that it is busy', async ({
    page,
    service,
    seen,
    user,
  }) => {
    const { send, arrived } = handsOn(page);
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    await page.route('**/sessions', async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(service.account('sign-in'));
    await arrived('sign-in');
    await send('sign-in', { ...user });
    await page.locator('#sign-in[aria-busy=true]').waitFor();
    await page.locator('#sign-in [name=password]').press('Enter');
    await page.locator('#sign-in [type=submit]').click({ force: true });
    expect(count(seen, '/sessions')).toBe(1);
    answer();
    await arrived('settings');
    await page.unrouteAll({ behavior: 'wait' });
  });
});

describe('a lost answer', () => {
  it('is told, loses nothing that was typed, and the same again works', async ({
    page,
    service,
    seen,
    user,
  }) => {
    const { field, send, refused, arrived } = handsOn(page);
    await page.goto(service.account('sign-in'));
    await arrived('sign-in');
    for (const lose of [loseAnswer, (route: Route) => route.abort()]) {
      await page.route('**/sessions', lose);
      await send('sign-in', { ...user });
      await refused('sign-in');
      expect(await page.locator('#sign-in [role=alert]').innerText()).toContain('do not know');
      expect(await field('sign-in', 'email').inputValue()).toBe(user.email);
      await page.unrouteAll({ behavior: 'wait' });
    }
    await send('sign-in');
    await arrived('settings');
    forgive(seen);
  });

  it('of a sign-up: the same again signs in', async ({ page, service, seen }) => {
    const { send, refused, arrived } = handsOn(page);
    const user = { email: freshEmail('lost'), password: 'a long password' };
    await page.goto(service.account('sign-up'));
    await arrived('sign-up');
    for (const route of ['**/users', '**/sessions']) {
      await page.route(route, loseAnswer);
      await send('sign-up', user);
      await refused('sign-up');
      await page.unrouteAll({ behavior: 'wait' });
    }
    await send('sign-up');
    await arrived('settings');
    forgive(seen);
  });

  it('of a sign-up: another password than before does not sign in', async ({
    page,
    service,
    seen,
  }) => {
    const { send, refused, arrived } = handsOn(page);
    const email = freshEmail('lost');
    await page.goto(service.account('sign-up'));
    await arrived('sign-up');
    await page.route('**/users', loseAnswer);
    await send('sign-up', { email, password: 'a long password' });
    await refused('sign-up');
    await page.unrouteAll({ behavior: 'wait' });
    await send('sign-up', { email, password: 'another password' });
    await refused('sign-up');
    expect(await page.context().cookies()).toEqual([]);
    forgive(seen);
  });

  it('of a reset: the same again says nothing of a used link, and signs in', async ({
    page,
    service,
    seen,
    user,
  }) => {
    const { send, refused, arrived } = handsOn(page);
    await page.goto(await askFor(service, 'reset_password', user));
    await arrived('reset');
    await page.route('**/reset_password', loseAnswer);
    await send('reset', { new_password: 'another password' });
    await refused('reset');
    await page.unrouteAll({ behavior: 'wait' });
    await send('reset');
    await arrived('settings');
    await page.locator('#user', { hasText: user.email }).waitFor();
    forgive(seen);
  });
});

describe('a link to reset a password', () => {
  it('says whose password it sets, and nothing else that a link could make it say', async ({
    page,
    service,
  }) => {
    await page.goto(service.account('reset#email=ann@example.com&reset_token=x'));
    await page.locator('#user', { hasText: 'ann@example.com' }).waitFor();
    await page.goto(service.account('forgot'));
    await page.goto(service.account('reset#email=Call+us@example.com+now&reset_token=x'));
    await page.locator('#incomplete:visible').waitFor();
    expect(await page.locator('main').innerText()).not.toContain('Call');
  });
});

describe('a wait', () => {
  it.for([
    [5, 'Try again in 5 seconds.'],
    [900, 'Try again in 15 minutes.'],
    [30_000_000, 'Reset your password'],
  ] as const)('of %d seconds is told as "%s"', async ([seconds, text], { page, service, user }) => {
    const { send, refused, arrived } = handsOn(page);
    await page.route('**/sessions', (route) =>
      route.fulfill({
        status: 429,
        headers: { 'retry-after': String(seconds) },
        json: { message: 'too many attempts', code: 'too_many_attempts' },
      }),
    );
    await page.goto(service.account('sign-in'));
    await arrived('sign-in');
    await send('sign-in', { ...user });
    await refused('sign-in');
    expect(await page.locator('#sign-in [role=alert]').innerText()).toContain(text);
    await page.unrouteAll({ behavior: 'wait' });
  });
});

describe('two tabs', () => {
  it('of which one signs out: the other leads to signing in, and back', async ({
    page,
    context,
    service,
    user,
  }) => {
    await signIn(page, service, user);
    const other = await context.newPage();
    await other.goto(service.account('settings'));
    await handsOn(other).arrived('settings');
    await handsOn(other).send('sign-out');
    await handsOn(other).arrived('sign-in');

    const { send, arrived } = handsOn(page);
    await send('end-sessions');
    await arrived('sign-in');
    await send('sign-in', { ...user });
    await arrived('settings');
  });

  it('of which one signs another user in: the other acts for nobody else', async ({
    page,
    context,
    service,
    user,
  }) => {
    await signIn(page, service, user);
    const bob = { email: freshEmail('bob'), password: user.password };
    await fetch(`${service.url}/users`, { method: 'POST', body: new URLSearchParams({ ...bob }) });
    const other = await context.newPage();
    await signIn(other, service, bob);

    // This browser shows all tabs at once and gives each the focus, and so says nothing.
    await page.evaluate('dispatchEvent(new Event("focus"))');
    const { send } = handsOn(page);
    await page.locator('#user', { hasText: bob.email }).waitFor();
    await send('change-password', { password: user.password, new_password: 'another password' });
    await handsOn(page).told();
    expect(await isPassword(service, user)).toBe(true);
    expect(await isPassword(service, { ...bob, password: 'another password' })).toBe(true);
  });
});

describe('the back button', () => {
  it('shows nothing of a user who has signed out', async ({ page, service, user }) => {
    const { send, arrived } = handsOn(page);
    await signIn(page, service, user);
    await page.locator('#user', { hasText: user.email }).waitFor();
    await send('sign-out');
    await arrived('sign-in');
    await page.goBack();
    await arrived('sign-in');
    expect(await page.content()).not.toContain(user.email);
  });
});

describe('without JavaScript', () => {
  it('a page says that it needs it, and no form can be sent', async ({ page, service }) => {
    const context = await page.context().browser()?.newContext({ javaScriptEnabled: false });
    const plain = (await context?.newPage()) ?? expect.fail();
    for (const name of ['sign-in', 'sign-up', 'forgot', 'reset', 'verify', 'settings']) {
      await plain.goto(service.account(name));
      expect(await plain.locator('noscript').innerText()).toContain('JavaScript');
      expect(await plain.locator('input:enabled:visible, button:enabled:visible').count()).toBe(0);
    }
    await context?.close();
  });
});
