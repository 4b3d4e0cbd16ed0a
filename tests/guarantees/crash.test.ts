/** DynamoDB is killed under load and restarted with what is on its disk. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { startDynamoDBLocal } from '../../lib/emulator/dynamodb-local.mjs';
import { createTable } from '../../lib/emulator/table.mjs';
import { createLibrary, scanTable, tableName } from '../support/library.ts';
import { tableProperties } from '../support/serverless.ts';

const CRASHES = 2;
const WRITERS = 4;

const path = await mkdtemp(join(tmpdir(), 'crash-'));
let database = await startDynamoDBLocal({ path });
const { endpoint, port } = database;

afterAll(async () => {
  await database.stop();
  await rm(path, { recursive: true });
});

/** Kills the Java process, which is the child of the guard. */
async function crash(): Promise<void> {
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(database.pid)]);
  process.kill(Number(stdout), 'SIGKILL');
  await database.stop();
}

it('no crash of DynamoDB leaves incomplete data, and the service continues', async () => {
  const client = new DynamoDBClient({ endpoint });
  await createTable(client, tableName, tableProperties());
  // Does not retry, as any call may meet a dead database.
  const hasty = new DynamoDBClient({ endpoint, maxAttempts: 1 });
  const { auth } = createLibrary({ client: hasty });
  let registered = 0;
  let refused = 0;
  let running = true;

  const writers = Array.from({ length: WRITERS }, async (_, writer) => {
    for (let i = 0; running; i++) {
      const email = `writer${String(writer)}-${String(i)}@example.com`;
      try {
        await auth.registerUser(email, 'pwd');
        registered++;
        await auth.updatePassword(await auth.getResetPasswordToken(email), 'new');
        await auth.logIn(email, 'new');
      } catch (error) {
        // The call met the crash, or the crash lost the account: DynamoDB Local confirms a write
        // before it is on disk.
        expect(error).toMatchObject({
          code: expect.stringMatching(/^(unavailable|user_not_found|bad_reset_token)$/),
        });
        refused++;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  });

  for (let crashes = 0; crashes < CRASHES; crashes++) {
    const before = registered;
    await expect.poll(() => registered - before, { timeout: 20_000 }).toBeGreaterThan(10);
    await crash();
    database = await startDynamoDBLocal({ path, port });
  }
  const before = registered;
  await expect.poll(() => registered - before, { timeout: 20_000 }).toBeGreaterThan(10);
  running = false;
  await Promise.all(writers);
  expect(refused).toBeGreaterThan(0);

  const items = await scanTable(DynamoDBDocumentClient.from(client));
  const users = items.filter(({ item }) => item === 'user');
  const markers = items.filter(({ item }) => item === 'marker');
  expect(users.length).toBeGreaterThan(0);
  const pairs = (list: Record<string, unknown>[], address: string, user: string) =>
    list.map((item) => `${String(item[address])} ${String(item[user])}`).sort();
  expect(pairs(markers, 'id', 'user_id')).toEqual(
    pairs(users, 'email', 'id').map((pair) => `email#${pair}`),
  );
  for (const user of users) {
    // A token and its expiry are written and removed together. Redeeming a token raises the epoch.
    expect('reset_token' in user).toBe('reset_token_expires_at' in user);
    expect(user['session_epoch']).toBeLessThanOrEqual(1);
  }
}, 120_000);
