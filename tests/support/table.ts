/**
 * Runs before each test file. Creates the file's own table, as serverless.yml defines it, and sets the
 * environment of a function of the stage `local`, but with a low cost of bcrypt.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { randomUUID } from 'node:crypto';
import { afterAll, expect, inject, vi } from 'vitest';
import { createTable } from '../../lib/emulator/table.mjs';
import { startLaggingIndex } from './lagging-index.ts';
import { keepLog } from './log.ts';
import { tableProperties } from './serverless.ts';

declare global {
  /** The environment of the worker before its first file. */
  var environment: NodeJS.ProcessEnv | undefined;
}

// A worker runs many files. Each file loads the service anew, for its own table and environment. Only
// packages in node_modules stay loaded, such as the SDK.
vi.resetModules();
globalThis.environment ??= { ...process.env };
for (const name of Object.keys(process.env)) {
  if (!(name in globalThis.environment)) Reflect.deleteProperty(process.env, name);
}

keepLog();
afterAll(() => {
  // No address, hash, session id or reset token may be logged, whatever a file tests.
  const secret = /@example\.com|\$2[aby]\$\d\d\$|[0-9a-f-]{36}\.[\w-]{43}/;
  expect(globalThis.logged.filter((line) => secret.test(JSON.stringify(line)))).toEqual([]);
});
const dynamodb = inject('dynamodb');
const indexLag = inject('indexLag');
let endpoint = dynamodb;
if (indexLag !== undefined) {
  const { url, stop } = await startLaggingIndex(dynamodb, indexLag);
  endpoint = url;
  afterAll(stop);
}

Object.assign(process.env, globalThis.environment, {
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_REGION: 'local',
  AWS_ENDPOINT_URL_DYNAMODB: endpoint,
  TABLE_NAME: `test-${randomUUID()}`,
  INSECURE: 'true',
  RESET_TOKEN_DELIVERY: 'response',
  MAIL_FROM: '',
  PASSWORD_RESET_PAGE: 'http://localhost:5173/reset-password',
  EMAIL_VERIFICATION_PAGE: 'http://localhost:5173/verify-email',
  MAIL_FUNCTION: 'user-authentication-local-sendMail',
  MAIL_EVENTS: 'false',
  MAIL_CONFIGURATION_SET: 'user-authentication-local',
  ALLOWED_ORIGINS: 'localhost',
  FAILED_LOGINS_PER_SOURCE: '0',
  PASSWORD_MIN_LENGTH: '1',
  REFUSE_COMMON_PASSWORDS: 'false',
  REFUSE_BREACHED_PASSWORDS: 'false',
  BCRYPT_COST: '4',
  REQUIRE_VERIFIED_EMAIL: 'false',
  COOKIE_SECURE: 'false',
  SESSION_COOKIES: 'session_id',
  SESSION_IDLE_SECONDS: '604800',
  SESSION_ABSOLUTE_SECONDS: '2592000',
  RESET_TOKEN_SECONDS: '3600',
  EMAIL_TOKEN_SECONDS: '86400',
  LOG_KEY: 'local',
  IMPORTED_PASSWORD_KEY: '',
  PRODUCT_NAME: '',
  LOGO_URL: '',
  HOME_URL: '',
  TERMS_URL: '',
  PRIVACY_URL: '',
  BRAND_COLOR: '',
  LANGUAGE: 'en',
});

const client = new DynamoDBClient({ endpoint: dynamodb });
await createTable(client, String(process.env['TABLE_NAME']), tableProperties());
client.destroy();
