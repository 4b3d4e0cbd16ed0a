import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { readServerless } from '../../support/serverless.ts';

/** As osls loads it. */
const makeRoles = createRequire(import.meta.url)('../../../lib/deploy/roles.cjs') as (osls: {
  resolveVariable: (variable: string) => Promise<unknown>;
}) => Promise<{ Resources: Record<string, object> }>;

const { functions } = readServerless();

const resolving = (variables: Record<string, unknown>) => {
  const all: Record<string, unknown> = {
    'param:resetTokenDelivery': 'email',
    'param:requireVerifiedEmail': false,
    'self:functions': functions,
    ...variables,
  };
  return makeRoles({ resolveVariable: (variable) => Promise.resolve(all[variable]) });
};

describe('the roles', () => {
  it('are one for each function', async () => {
    const { Resources } = await resolving({});
    expect(Object.keys(Resources).sort()).toEqual(
      Object.values(functions)
        .map(({ role }) => role)
        .sort(),
    );
  });

  it('follow a setting of the command line, which is text, as one of serverless.yml', async () => {
    const text = await resolving({ 'param:requireVerifiedEmail': 'true' });
    expect(text).toEqual(await resolving({ 'param:requireVerifiedEmail': true }));
    expect(text).not.toEqual(await resolving({ 'param:requireVerifiedEmail': 'false' }));
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
    [
      'an unknown delivery',
      { 'param:resetTokenDelivery': 'fax' },
      'The setting resetTokenDelivery is "fax", and has to be email or response',
    ],
    [
      'a flag that is neither true nor false',
      { 'param:requireVerifiedEmail': 'yes' },
      'The setting requireVerifiedEmail is "yes", and has to be true or false',
    ],
  ])('are refused for %s', async (_, variables, sentence) => {
    await expect(resolving(variables)).rejects.toThrow(sentence);
  });
});
