/** The rules of eslint.config.js for imports, and names and defaults that stand in two places. */
import { ESLint } from 'eslint';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { MAY_IMPORT } from '../../eslint.config.js';
import { SERVICE } from '../../lib/core/service.ts';
import { DEFAULTS } from '../../lib/core/settings.ts';
import { ROOT } from '../support/emulator.ts';
import { readServerless } from '../support/serverless.ts';

const eslint = new ESLint({
  cwd: ROOT,
  // The files are made up, so the compiler has no types for them.
  overrideConfig: tseslint.configs.disableTypeChecked,
  ruleFilter: ({ ruleId }) => ruleId === 'house/layout',
});

/**
 * Lints a file that has only these lines.
 *
 * @returns the lines that are reported, each with its message
 */
async function lint(filePath: string, lines: string[]): Promise<[line: string, message: string][]> {
  const [result] = await eslint.lintText(lines.join('\n'), { filePath: join(ROOT, filePath) });
  return (result?.messages ?? []).map(({ ruleId, line, message }) => {
    expect(ruleId, message).toBe('house/layout');
    return [lines[line - 1] ?? '', message];
  });
}

/** For each rule: a file, what it may import, and what it must not. */
const RULES: [rule: string, file: string, allowed: string[], forbidden: string[]][] = [
  [
    'A folder imports itself and folders before it',
    'lib/sessions/new.ts',
    [
      "import './session.ts';",
      "import '../users/find.ts';",
      "import '../core/errors.ts';",
      "import 'uuid';",
      "import 'node:crypto';",
    ],
    [
      "import '../limits/attempts.ts';",
      "import '../accounts/delete.ts';",
      "import '../http/answer.ts';",
      "import '../cli/command.ts';",
    ],
  ],
  [
    'An import counts in every form and spelling',
    'lib/users/new.ts',
    [
      "import type { App } from '../db/context.ts';",
      "export * from '../db/items.ts';",
      "const table = await import('../db/table.ts');",
      "type Table = import('../db/table.ts').Table;",
      "const items = require('../db/items.ts');",
      'export { table };',
    ],
    [
      "import type { Session } from '../sessions/session.ts';",
      "export * from '../sessions/session.ts';",
      "export { newSession } from '../sessions/session.ts';",
      "const session = await import('../sessions/session.ts');",
      "type Found = import('../sessions/session.ts').Session;",
      "const use = require('../sessions/use.ts');",
      "import '../db/../sessions/use.ts';",
      "import '../../lib/sessions/use.ts';",
      "import 'user-authentication-service/lib/sessions/use.js';",
      "import 'user-authentication-service';",
    ],
  ],
  [
    'A folder within a folder has the place of the outer one',
    'lib/users/spelling/new.ts',
    ["import '../../core/errors.ts';", "import '../find.ts';"],
    ["import '../../sessions/use.ts';"],
  ],
  [
    'lib/ imports neither handlers nor tests nor other files of the project',
    'lib/cli/new.ts',
    ["import '../client/client.ts';", "import '../deploy/cors.mjs';"],
    [
      "import '../../handlers/login.ts';",
      "import '../../tests/support/clock.ts';",
      "import '../../node_modules/uuid/dist/index.js';",
      "import '../../package.json';",
      "import '../../../elsewhere/file.ts';",
    ],
  ],
  [
    'http/ knows no subject',
    'lib/http/new.ts',
    ["import '../core/errors.ts';", "import '../api/fields.ts';", "import 'cookie';"],
    [
      "import '../users/address.ts';",
      "import type { SessionId } from '../sessions/use.ts';",
      "import type { App } from '../db/context.ts';",
      "import type { Config } from '../config.ts';",
    ],
  ],
  [
    'api/ knows no subject',
    'lib/api/new.ts',
    ["import '../core/errors.ts';", "import './fields.ts';"],
    ["import '../users/address.ts';", "import '../http/answer.ts';"],
  ],
  [
    'The client has types of the contract alone',
    'lib/client/new.ts',
    ["import type { Route } from '../api/contract.ts';", "import './client.ts';"],
    [
      "import { API } from '../api/contract.ts';",
      "import { type Route } from '../api/contract.ts';",
      "import type { Fields } from '../api/fields.ts';",
      "import type { ErrorCode } from '../core/errors.ts';",
      "import 'cookie';",
      "import 'node:crypto';",
      "import '@aws-sdk/client-dynamodb';",
    ],
  ],
  [
    'The pages know the client, the words and http/, and no subject',
    'lib/pages/new.ts',
    [
      "import '../client/client.ts';",
      "import '../words/languages.ts';",
      "import '../http/origin.ts';",
      "import '../core/env.ts';",
    ],
    [
      "import '../users/address.ts';",
      "import type { App } from '../db/context.ts';",
      "import type { ErrorCode } from '../api/contract.ts';",
      "import '../config.ts';",
      "import '../deploy/typescript.mjs';",
    ],
  ],
  [
    'Words are words',
    'lib/words/new.ts',
    ["import type { PageWords } from './en.ts';"],
    ["import '../core/errors.ts';", "import '../pages/html.ts';"],
  ],
  [
    'The contract gives types alone',
    'lib/http/new.ts',
    [
      "import type { Route } from '../api/contract.ts';",
      "export type { Body } from '../api/contract.ts';",
      "type Status = import('../api/contract.ts').RefusalStatus;",
    ],
    [
      "import { API } from '../api/contract.ts';",
      "import { type Route } from '../api/contract.ts';",
      "import '../api/contract.ts';",
      "export * from '../api/contract.ts';",
    ],
  ],
  [
    'The OpenAPI document is made of the contract',
    'lib/api/openapi.ts',
    ["import './contract.ts';"],
    [],
  ],
  [
    'A handler imports the wiring, subjects, http/, core/, the languages and the fields',
    'handlers/new.ts',
    [
      "import '../lib/app.ts';",
      "import '../lib/api/fields.ts';",
      "import '../lib/core/log.ts';",
      "import '../lib/emails/change.ts';",
      "import '../lib/http/endpoint.ts';",
      "import '../lib/mail/dispatch.ts';",
      "import '../lib/words/languages.ts';",
      "import type { Context } from 'aws-lambda';",
    ],
    [
      "import '../lib/config.ts';",
      "import '../lib/auth.ts';",
      "import '../lib/db.ts';",
      "import '../lib/index.ts';",
      "import '../lib/db/table.ts';",
      "import type { UserItem } from '../lib/db/items.ts';",
      "import '../lib/aws/limits.ts';",
      "import '../lib/operators/audit.ts';",
      "import type { Route } from '../lib/api/contract.ts';",
      "import '../lib/client/client.ts';",
      "import '../lib/deploy/cors.mjs';",
      "import '../lib/emulator/table.mjs';",
      "import '../lib/cli/stage.ts';",
      "import './login.ts';",
      "import '../tests/support/clock.ts';",
      "import '@aws-sdk/client-dynamodb';",
      "import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';",
    ],
  ],
  ...['lib/users/new.ts', 'lib/db/items.ts', 'lib/mail/send.ts', 'lib/app.ts'].map(
    (file): (typeof RULES)[number] => [
      `${file} does not use the SDK`,
      file,
      [],
      [
        "import { DynamoDBClient } from '@aws-sdk/client-dynamodb';",
        "import type { NativeAttributeValue } from '@aws-sdk/util-dynamodb';",
        "import '@smithy/core/retry';",
      ],
    ],
  ),
  ...[
    'lib/aws/limits.ts',
    'lib/db/table.ts',
    'lib/mail/ses.ts',
    'lib/mail/dispatch.ts',
    'lib/cli/stage.ts',
    'lib/deploy/new.mjs',
    'lib/emulator/table.mjs',
  ].map((file): (typeof RULES)[number] => [
    `${file} may use the SDK`,
    file,
    ["import '@aws-sdk/client-dynamodb';", "import '@smithy/core/retry';"],
    [],
  ]),
  [
    'A caller may give a client of the SDK to DB',
    'lib/db.ts',
    ["import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';", "import './db/table.ts';"],
    [
      "import { DynamoDBClient } from '@aws-sdk/client-dynamodb';",
      "import './app.ts';",
      "import './config.ts';",
      "import './auth.ts';",
      "import './client/client.ts';",
    ],
  ],
  [
    'The wiring has no face of the library and no tool',
    'lib/app.ts',
    ["import './config.ts';", "import './db/table.ts';", "import './http/origin.ts';"],
    [
      "import './auth.ts';",
      "import './db.ts';",
      "import './index.ts';",
      "import './deploy/cors.mjs';",
      "import './emulator/table.mjs';",
      "import './cli/stage.ts';",
      "import '../handlers/login.ts';",
    ],
  ],
  [
    'Auth takes a DB and no settings of the environment',
    'lib/auth.ts',
    ["import './db.ts';", "import './login/password.ts';"],
    ["import './app.ts';", "import './config.ts';", "import './index.ts';"],
  ],
  [
    'The package gives Auth, DB and what belongs to them',
    'lib/index.ts',
    ["export * from './auth.ts';", "export * from './db.ts';"],
    ["export * from './app.ts';", "export * from './cli/stage.ts';"],
  ],
  [
    'Settings are read without the wiring',
    'lib/config.ts',
    ["import './http/origin.ts';", "import './users/address.ts';"],
    ["import './app.ts';", "import './auth.ts';"],
  ],
  ...['lib/deploy/new.mjs', 'lib/emulator/new.mjs'].map((file): (typeof RULES)[number] => [
    `${file} may read settings`,
    file,
    ["import '../config.ts';", "import '../core/service.ts';"],
    ["import '../app.ts';", "import '../db.ts';", "import '../cli/stage.ts';"],
  ]),
  [
    'Commands use the library as other programs do',
    'lib/cli/new.ts',
    ["import '../db.ts';", "import '../auth.ts';", "import '../operators/operators.ts';"],
    ["import '../app.ts';", "import '../config.ts';"],
  ],
  [
    'deploy/ does without the emulator',
    'lib/deploy/new.mjs',
    [],
    ["import '../emulator/table.mjs';"],
  ],
  [
    'No subject imports a file of lib/ itself',
    'lib/login/new.ts',
    [],
    [
      "import type { Config } from '../config.ts';",
      "import '../app.ts';",
      "import '../auth.ts';",
      "import '../db.ts';",
      "import '../index.ts';",
    ],
  ],
];

describe('lint', () => {
  it.each(RULES)('%s', async (_, file, allowed, forbidden) => {
    expect(await lint(file, allowed)).toEqual([]);
    expect((await lint(file, forbidden)).map(([line]) => line)).toEqual(forbidden);
  });

  it.each([
    ['lib/helpers/any.ts', 'helpers'],
    ['lib/helpers.ts', 'helpers.ts'],
    ['lib/helpers.mjs', 'helpers.mjs'],
  ])('asks for the place of %s', async (file, place) => {
    const line = 'export const any = 1;';
    expect(await lint(file, [line])).toEqual([
      [line, `Add ${place} to MAY_IMPORT in eslint.config.js.`],
    ]);
  });

  it('knows each folder and file of lib/, and no others', () => {
    const entries = readdirSync(join(ROOT, 'lib'), { withFileTypes: true });
    const places = entries.filter(
      (entry) => entry.isDirectory() || /\.[cm]?[jt]s$/.test(entry.name),
    );
    expect([...MAY_IMPORT.keys()].sort()).toEqual(
      ['handlers', ...places.map(({ name }) => name)].sort(),
    );
  });

  it('lets no two folders import each other', () => {
    for (const [place, others] of MAY_IMPORT) {
      for (const other of others.filter((each) => each !== place)) {
        expect(MAY_IMPORT.get(other), `${place} and ${other}`).not.toContain(place);
      }
    }
  });
});

describe('a new session', () => {
  const using = (pattern: RegExp): string[] =>
    readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
      .filter(
        (file) =>
          file.endsWith('.ts') && pattern.test(readFileSync(join(ROOT, 'lib', file), 'utf8')),
      )
      .sort();

  it('starts in login/finish, where every way to log in ends', () => {
    expect(using(/from '.*sessions\/start\.ts'/)).toEqual(['login/finish.ts']);
  });

  it('is made elsewhere only to replace one, and by a caller of the library', () => {
    expect(using(/\bnewSession\(/)).toEqual([
      'db.ts',
      'passwords/change.ts',
      'sessions/session.ts',
      'sessions/start.ts',
    ]);
  });
});

describe('serverless.yml', () => {
  const { service, params } = readServerless() as ReturnType<typeof readServerless> & {
    params: { default: Record<string, unknown>; local: Record<string, unknown> };
  };

  it('has the name that the library gives the service', () => {
    expect(SERVICE).toBe(service);
  });

  /** Not the key of the log, which each stack has its own of. */
  const defaults = Object.fromEntries(Object.entries(DEFAULTS).filter(([key]) => key !== 'logKey'));

  it('gives the stage local the defaults of the library', () => {
    expect({ ...params.default, ...params.local }).toMatchObject(defaults);
  });

  it('gives deployed stages the defaults of the library, with three exceptions', () => {
    expect(params.default).toMatchObject({
      ...defaults,
      passwordMinLength: 8,
      refuseCommonPasswords: true,
      failedLoginsPerSource: 100,
    });
  });
});
