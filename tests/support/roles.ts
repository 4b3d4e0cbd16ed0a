/** The roles that lib/deploy/roles.cjs makes. */
import { createRequire } from 'node:module';
import type { Statement } from './package.ts';
import { readServerless } from './serverless.ts';

export interface Role {
  Properties: { Policies: [{ PolicyDocument: { Statement: Statement[] } }] };
}

const { functions } = readServerless();

/** As osls loads it. */
const load = createRequire(import.meta.url)('../../lib/deploy/roles.cjs') as (osls: {
  resolveVariable: (variable: string) => Promise<unknown>;
}) => Promise<{ Resources: Record<string, Role> }>;

/** Makes them of the functions of serverless.yml, and of these variables in place of the defaults. */
export async function makeRoles(variables: Record<string, unknown>): Promise<Record<string, Role>> {
  const all: Record<string, unknown> = {
    'param:resetTokenDelivery': 'email',
    'param:mailFrom': 'no-reply@example.com',
    'param:requireVerifiedEmail': false,
    'self:functions': functions,
    ...variables,
  };
  const { Resources } = await load({
    resolveVariable: (variable) => Promise.resolve(all[variable]),
  });
  return Resources;
}

export function statementsOfRole(role: Role | undefined): Statement[] {
  return role?.Properties.Policies[0].PolicyDocument.Statement ?? [];
}
