import { describe, expect, it } from 'vitest';
import type { Command } from '../../../lib/cli/command.ts';
import { main as openapi } from '../../../lib/cli/openapi.ts';
import { main as smoke } from '../../../lib/cli/smoke.ts';
import { main as exportUsers } from '../../../lib/cli/users-export.ts';
import { main as importUsers } from '../../../lib/cli/users-import.ts';
import { main as users } from '../../../lib/cli/users.ts';
import { runCommand } from '../../support/cli.ts';

const COMMANDS: Record<string, Command> = {
  users,
  'users:import': importUsers,
  'users:export': exportUsers,
  smoke,
  openapi,
};

describe.each(Object.entries(COMMANDS))('npm run %s', (name, command) => {
  it.each([['--help'], ['-h'], ['show', '--help']])(
    'prints its usage when asked: %s',
    async (...args) => {
      const { status, stdout, stderr } = await runCommand(command, args);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toContain(`npm run ${name} `);
    },
  );

  it('takes what follows -- for no option', async () => {
    const { stdout } = await runCommand(command, ['--', '--help', 'x', 'y']);
    expect(stdout).toBe('');
  });
});

describe('a command', () => {
  it('prints no character that controls a terminal, and no invisible one', async () => {
    const texts = [
      '\u009b31m',
      '\u001b]0;x\u0007',
      '\u007f',
      '\r',
      '\u202e',
      '\u2028',
      '\u{e0041}',
    ];
    const printed: Command = (_, io) => {
      for (const text of texts) io.out(`${text}\n`);
      io.err('\u009b\tstays\n');
      return Promise.reject(new Error('no \u009b'));
    };
    const { stdout, stderr } = await runCommand(printed, []);
    expect(stdout).toBe(
      [
        '\\u009b31m',
        '\\u001b]0;x\\u0007',
        '\\u007f',
        '\\u000d',
        '\\u202e',
        '\\u2028',
        '\\udb40\\udc41',
        '',
      ].join('\n'),
    );
    expect(stderr).toBe('\\u009b\tstays\nno \\u009b\n');
  });

  it('prints JSON that says the same as before', async () => {
    const value = { user_agent: '\u009b\u202e\u{e0041}', name: 'Zoë 😀 名' };
    const printed: Command = (_, io) => {
      io.out(JSON.stringify(value));
      return Promise.resolve(0);
    };
    const { stdout } = await runCommand(printed, []);
    expect(JSON.parse(stdout)).toEqual(value);
    expect(stdout).toContain('Zoë 😀 名');
  });
});
