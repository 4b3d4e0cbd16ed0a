/**
 * Shows and changes accounts, for operators. See lib/cli/README.md. Prints a JSON object.
 *
 * Exit status 0: done, or there was nothing to do. 1: failed, for example because no such user
 * exists. 2: wrong usage.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { parseArgs } from 'node:util';
import { DB } from '../db.ts';
import type { App } from '../db/context.ts';
import type { UserItem } from '../db/items.ts';
import type { Actor } from '../operators/audit.ts';
import {
  cancelEmailChange,
  deleteSubject,
  disableUser,
  enableUser,
  findSessionOf,
  findSubject,
  idOf,
  purgeUnverified,
  showUser,
  signOutUser,
  unlockUser,
  unmarkUser,
} from '../operators/operators.ts';
import { GIVES_WAY, givesWay } from '../users/user.ts';
import { isEntry, run, UsageError, withHelp, type Io } from './command.ts';
import { confirm } from './confirm.ts';
import { scanUsers } from './scan-users.ts';
import { createClient, findOperator, findTableName, TABLE_OPTIONS } from './stage.ts';

const USAGE =
  'Usage: npm run users -- show|disable|enable|sign-out|unlock|unmark|cancel-email-change|delete ' +
  '<email, id or session>, or find-session <session>, ' +
  'or purge-unverified --older-than <days>d [--write]; ' +
  'options: [--stage <stage>] [--table <name>] [--region <region>] [--reason <why>], ' +
  'and --yes for delete';

/** The options that every command takes. */
const COMMON = [...Object.keys(TABLE_OPTIONS), 'reason'];

/** The other options of commands that have some. */
const OPTIONS: Record<string, string[]> = {
  delete: ['yes'],
  'purge-unverified': ['older-than', 'write'],
};

interface Asked {
  app: App;
  by: Actor;
  /** An email, a user's id, or a session's id. */
  subject: string;
  yes: boolean;
  io: Io;
}

/** Returns what is printed. */
type Action = (asked: Asked) => Promise<object>;

const ACTIONS: Record<string, Action> = {
  show: async ({ app, by, subject }) => {
    const id = await idOf(app, subject);
    return { id, ...(await showUser(app, id, by)) };
  },

  disable: async ({ app, by, subject, io }) => {
    const id = await idOf(app, subject);
    const changed = await disableUser(app, id, by);
    io.err(
      changed
        ? 'Disabled. All sessions have ended, and the user cannot log in.\n'
        : 'Already disabled.\n',
    );
    return { id, changed };
  },

  enable: async ({ app, by, subject, io }) => {
    const id = await idOf(app, subject);
    const changed = await enableUser(app, id, by);
    io.err(changed ? 'Enabled. The user can log in again.\n' : 'Already enabled.\n');
    return { id, changed };
  },

  'sign-out': async ({ app, by, subject, io }) => {
    const id = await idOf(app, subject);
    await signOutUser(app, id, by);
    io.err('All sessions have ended.\n');
    return { id, changed: true };
  },

  unlock: async ({ app, by, subject, io }) => {
    const user = await findSubject(app, subject);
    await unlockUser(app, user.id, by);
    io.err('Unlocked. The user can try passwords again.\n');
    return { id: user.id, changed: true };
  },

  unmark: async ({ app, by, subject, io }) => {
    const id = await idOf(app, subject);
    await unmarkUser(app, id, by);
    io.err('Unmarked. Mail is sent to the address again.\n');
    return { id, changed: true };
  },

  'cancel-email-change': async ({ app, by, subject, io }) => {
    const id = await idOf(app, subject);
    const changed = await cancelEmailChange(app, id, by);
    io.err(changed ? 'The email stays the same.\n' : 'No change of email was pending.\n');
    return { id, changed };
  },

  delete: async ({ app, by, subject, yes, io }) => {
    const user = await findSubject(app, subject);
    const { id, email } = user;
    const question = `This deletes the user ${email} (${id}) for good. Type the email to confirm: `;
    if (!yes && !(await confirm(question, email, io))) {
      throw new Error('The email does not match: nothing was deleted.');
    }
    await deleteSubject(app, user, by);
    io.err('Deleted.\n');
    return { id, email, changed: true };
  },

  'find-session': async ({ app, by, subject }) => findSessionOf(app, subject, by),
};

const DAY_IN_SECONDS = 24 * 60 * 60;

/**
 * Finds the users who registered at least that long ago, never verified the email, and are not
 * disabled.
 */
async function* findUnverified(client: DynamoDBClient, { table, now }: App, days: number) {
  const until = now() - days * DAY_IN_SECONDS;
  const names = ['id', 'email', 'session_epoch', 'created_at', 'updated_at'];
  for await (const users of scanUsers(client, table.name, [...names, ...GIVES_WAY.missing])) {
    for (const user of users as UserItem[]) {
      if (givesWay(user) && user.created_at <= until) yield user;
    }
  }
}

/** Deletes them or, without `write`, says who they are. */
async function purge(
  client: DynamoDBClient,
  { app, by, days, write }: { app: App; by: Actor; days: number; write: boolean },
): Promise<object> {
  const result = { written: write, users: [] as object[], changed_meanwhile: 0 };
  for await (const user of findUnverified(client, app, days)) {
    const { id, email, created_at } = user;
    if (write && !(await purgeUnverified(app, user, by))) result.changed_meanwhile++;
    else result.users.push({ id, email, created_at });
  }
  return result;
}

/** @throws UsageError */
function readDays(text: string | undefined): number {
  const [, days] = /^([1-9]\d{0,4})d$/.exec(text ?? '') ?? [];
  if (days === undefined) throw new UsageError('Give an age in days: --older-than 30d.');
  return Number(days);
}

/** Does one thing to one user, or to the users who never verified their email. */
export const main = withHelp(USAGE, async (args, io) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...TABLE_OPTIONS,
      reason: { type: 'string' },
      yes: { type: 'boolean' },
      'older-than': { type: 'string' },
      write: { type: 'boolean' },
    },
  });
  const [name = '', subject, ...others] = positionals;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  const isPurge = name === 'purge-unverified' && subject === undefined;
  if (!isPurge && (!action || subject === undefined || others.length > 0)) {
    throw new UsageError(USAGE);
  }
  const taken = [...COMMON, ...(OPTIONS[name] ?? [])];
  const other = Object.keys(values).find((option) => !taken.includes(option));
  if (other !== undefined) throw new UsageError(`${name} takes no --${other}. ${USAGE}`);
  const { reason, yes = false, write = false, 'older-than': age, ...options } = values;
  const days = isPurge ? readDays(age) : 0;
  const place = { ...options, env: io.env };
  const client = createClient(place);
  const { app } = new DB({ tableName: await findTableName(place), client });
  const by = { actor: await findOperator(place), ...(reason !== undefined && { reason }) };
  const result =
    action && subject !== undefined
      ? await action({ app, by, subject, yes, io })
      : await purge(client, { app, by, days, write });
  if (isPurge && !write) io.err('Nothing was deleted. Add --write to delete these users.\n');
  io.out(`${JSON.stringify(result, withTimes, 2)}\n`);
  return 0;
});

/** Writes times, which are epoch seconds, as dates that people can read. */
function withTimes(key: string, value: unknown): unknown {
  const isTime = typeof value === 'number' && /^(?:.*_)?at$/.test(key);
  return isTime ? new Date(value * 1000).toISOString() : value;
}

if (isEntry(import.meta.url)) await run(main);
