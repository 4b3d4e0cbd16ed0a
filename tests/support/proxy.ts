/**
 * A proxy between the SDK and DynamoDB Local, on the loopback interface. An interceptor decides what
 * happens to each call.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { once } from 'node:events';
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Attributes by name, in DynamoDB's JSON. */
export type Values = Record<string, AttributeValue>;

/** The parameters of a call that the tests read. */
export interface Input {
  TableName?: string;
  ConsistentRead?: boolean;
  IndexName?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Values;
  Item?: Values;
  Key?: Values;
  RequestItems?: Record<string, { ConsistentRead?: boolean; Keys: Values[] }>;
  TransactItems?: Record<string, Input>[];
}

export interface Call {
  /** Such as `GetItem`. */
  operation: string;
  input: Input;
}

/** Returns the kind of an item, such as `user`, `session`, `marker` or `attempts`. */
function itemOf({ item }: Values): string {
  return String(item?.S).replace(/#.*/, '');
}

/** Describes a call in one line, such as `GetItem user` or `Query email-index`. */
export function nameOf({ operation, input }: Call): string {
  const { IndexName, Item, Key, RequestItems, TransactItems } = input;
  const keys = Object.values(RequestItems ?? {}).flatMap(({ Keys }) => Keys);
  const writes = TransactItems?.flatMap((write) =>
    Object.entries(write).map(([verb, each]) => `${verb} ${itemOf(each.Key ?? each.Item ?? {})}`),
  );
  const items = [...[Item, Key].filter((each) => each !== undefined), ...keys].map(itemOf);
  return [operation, IndexName, [...items, ...(writes ?? [])].join(' + ')]
    .filter((part) => part !== undefined && part !== '')
    .join(' ');
}

export interface Reply {
  status: number;
  headers?: IncomingHttpHeaders;
  body: Buffer | string;
}

/**
 * Decides what happens to a call.
 *
 * @param forward makes the call and returns DynamoDB's reply
 * @returns the reply to the SDK; undefined closes the connection without a reply
 */
export type Interceptor = (call: Call, forward: () => Promise<Reply>) => Promise<Reply | undefined>;

export interface Proxy {
  url: string;
  stop: () => Promise<void>;
}

/**
 * Starts the proxy.
 *
 * @param target the URL of DynamoDB Local
 */
export async function startProxy(target: string, intercept: Interceptor): Promise<Proxy> {
  async function answer(incoming: IncomingMessage): Promise<Reply | undefined> {
    const body = await buffer(incoming);
    const operation = String(incoming.headers['x-amz-target']).replace(/^.*\./, '');
    const call = { operation, input: JSON.parse(body.toString()) as Input };
    return intercept(call, () => forward(target, incoming.headers, body));
  }

  const server = createServer((incoming, outgoing) => {
    answer(incoming).then(
      (reply) => {
        if (reply) outgoing.writeHead(reply.status, reply.headers).end(reply.body);
        else outgoing.destroy();
      },
      (error: unknown) => outgoing.destroy(error as Error),
    );
  });
  // Idle connections stay open: on a busy machine, clients would use them just as they are closed.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function forward(target: string, headers: IncomingHttpHeaders, body: Buffer): Promise<Reply> {
  const outgoing = request(target, { method: 'POST', headers });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 500, headers: answer.headers, body: await buffer(answer) };
}

/** Creates a reply in DynamoDB's format. */
export function reply(status: number, body: object): Reply {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify(body),
  };
}

/**
 * Holds the calls of one kind until a number of them have arrived. All other calls pass.
 *
 * @param name see nameOf
 * @param parties the number of calls
 */
export function gate(name: string, parties: number): Interceptor {
  const waiting: (() => void)[] = [];
  return async (call, forward) => {
    if (nameOf(call) === name && waiting.length < parties) {
      await new Promise<void>((open) => {
        waiting.push(open);
        if (waiting.length === parties) for (const each of waiting) each();
      });
    }
    return forward();
  };
}

/**
 * Orders two calls of different kinds: waits until both have arrived, makes the first one, and makes the
 * held one only after the first one was answered. All other calls pass.
 *
 * @param held the call that waits, see nameOf
 * @param first the call that is made first, see nameOf
 */
export function hold(held: string, first: string): Interceptor {
  const arrived = signal();
  const answered = signal();
  return async (call, forward) => {
    if (nameOf(call) === held) {
      arrived.give();
      await answered.given;
    }
    if (nameOf(call) === first) await arrived.given;
    const answer = await forward();
    if (nameOf(call) === first) answered.give();
    return answer;
  };
}

function signal(): { give: () => void; given: Promise<void> } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { give, given };
}
