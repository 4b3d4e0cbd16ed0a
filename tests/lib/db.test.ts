import { findById } from '../../lib/users/find.ts';
import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { digest, generateToken, generateUuid } from '../../lib/core/token.ts';
import type { User } from '../../lib/users/user.ts';
import { createLibrary, newEmail, scanTable } from '../support/library.ts';
import { hashPassword } from '../../lib/passwords/hash.ts';
import { getVerificationToken, redeemEmailToken } from '../../lib/emails/verify.ts';

// The real function runs, except in one test. `spy: true` would wrap the methods of Hash and so of
// Node's streams, which the later test files of the worker use.
vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:crypto')>();
  return { ...original, randomUUID: vi.fn(original.randomUUID) };
});

const { app, clock, db } = createLibrary();

const addUser = (email = newEmail()): Promise<User> => db.addUser(email, '$2b$hash');

const itemsOf = async (id: string) => (await scanTable()).filter((item) => item['id'] === id);

const refused = (code: string, message?: RegExp) =>
  expect.objectContaining({
    name: 'AuthError',
    code,
    ...(message && { message: expect.stringMatching(message) }),
  });

describe('DB.addUser', () => {
  it('stores the user and the marker of the email, and returns the user', async () => {
    const user = await db.addUser('Alice@Example.com', '$2b$alice');
    expect(user).toEqual({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      email: 'alice@example.com',
      hashed_password: '$2b$alice',
    });
    expect(await itemsOf(user.id)).toEqual([
      {
        ...user,
        item: 'user',
        session_epoch: 0,
        created_at: clock.now,
        updated_at: clock.now,
      },
    ]);
    expect(await itemsOf('email#alice@example.com')).toEqual([
      { id: 'email#alice@example.com', item: 'marker', user_id: user.id },
    ]);
  });

  it('stores an email only once, in any spelling', async () => {
    const { email } = await addUser();
    const before = await scanTable();
    await expect(addUser(email.toUpperCase())).rejects.toThrow(
      refused('email_taken', new RegExp(`^User ${email.toUpperCase()} already exists$`)),
    );
    expect(await scanTable()).toEqual(before);
  });

  it('does not overwrite a user if the same id is generated twice', async () => {
    const user = await addUser();
    const email = newEmail();
    vi.mocked(randomUUID).mockReturnValueOnce(user.id as never);
    await expect(addUser(email)).rejects.toThrow(`Another user has the id ${user.id}`);
    expect(await db.findUserBy({ id: user.id })).toEqual(user);
  });

  it('refuses an invalid email or hash, and writes nothing', async () => {
    const before = await scanTable();
    await expect(addUser('nobody')).rejects.toThrow(refused('invalid_email', /^email /));
    for (const hash of ['', null, undefined, 7, '\uD800']) {
      await expect(db.addUser(newEmail(), hash as string)).rejects.toThrow(
        refused('invalid_field', /^hashed_password /),
      );
    }
    expect(await scanTable()).toEqual(before);
  });
});

describe('DB.findUserBy', () => {
  it('finds a user by each attribute that has a look-up', async () => {
    const user = await addUser();
    const session_id = generateToken(user.id);
    const reset_token = generateToken(user.id);
    await db.updateUser(user.id, { session_id, reset_token });
    expect(await db.findUserBy({ id: user.id })).toEqual(user);
    expect(await db.findUserBy({ email: user.email })).toEqual(user);
    expect(await db.findUserBy({ email: ` ${user.email.toUpperCase()}` })).toEqual(user);
    expect(await db.findUserBy({ session_id })).toEqual({ ...user, session_id });
    expect(await db.findUserBy({ reset_token })).toEqual({ ...user, reset_token });
  });

  it('finds a user only if all given attributes match', async () => {
    const user = await addUser();
    const other = await addUser();
    const session_id = generateToken(user.id);
    const reset_token = generateToken(user.id);
    await db.updateUser(user.id, { session_id, reset_token });
    const all = { ...user, session_id, reset_token };
    expect(await db.findUserBy(all)).toEqual(all);
    const wrong: Required<User> = {
      id: other.id,
      email: other.email,
      hashed_password: '$2b$other',
      session_id: generateToken(user.id),
      reset_token: generateToken(user.id),
    };
    for (const [name, value] of Object.entries(wrong)) {
      await expect(db.findUserBy({ ...all, [name]: value })).rejects.toThrow(
        refused('user_not_found'),
      );
    }
  });

  it('never matches an absent attribute with an empty or invalid value', async () => {
    const user = await addUser();
    for (const nothing of [null, undefined, '', 0, {}, [], '\uD800'] as unknown as string[]) {
      for (const name of ['id', 'email', 'session_id', 'reset_token']) {
        await expect(db.findUserBy({ [name]: nothing })).rejects.toThrow(refused('user_not_found'));
        if (name === 'email') continue;
        const alsoRight = { email: user.email, [name]: nothing };
        await expect(db.findUserBy(alsoRight)).rejects.toThrow(refused('user_not_found'));
      }
    }
  });

  it('finds nobody by values that no user has', async () => {
    const { id } = await addUser();
    for (const attributes of [
      { id: generateUuid() },
      { id: 'no-uuid' },
      { id: 'x'.repeat(5000) },
      { email: 'unknown@example.com' },
      { email: 'no address' },
      { session_id: generateToken(id) },
      { session_id: generateToken(generateUuid()) },
      { session_id: 'x'.repeat(5000) },
      { reset_token: generateToken(id) },
      { reset_token: 'unknown' },
    ]) {
      await expect(db.findUserBy(attributes)).rejects.toThrow(refused('user_not_found'));
    }
  });

  it('finds nobody by a reset token from the second at which it expires', async () => {
    const { id } = await addUser();
    const reset_token = generateToken(id);
    await db.updateUser(id, { reset_token });
    clock.advance(3599);
    expect(await db.findUserBy({ reset_token })).toMatchObject({ id });
    clock.advance(1);
    await expect(db.findUserBy({ reset_token })).rejects.toThrow(refused('user_not_found'));
  });

  it('refuses an unknown attribute and one without a look-up', async () => {
    const { email } = await addUser();
    for (const attributes of [
      { no_email: email },
      { email, item: 'user' },
      { email, session_epoch: '0' },
      JSON.parse(`{"email":"${email}","__proto__":"x"}`) as object,
      { hashed_password: '$2b$hash' },
      {},
    ]) {
      await expect(db.findUserBy(attributes)).rejects.toThrow(refused('invalid_field'));
    }
  });
});

describe('DB.updateUser', () => {
  it('changes only the given attributes', async () => {
    const user = await addUser();
    clock.advance(10);
    expect(await db.updateUser(user.id, { reset_token: 'token-of-mine' })).toBeUndefined();
    expect(await itemsOf(user.id)).toEqual([
      {
        ...user,
        item: 'user',
        session_epoch: 0,
        reset_token: digest('token-of-mine'),
        reset_token_expires_at: clock.now + 3600,
        created_at: clock.now - 10,
        updated_at: clock.now,
      },
    ]);
  });

  it('refuses an unknown id and creates nothing', async () => {
    const before = await scanTable();
    for (const changes of [
      {},
      { email: newEmail() },
      { hashed_password: '$2b$new' },
      { session_id: 'a-session' },
      { session_id: null },
      { reset_token: 'a-token' },
      { reset_token: null },
    ]) {
      for (const id of [generateUuid(), 'no-uuid', '', 'x'.repeat(5000)]) {
        await expect(db.updateUser(id, changes)).rejects.toThrow(refused('user_not_found'));
      }
    }
    expect(await scanTable()).toEqual(before);
  });

  it('refuses an unknown attribute or an invalid value, and writes nothing', async () => {
    const { id } = await addUser();
    const before = await scanTable();
    for (const changes of [
      { no_attribute: 'x' },
      { email: newEmail(), no_attribute: 'x' },
      { session_epoch: 9 },
      { item: 'x' },
      { id: generateUuid() },
      { email: null },
      { email: '' },
      { hashed_password: null },
      { hashed_password: '' },
      { hashed_password: undefined },
      { session_id: '' },
      { session_id: 7 },
      { reset_token: '' },
      { reset_token: undefined },
      { session_id: generateToken(generateUuid()) },
      { reset_token: generateToken(generateUuid()) },
      JSON.parse('{"__proto__":"x"}') as object,
    ]) {
      await expect(db.updateUser(id, changes)).rejects.toThrow(refused('invalid_field'));
    }
    const noAddress = { email: 'no address' };
    await expect(db.updateUser(id, noAddress)).rejects.toThrow(refused('invalid_email'));
    expect(await scanTable()).toEqual(before);
  });

  it('moves the email and its marker together', async () => {
    const user = await addUser();
    const email = newEmail();
    await db.updateUser(user.id, { email: email.toUpperCase() });
    expect(await db.findUserBy({ email })).toEqual({ ...user, email });
    await expect(db.findUserBy({ email: user.email })).rejects.toThrow(refused('user_not_found'));
    expect(await itemsOf(`email#${user.email}`)).toEqual([]);
    expect(await itemsOf(`email#${email}`)).toMatchObject([{ user_id: user.id }]);
    // The former address is free.
    await addUser(user.email);
  });

  it('removes the verification of the email only if the email changes', async () => {
    const { id, email } = await db.addUser(newEmail(), await hashPassword('pwd', 4));
    await redeemEmailToken(app, await getVerificationToken(app, email), { password: 'pwd' });
    const isVerified = async () => (await findById(app, id))?.email_verified_at !== undefined;
    await db.updateUser(id, { email, hashed_password: '$2b$new' });
    expect(await isVerified()).toBe(true);
    await db.updateUser(id, { email: newEmail() });
    expect(await isVerified()).toBe(false);
  });

  it('changes nothing if the new email is taken', async () => {
    const user = await addUser();
    const other = await addUser();
    const before = await scanTable();
    const changes = { email: other.email, hashed_password: '$2b$new', session_id: 'new-session' };
    await expect(db.updateUser(user.id, changes)).rejects.toThrow(refused('email_taken'));
    expect(await scanTable()).toEqual(before);
  });

  it('keeps the email if only its spelling differs', async () => {
    const user = await addUser();
    await db.updateUser(user.id, { email: user.email.toUpperCase() });
    expect(await db.findUserBy({ email: user.email })).toEqual(user);
  });

  it('ends all sessions with a new password except the one that is set with it', async () => {
    const { id } = await addUser();
    const [old, fresh] = [generateToken(id), generateToken(id)];
    await db.updateUser(id, { session_id: old });
    await db.updateUser(id, { hashed_password: '$2b$new', session_id: fresh });
    await expect(db.findUserBy({ session_id: old })).rejects.toThrow(refused('user_not_found'));
    expect(await db.findUserBy({ session_id: fresh })).toMatchObject({
      hashed_password: '$2b$new',
    });
  });

  it('adds a session to the existing ones, and ends all of them with null', async () => {
    const { id } = await addUser();
    const sessions = [generateToken(id), generateToken(id)];
    for (const session_id of sessions) await db.updateUser(id, { session_id });
    for (const session_id of sessions) await db.findUserBy({ session_id });
    await db.updateUser(id, { session_id: null });
    for (const session_id of sessions) {
      await expect(db.findUserBy({ session_id })).rejects.toThrow(refused('user_not_found'));
    }
  });

  it('removes a reset token and its expiry with null', async () => {
    const user = await addUser();
    const reset_token = generateToken(user.id);
    await db.updateUser(user.id, { reset_token });
    await db.updateUser(user.id, { reset_token: null });
    await expect(db.findUserBy({ reset_token })).rejects.toThrow(refused('user_not_found'));
    const [item] = await itemsOf(user.id);
    expect(item).not.toHaveProperty('reset_token');
    expect(item).not.toHaveProperty('reset_token_expires_at');
  });

  it('applies every one of several simultaneous changes', async () => {
    const { id, email } = await addUser();
    const moved = newEmail();
    const reset_token = generateToken(id);
    await Promise.all([
      db.updateUser(id, { hashed_password: '$2b$new' }),
      db.updateUser(id, { email: moved }),
      db.updateUser(id, { reset_token }),
      db.updateUser(id, { session_id: null }),
    ]);
    expect(await db.findUserBy({ email: moved, reset_token })).toMatchObject({
      hashed_password: '$2b$new',
    });
    expect(await itemsOf(`email#${email}`)).toEqual([]);
  });
});

describe('the table', () => {
  it('holds digests, never a session id or a reset token', async () => {
    const { id } = await addUser();
    const [session_id, reset_token] = [generateToken(id), generateToken(id)];
    await db.updateUser(id, { session_id, reset_token });
    const stored = JSON.stringify(await scanTable());
    for (const token of [session_id, reset_token]) {
      expect(stored).not.toContain(token.slice(id.length + 1));
      expect(stored).toContain(digest(token));
    }
  });

  it('has a TTL on every session, and never on a user or a marker', async () => {
    for (const item of await scanTable()) {
      const isSession = String(item['item']).startsWith('session#');
      expect(typeof item['expires_at']).toBe(isSession ? 'number' : 'undefined');
    }
  });

  it('holds only one kind of item in each index', async () => {
    for (const item of await scanTable()) {
      if (item['item'] !== 'user') {
        expect(item).not.toHaveProperty('email');
        expect(item).not.toHaveProperty('reset_token');
      }
      if (!String(item['item']).startsWith('session#')) {
        expect(item).not.toHaveProperty('session_id');
      }
    }
  });
});
