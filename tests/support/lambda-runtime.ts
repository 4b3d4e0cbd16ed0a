/** Runs packaged functions as Lambda does: on its version of Node.js, with nothing but the zip. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { portOf } from '../../lib/emulator/ports.mjs';
import { run } from './emulator.ts';
import { readServerless } from './serverless.ts';

const BOOTSTRAP = fileURLToPath(new URL('bootstrap.mjs', import.meta.url));

/**
 * Gets the deployed version of Node.js from the npm registry, where the package `node` has it. It is not a
 * dependency of the project because it is large. npm keeps it in its cache.
 *
 * @returns the path of the executable
 */
export async function deployedNode(): Promise<string> {
  const version = /^nodejs(\d+)\.x$/.exec(readServerless().provider.runtime)?.[1];
  if (version === undefined)
    throw new Error('The runtime in serverless.yml is not a version of Node.js');
  const print = 'node -p process.execPath';
  const args = ['--yes', '--package', `node@${version}`, '--call', print];
  // Not in the project's folder, where npx would find the project's own packages first.
  const { stdout } = await promisify(execFile)('npx', args, { cwd: tmpdir() });
  return stdout.trim();
}

/** The error that a function reported to the Runtime API instead of an answer. */
export class FunctionError extends Error {
  /** `init` if the function did not start. */
  readonly phase: 'init' | 'invocation';

  constructor(phase: FunctionError['phase'], message: string) {
    super(message);
    this.phase = phase;
  }
}

export interface DeployedFunction {
  /** @throws FunctionError */
  invoke: (event: unknown) => Promise<unknown>;
  /** Everything that it has logged. */
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
 * Starts one environment of a function, which takes one event at a time, in its own process.
 *
 * @param node see deployedNode
 * @param folder the folder of the unpacked zip
 * @param handler the handler as in serverless.yml
 * @param env the complete environment; undefined values are left out
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
    if (!failed) fail(new FunctionError('init', `The process has ended: ${stderr}`));
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
