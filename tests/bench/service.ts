/** Runs the packaged functions behind a plain HTTP server, with their own DynamoDB Local. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { fileURLToPath } from 'node:url';
import { startDynamoDBLocal } from '../../lib/emulator/dynamodb-local.mjs';
import { createTable } from '../../lib/emulator/table.mjs';
import { run } from '../support/emulator.ts';
import { tableProperties } from '../support/serverless.ts';
import { functions, type Env, type Stage } from './stage.ts';

export interface Service {
  url: string;
  /** The URL of a server that only answers. */
  plain: string;
  stop: () => Promise<void>;
}

export async function startService(stage: Stage, settings: Env): Promise<Service> {
  const database = await startDynamoDBLocal();
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const { endpoint } = database;
  const client = new DynamoDBClient({ endpoint, region: 'local', credentials });
  await createTable(client, 'users', tableProperties());
  client.destroy();

  const files = Object.entries(functions).flatMap(([name, { events = [] }]) =>
    events.map(({ httpApi }) => [httpApi, stage.bundle(name)]),
  );
  const adapter = run(
    stage.node,
    [
      fileURLToPath(new URL('adapter.mjs', import.meta.url)),
      JSON.stringify(Object.fromEntries(files)),
    ],
    {
      env: {
        ...{ ...stage.env, AWS_ENDPOINT_URL_DYNAMODB: endpoint, LOG_LEVEL: 'SILENT' },
        ...settings,
      },
    },
  );
  await Promise.race([adapter.printed(']\n'), adapter.exited]);
  const [url, plain] = (JSON.parse(adapter.output()) as number[]).map(
    (port) => `http://127.0.0.1:${String(port)}`,
  ) as [string, string];
  return {
    url,
    plain,
    stop: async () => {
      await adapter.stop();
      await database.stop();
    },
  };
}

export const PASSWORD = 'twelve little lambs';

export interface Timed {
  ms: number;
  status: number;
  cookie: string;
}

/** Sends a request and waits for the complete answer. */
export async function send(
  url: string,
  route: string,
  fields?: Record<string, string>,
  cookie = '',
): Promise<Timed> {
  const [method = '', path = ''] = route.split(' ');
  const start = performance.now();
  const response = await fetch(new URL(path, url), {
    ...{ method, headers: { cookie } },
    ...(fields && { body: new URLSearchParams(fields) }),
  });
  await response.arrayBuffer();
  return {
    ms: performance.now() - start,
    status: response.status,
    cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '',
  };
}
