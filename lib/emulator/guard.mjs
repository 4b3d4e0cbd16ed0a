/**
 * Runs a command and ends it when standard input closes: `node guard.mjs <command> <argument>...`
 *
 * Whoever starts it holds the other end of that pipe. However that process ends, kill -9 included,
 * the system closes the pipe, and the command does not outlive it.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';

const GRACE_MS = 1000;

const [command = '', ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });

child.on('error', (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on('exit', (code) => process.exit(code ?? 1));

process.stdin.on('end', stop).on('error', stop).resume();
// A terminal sends these to the command as well; the guard goes when the command has gone.
process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);

function stop() {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
}
