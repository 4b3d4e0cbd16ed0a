/** What a user does in the pages, and what gets lost on the way. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Locator, Page, Route } from 'playwright-core';
import { expect } from 'vitest';
import { it as test, type Seen, type Service } from '../support/pages.ts';
import { freshEmail } from '../support/shared.ts';

/** What a user does in a page, by the names that are the same in every language. */
export function handsOn(page: Page) {
  const field = (form: string, name: string): Locator => page.locator(`#${form} [name=${name}]`);
  return {
    field,
    /** Fills fields in, and presses the button, or the one with that name. */
    send: async (form: string, fields: Record<string, string> = {}, button = '') => {
      for (const [name, value] of Object.entries(fields)) await field(form, name).fill(value);
      const named = button === '' ? ':not([name])' : `[name=${button}]`;
      await page.locator(`#${form} button[type=submit]:not([value])${named}`).click();
    },
    /** Waits until the page says that something has worked. */
    told: () => page.locator('#status:not(:empty)').waitFor(),
    /** Waits until a form says why it was not sent. */
    refused: (form: string) => page.locator(`#${form} [role=alert]:not(:empty)`).waitFor(),
    /** Waits until a field is marked, has a text beside it that is read with it, and is focused. */
    wrong: async (form: string, name: string) => {
      const input = page.locator(`#${form} [name=${name}][aria-invalid=true]:focus`);
      await input.waitFor();
      const described = (await input.getAttribute('aria-describedby')) ?? '';
      const [error = ''] = described.split(' ').filter((id) => id.endsWith('-error'));
      expect(await page.locator(`[id="${error}"]`).innerText()).not.toBe('');
    },
    /** Waits until a page is there and its script has run. */
    arrived: async (name: string) => {
      await page.waitForURL((url) => url.pathname === `/account/${name}`);
      await page.locator('fieldset:not([disabled]), #incomplete:visible').first().waitFor();
    },
  };
}

export interface User {
  email: string;
  password: string;
}

/** A test with a browser and a user. */
export const it = test.extend<{ user: User }>({
  /** Has an account, and is not signed in. */
  user: async ({ service }, use) => {
    const user = { email: freshEmail('ann'), password: 'a long password' };
    const body = new URLSearchParams({ ...user });
    expect((await fetch(`${service.url}/users`, { method: 'POST', body })).status).toBe(200);
    await use(user);
  },
});

export async function signIn(page: Page, service: Service, user: User, query = ''): Promise<void> {
  const { send, arrived } = handsOn(page);
  await page.goto(service.account(`sign-in${query}`));
  await arrived('sign-in');
  await send('sign-in', { ...user });
  if (query === '') await arrived('settings');
}

/** Whether somebody can sign in with this password. */
export async function isPassword(service: Service, { email, password }: User): Promise<boolean> {
  const body = new URLSearchParams({ email, password });
  return (await fetch(`${service.url}/sessions`, { method: 'POST', body })).ok;
}

/** Has a mail sent, and returns the link in it. */
export async function askFor(
  service: Service,
  route: 'reset_password' | 'email_verification',
  user: User,
) {
  const body = new URLSearchParams({ email: user.email, delivery: 'email' });
  await fetch(`${service.url}/${route}`, { method: 'POST', body });
  return service.mailedLink(user.email);
}

/** Makes the links in the mails to a user as old as they may not be. */
export async function expireLinks({ dynamodbEnv }: Service, cookie: string): Promise<void> {
  const { TABLE_NAME: TableName, AWS_ENDPOINT_URL_DYNAMODB: endpoint = '' } = dynamodbEnv;
  const {
    AWS_REGION: region = '',
    AWS_ACCESS_KEY_ID = '',
    AWS_SECRET_ACCESS_KEY = '',
  } = dynamodbEnv;
  const documents = DynamoDBDocumentClient.from(
    new DynamoDBClient({
      endpoint,
      region,
      credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
    }),
  );
  const id = cookie.split('.')[0];
  const set = (item: string, attribute: string) =>
    documents.send(
      new UpdateCommand({
        TableName,
        Key: { id, item },
        UpdateExpression: 'SET #attribute = :past',
        ConditionExpression: 'attribute_exists(#attribute)',
        ExpressionAttributeNames: { '#attribute': attribute },
        // Not so long ago that DynamoDB Local deletes it.
        ExpressionAttributeValues: { ':past': Math.floor(Date.now() / 1000) - 1 },
      }),
    );
  const { Items = [] } = await documents.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: 'id = :id AND begins_with(#item, :token)',
      ExpressionAttributeNames: { '#item': 'item' },
      ExpressionAttributeValues: { ':id': id, ':token': 'email_token#' },
    }),
  );
  expect(Items).toHaveLength(1);
  await set(String(Items[0]?.['item']), 'expires_at');
  await set('user', 'reset_token_expires_at');
}

/** Counts the requests of pages to a route. */
export function count({ requests }: Seen, path: string): number {
  return requests.filter((url) => new URL(url).pathname === path).length;
}

/** Takes out what the browser says about an answer that a test has lost. */
export function forgive(seen: Seen): void {
  seen.faults = seen.faults.filter((fault) => !fault.includes('net::ERR_FAILED'));
}

/** The service does what it is asked, and its answer gets lost. */
export async function loseAnswer(route: Route): Promise<void> {
  await route.fetch({ maxRedirects: 0 });
  await route.abort();
}
