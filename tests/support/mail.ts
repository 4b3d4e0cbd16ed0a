/** What stands in for the AWS services behind a mail, each on the loopback interface. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { startSes } from '../../lib/emulator/mailbox.mjs';
import { portOf } from '../../lib/emulator/ports.mjs';
import type { MailRequest } from '../../lib/mail/dispatch.ts';

/** A server that a test can put out of reach. */
interface Reachable {
  url: string;
  up: () => Promise<void>;
  down: () => Promise<void>;
}

export interface SentMail {
  from: string;
  destination: { to: string[]; cc: string[]; bcc: string[] };
  subject: string;
  body: { text: string; html: string };
}

export interface Mailbox extends Reachable {
  /** The mails to an address, in the order in which they were sent. */
  mailsTo: (address: string) => Promise<SentMail[]>;
}

/** Takes what SES takes, and sends nothing. */
export async function startMailbox(): Promise<Mailbox> {
  const server = reachable(await startSes());
  return { ...server, mailsTo: (address) => mailsTo(server.url, address) };
}

/** @param url of the stand-in for SES */
export async function mailsTo(url: string, address: string): Promise<SentMail[]> {
  const { emails } = (await (await fetch(`${url}/store`)).json()) as { emails: SentMail[] };
  return emails.filter(({ destination }) => destination.to.includes(address));
}

export interface Invocation {
  functionName: string;
  /** `Event` is asynchronous. */
  type: unknown;
  payload: MailRequest;
}

export interface Lambda extends Reachable {
  /** The invocations since the last time that this was asked. */
  invocations: () => Invocation[];
}

/** Takes invocations as Lambda does, and makes none: that is the test's to do. */
export async function startLambda(): Promise<Lambda> {
  const invocations: Invocation[] = [];
  const server = createServer((incoming, outgoing) => {
    void json(incoming).then((payload) => {
      const path = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(incoming.url ?? '');
      invocations.push({
        functionName: String(path?.[1]),
        type: incoming.headers['x-amz-invocation-type'],
        payload: payload as MailRequest,
      });
      outgoing.writeHead(202).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { ...reachable(server), invocations: () => invocations.splice(0) };
}

function reachable(server: Server): Reachable {
  const port = portOf(server);
  return {
    url: `http://127.0.0.1:${String(port)}`,
    up: async () => {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    down: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
