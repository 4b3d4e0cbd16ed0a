/** The limit on one source, which users share with everybody at the same address. */
import { describe, expect, it } from 'vitest';
import { askForVerification, logIn, register, type Route } from '../support/client.ts';
import { advance, stopClock } from '../support/clock.ts';
import { newEmail } from '../support/library.ts';
import { clientWith } from '../support/settings.ts';

const WINDOW_SECONDS = 10 * 60;

const { request } = await clientWith({ FAILED_LOGINS_PER_SOURCE: '1' });

/** The windows that tests have used: they share the source, and the table. */
let windows = 0;

const failLogin = async () =>
  (await request('POST /sessions', { form: { email: newEmail(), password: 'no' } })).status;

describe('the limit of failed logins from one source', () => {
  stopClock();

  it.each<[Route, () => Record<string, string>]>([
    ['PUT /password', () => ({ new_password: 'new' })],
    ['PUT /email', () => ({ email: newEmail() })],
    ['DELETE /profile', () => ({})],
    ['POST /profile/deletion', () => ({})],
  ])('keeps nobody who is logged in from %s, and counts no password there', async (route, more) => {
    advance(++windows * WINDOW_SECONDS);
    const user = await register();
    const cookies = [`session_id=${await logIn(user)}`];
    const ask = async (password: string) =>
      (await request(route, { form: { ...more(), password }, cookies })).status;
    for (let i = 0; i < 3; i++) expect(await ask('no')).toBe(403);
    expect(await failLogin()).toBe(401);
    expect(await failLogin()).toBe(429);
    expect(await ask('no')).toBe(403);
    expect(await ask(user.password)).toBe(200);
  });

  it('counts the passwords of PUT /email_verification, but not with a session', async () => {
    advance(++windows * WINDOW_SECONDS);
    const user = await register();
    const token = await askForVerification(user);
    const cookies = [`session_id=${await logIn(user)}`];
    const ask = async (password: string, parts = {}) =>
      (await request('PUT /email_verification', { form: { token, password }, ...parts })).status;
    expect(await ask('no')).toBe(403);
    expect(await ask('no')).toBe(429);
    expect(await failLogin()).toBe(429);
    expect(await ask(user.password, { cookies })).toBe(200);
  });
});
