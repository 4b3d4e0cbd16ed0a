import { describe, expect, it } from 'vitest';
import { findWrongOfDeployment } from '../../../lib/deploy/settings.mjs';
import { readServerless } from '../../support/serverless.ts';

const { params, provider, functions, custom } = readServerless();
const defaults = params['default'] ?? {};

/** Whether lib/config.ts or lib/deploy/cors.mjs gets the setting, and checks it. */
const PASSED_ON = [
  ...[provider, ...Object.values(functions)].flatMap((each) =>
    Object.values(each.environment ?? {}),
  ),
  custom.allowedHeaders,
];
const isPassedOn = (name: string) =>
  PASSED_ON.includes(`\${param:${name}}`) ||
  PASSED_ON.includes(`\${file(lib/deploy/mail-pages.cjs):${name}}`);

describe('the check before a deployment', () => {
  it('takes the settings of every stage in serverless.yml', () => {
    for (const stage of Object.values(params)) {
      expect(findWrongOfDeployment({ ...defaults, ...stage })).toEqual([]);
    }
  });

  it.each(Object.keys(defaults).filter((name) => !isPassedOn(name)))(
    'refuses a wrong value of %s, which no function reads',
    (name) => {
      expect(findWrongOfDeployment({ ...defaults, [name]: 'wrong' })).toEqual([
        expect.stringMatching(`^The setting ${name} is "wrong", and has to be `),
      ]);
    },
  );

  it.each([0, -1, 1.5, '40', undefined])('refuses %j as hashingConcurrency', (value) => {
    const wrong = findWrongOfDeployment({ ...defaults, hashingConcurrency: value });
    expect(wrong).toEqual([expect.stringMatching(/^The setting hashingConcurrency is /)]);
  });

  it.each(['canary', '${ssm:/canary}', '{{resolve:ssm-secure:canary}}', 'x{{resolve:ssm:canary}}'])(
    'refuses an importedPasswordKey that is not a reference for CloudFormation, and does not quote it: %s',
    (importedPasswordKey) => {
      const wrong = findWrongOfDeployment({ ...defaults, importedPasswordKey });
      expect(wrong).toEqual([
        expect.stringMatching(/^The setting importedPasswordKey is \(secret\)/),
      ]);
      expect(wrong.join()).not.toContain('canary');
    },
  );

  it.each(['{{resolve:secretsmanager:a/key}}', '{{resolve:ssm:/a/key}}'])(
    'takes %s as importedPasswordKey',
    (importedPasswordKey) => {
      expect(findWrongOfDeployment({ ...defaults, importedPasswordKey })).toEqual([]);
    },
  );

  it.each([null, 1, 40])('takes %j as hashingConcurrency', (hashingConcurrency) => {
    expect(findWrongOfDeployment({ ...defaults, hashingConcurrency })).toEqual([]);
  });
});
