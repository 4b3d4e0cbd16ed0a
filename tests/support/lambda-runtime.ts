/** Runs packaged functions as Lambda runs them: on its version of Node, with nothing but the zip. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { portOf } from '../../lib/emulator/mailbox.mjs';
import { run } from './emulator.ts';
import { readServerless } from './serverless.ts';

const BOOTSTRAP = fileURLToPath(new URL('bootstrap.mjs', import.meta.url));

/**
 * The deployed version of Node, from the npm registry: a package of that name holds it. No
 * dependency of the project, as it is large and npm keeps it once for all that ask like this.
 *
 * @returns its path
 */
export async function deployedNode(): Promise<string> {
  const version = /^nodejs(\d+)\.x$/.exec(readServerless().provider.runtime)?.[1];
  if (version === undefined) throw new Error('The runtime in serverless.yml is none of Node');
  const print = 'node -p process.execPath';
  const args = ['--yes', '--package', `node@${version}`, '--call', print];
  // Elsewhere: in the project's folder npx would find the project's own packages first.
  const { stdout } = await promisify(execFile)('npx', args, { cwd: tmpdir() });
  return stdout.trim();
}

/** What the Runtime API was told of an event that was not answered. */
export class FunctionError extends Error {
  /** `init`: it did not start. */
  readonly phase: 'init' | 'invocation';

  constructor(phase: FunctionError['phase'], message: string) {
    super(message);
    this.phase = phase;
  }
}

export interface DeployedFunction {
  /** @throws FunctionError */
  invoke: (event: unknown) => Promise<unknown>;
  /** All that it has logged. */
  log: () => string;
  stop: () => Promise<void>;
}

interface Invocation {
  id: string;
  event: unknown;
  resolve: (result: unknown) => void;
  reject: (error: FunctionError) => void;
}

/**
 * Starts one environment of a function, which takes one event at a time, in a process of its own.
 *
 * @param node see deployedNode
 * @param folder of its unpacked zip
 * @param handler as serverless.yml has it
 * @param env the whole of it; undefined is left out
 */
export async function startFunction(
  node: string,
  folder: string,
  handler: string,
  env: Record<string, string | undefined>,
): Promise<DeployedFunction> {
  const waiting: Invocation[] = [];
  let underWay: Invocation | undefined;
  let failed: FunctionError | undefined;
  const asleep = (): void => undefined;
  let wake = asleep;

  const fail = (error: FunctionError) => {
    failed = error;
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  const api = createServer((incoming, outgoing) => {
    const [action, id] = (incoming.url ?? '').split('/').slice(-2).reverse();
    if (action === 'next') {
      wake = () => {
        underWay = waiting.shift();
        if (!underWay) return;
        wake = asleep;
        outgoing
          .setHeader('lambda-runtime-aws-request-id', underWay.id)
          .end(JSON.stringify(underWay.event));
      };
      wake();
      return;
    }
    void json(incoming).then((body) => {
      outgoing.writeHead(202).end();
      const { errorMessage } = (body ?? {}) as { errorMessage?: string };
      if (id === 'init') fail(new FunctionError('init', String(errorMessage)));
      else if (action === 'error')
        underWay?.reject(new FunctionError('invocation', String(errorMessage)));
      else underWay?.resolve(body);
    });
  });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');

  const nothing = Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]));
  const child = run(node, [BOOTSTRAP], {
    cwd: folder,
    env: {
      ...nothing,
      ...env,
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${String(portOf(api))}`,
      LAMBDA_TASK_ROOT: folder,
      _HANDLER: handler,
    },
  });
  void child.exited.then(({ stderr }) => {
    if (!failed) fail(new FunctionError('init', `It has ended: ${stderr}`));
  });
  return {
    invoke: (event) =>
      new Promise((resolve, reject) => {
        if (failed) reject(failed);
        else waiting.push({ id: randomUUID(), event, resolve, reject });
        wake();
      }),
    log: () => child.output() + child.stderr(),
    stop: async () => {
      await child.stop('SIGKILL');
      api.closeAllConnections();
      api.close();
    },
  };
}
