/** What `npm start` says when it cannot start. */
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../lib/emulator/ports.mjs';
import { readPort } from '../../lib/emulator/settings.mjs';
import { copyUnbundled, npmStart, ROOT, runServerless, type Options } from '../support/emulator.ts';

/** The discard service's port: nothing answers. */
const NO_DYNAMODB = { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9' };

describe('an emulator that cannot start says why in one sentence', () => {
  const server = createServer();
  let folder: string;
  let project: string;
  let busy: string;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'refused-')));
    await writeFile(join(folder, 'file'), '');
    project = join(folder, 'project');
    await copyUnbundled(project);
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    busy = String((server.address() as AddressInfo).port);
  });

  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  const cases: Record<string, [RegExp, () => Options]> = {
    'when there is no Java': [
      /Java 17 .* install/,
      () => ({
        env: {
          PATH: folder,
          JAVA_HOME: undefined,
          // Nothing can be downloaded into a folder below a file.
          DYNAMODB_LOCAL_JAVA_CACHE: join(folder, 'file', 'java'),
        },
      }),
    ],
    'when its port is in use': [
      /^Port \d+ .* in use: choose/,
      () => ({ env: { PORT: busy }, cwd: ROOT }),
    ],
    'when its Lambda port is in use': [
      /^Port \d+ .* in use: choose another, for example npm start -- --lambdaPort=3003/,
      () => ({ args: [...npmStart(), `--lambdaPort=${busy}`] }),
    ],
    'when the given DynamoDB does not answer': [
      /^The DynamoDB at .* AWS_ENDPOINT_URL_DYNAMODB/,
      () => ({ env: NO_DYNAMODB }),
    ],
    // Settings are read before DynamoDB is asked.
    'when a setting is wrong': [
      /^The setting bcryptCost is "99", .* whole number/,
      () => ({ args: [...npmStart(), '--param=bcryptCost=99'], env: NO_DYNAMODB, cwd: ROOT }),
    ],
    'when it has the settings of a deployment': [
      /^The setting mailFrom is ""/,
      () => ({ args: ['offline', '--stage', 'prod'], env: NO_DYNAMODB }),
    ],
    'when a setting is misspelt': [
      /^There is no setting bcryptCots\.$/m,
      () => ({ args: [...npmStart(), '--param=bcryptCots=10'], env: NO_DYNAMODB }),
    ],
  };

  it.concurrent.for(Object.entries(cases))('%s', async ([, [sentence, given]]) => {
    const { env, args = npmStart(), cwd = project } = given();
    const port = String(await freePort());
    const { exited } = runServerless(args, { env: { PORT: port, ...env }, cwd });
    const { status, stdout, stderr } = await exited;
    expect(stderr).toMatch(/^[A-Z][^\n]*\.\n$/);
    expect(stderr).toMatch(sentence);
    expect(stdout).toBe('');
    expect(status).toBe(1);
  });

  it.for([
    [/^PORT is "http", .* from 1 to 65535\.$/, 'http'],
    [/^PORT is "0", /, '0'],
    [/^PORT is "65536", /, '65536'],
    [/^PORT is "3000 ", /, '3000 '],
    [/^The option lambdaPort is "x", .* from 1 to 65535\.$/, 'x', 'The option lambdaPort'],
  ] as const)('when a port is no port: %s', ([sentence, value, name]) => {
    expect(() => readPort(value, name)).toThrow(sentence);
  });
});
