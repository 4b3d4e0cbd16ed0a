import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { allows, ATTRIBUTES, attributesOf, LEADING_KEYS } from '../../support/policy.ts';
import { makeRoles, statementsOfRole, type Role } from '../../support/roles.ts';
import { readServerless } from '../../support/serverless.ts';

const { functions } = readServerless();

/** The functions whose role allows a write that names the attribute, in any of the settings. */
async function functionsThatWrite(attribute: string): Promise<string[]> {
  const names = new Set<string>();
  for (const [delivery, mailFrom] of [
    ['email', 'no-reply@example.com'],
    ['response', 'no-reply@example.com'],
    ['response', ''],
  ]) {
    for (const mustVerify of [true, false]) {
      const roles = await makeRoles({
        'param:resetTokenDelivery': delivery,
        'param:mailFrom': mailFrom,
        'param:requireVerifiedEmail': mustVerify,
      });
      for (const [name, { role }] of Object.entries(functions)) {
        if (writesOf(roles[role]).some((each) => attributesOf(each).includes(attribute))) {
          names.add(name);
        }
      }
    }
  }
  return [...names].sort();
}

const writesOf = (role: Role | undefined) =>
  statementsOfRole(role).filter(({ Action }) =>
    [Action].flat().some((action) => /:(Put|Update)Item$/.test(action)),
  );

describe('the roles', () => {
  it('are one for each function', async () => {
    const roles = await makeRoles({});
    expect(Object.keys(roles).sort()).toEqual(
      Object.values(functions)
        .map(({ role }) => role)
        .sort(),
    );
  });

  it('follow a setting of the command line, which is text, as one of serverless.yml', async () => {
    const text = await makeRoles({ 'param:requireVerifiedEmail': 'true' });
    expect(text).toEqual(await makeRoles({ 'param:requireVerifiedEmail': true }));
    expect(text).not.toEqual(await makeRoles({ 'param:requireVerifiedEmail': 'false' }));
  });

  it('limit every write to the attributes that it names', async () => {
    const roles = await makeRoles({});
    const writes = Object.values(roles).flatMap(writesOf);
    expect(writes).not.toHaveLength(0);
    for (const write of writes) expect(attributesOf(write)).toContain('item');
  });

  // A write that has an attribute only in its condition counts: IAM does not distinguish the two.
  it.each([
    ['hashed_password', ['changePassword', 'login', 'registerUser', 'updatePassword']],
    ['email_verified_at', ['updatePassword', 'verifyEmail']],
    ['disabled_at', []],
    ['session_id', ['changePassword', 'login']],
    ['user_id', ['registerUser', 'verifyEmail']],
  ])('let only the functions that need it write %s', async (attribute, names) => {
    expect(await functionsThatWrite(attribute)).toEqual(names);
  });

  it('let a function that notes the last use of a session change nothing else', async () => {
    const roles = await makeRoles({});
    const statements = statementsOfRole(roles['GetProfileRole']);
    const update = (partition: string, ...attributes: string[]) => ({
      action: 'dynamodb:UpdateItem',
      resource: '${UsersTable.Arn}',
      context: { [LEADING_KEYS]: [partition], [ATTRIBUTES]: ['id', 'item', ...attributes] },
    });
    const isAllowed = (...request: Parameters<typeof update>) =>
      statements.some((each) => allows(each, update(...request)));
    const user = randomUUID();
    expect(isAllowed(user, 'last_seen', 'expires_at')).toBe(true);
    expect(isAllowed(user, 'last_seen', 'hashed_password')).toBe(false);
    expect(isAllowed('email#erin@example.com', 'expires_at')).toBe(false);
    expect(isAllowed('attempts#digest', 'expires_at')).toBe(false);
  });

  const { login, ...others } = functions;

  it.each([
    [
      'a function without a line',
      { 'self:functions': { ...functions, invite: { role: 'InviteRole' } } },
      'roles.cjs has no line for the function invite',
    ],
    [
      'a line without a function',
      { 'self:functions': others },
      'roles.cjs has a line for login, which is no function',
    ],
    [
      'a function with the role of another',
      { 'self:functions': { ...functions, login: { ...login, role: 'LogoutRole' } } },
      'The function login needs role: LoginRole',
    ],
  ])('are refused for %s', async (_, variables, sentence) => {
    await expect(makeRoles(variables)).rejects.toThrow(sentence);
  });
});
