/**
 * What operators do with accounts: see the README, "For operators".
 *
 * Prints a JSON object. Exits 0 when it is done, or was so already; 1 when not, as when there is no
 * such user; 2 when it is not to be understood.
 */
import { parseArgs } from 'node:util';
import { OperatorDB } from '../operator-db.ts';
import { Operators } from '../operators.ts';
import { run, UsageError } from './command.ts';
import { confirm } from './confirm.ts';
import { readTableName, TABLE_OPTIONS, whoAmI } from './stage.ts';

const USAGE =
  'Say what to do, and with whom: npm run users -- show|disable|enable|sign-out|delete ' +
  '<email, id or session>, or find-session <session>, and ' +
  '[--stage <stage>] [--table <name>] [--region <region>] [--reason <why>] [--yes]';

/** @returns what is printed */
type Command = (operators: Operators, subject: string, yes: boolean) => Promise<object>;

const COMMANDS: Record<string, Command> = {
  show: async (operators, subject) => {
    const id = await operators.idOf(subject);
    return { id, ...(await operators.show(id)) };
  },

  disable: async (operators, subject) => {
    const id = await operators.idOf(subject);
    const changed = await operators.disable(id);
    say(changed ? 'Disabled: no session and no password is good.' : 'Disabled already.');
    return { id, changed };
  },

  enable: async (operators, subject) => {
    const id = await operators.idOf(subject);
    const changed = await operators.enable(id);
    say(changed ? 'Enabled: the password is good again.' : 'Not disabled.');
    return { id, changed };
  },

  'sign-out': async (operators, subject) => {
    const id = await operators.idOf(subject);
    await operators.signOut(id);
    say('Every session has ended.');
    return { id, changed: true };
  },

  delete: async (operators, subject, yes) => {
    const user = await operators.findUser(subject);
    const { id, email } = user;
    const question = `This deletes ${email} (${id}), which cannot be undone. Type the email: `;
    if (!yes && !(await confirm(question, email))) {
      throw new Error('That is not the email: nothing was deleted.');
    }
    await operators.deleteUser(user);
    say('Deleted.');
    return { id, email, changed: true };
  },

  'find-session': async (operators, subject) => operators.findSession(subject),
};

await run(async (args) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...TABLE_OPTIONS,
      reason: { type: 'string' },
      yes: { type: 'boolean', default: false },
    },
  });
  const [name = '', subject, ...others] = positionals;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command || subject === undefined || others.length > 0) throw new UsageError(USAGE);
  const db = new OperatorDB({ tableName: await readTableName(values) });
  const { reason } = values;
  const operators = new Operators(db, {
    actor: await whoAmI(),
    ...(reason !== undefined && { reason }),
  });
  const result = await command(operators, subject, values.yes);
  console.log(JSON.stringify(result, withTimes, 2));
  return 0;
});

/** Times are epoch seconds; here they are for people, too. */
function withTimes(key: string, value: unknown): unknown {
  const isTime = typeof value === 'number' && /^(?:.*_)?at$/.test(key);
  return isTime ? new Date(value * 1000).toISOString() : value;
}

function say(text: string): void {
  console.error(text);
}
