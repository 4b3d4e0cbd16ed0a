/** Replaces the parts of AWS that commands use: STS and CloudFormation. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface FakeAws {
  /** The variables with which the SDK finds it. */
  env: Record<string, string>;
  stop: () => Promise<void>;
}

/**
 * Starts it.
 *
 * @param arn the identity of every caller
 * @param tables the name of the table of each stack; other stacks do not exist
 */
export async function startAws(arn: string, tables: Record<string, string>): Promise<FakeAws> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const {
        Action,
        StackName = '',
        LogicalResourceId,
      } = Object.fromEntries(new URLSearchParams(body)) as Record<string, string>;
      const answer = (result: string): string =>
        `<${String(Action)}Response><${String(Action)}Result>${result}</${String(Action)}Result></${String(Action)}Response>`;
      response.setHeader('content-type', 'text/xml');
      if (Action === 'GetCallerIdentity') {
        response.end(answer(`<Arn>${arn}</Arn>`));
      } else if (LogicalResourceId === 'UsersTable' && Object.hasOwn(tables, StackName)) {
        const detail = `<PhysicalResourceId>${String(tables[StackName])}</PhysicalResourceId>`;
        response.end(answer(`<StackResourceDetail>${detail}</StackResourceDetail>`));
      } else {
        const message = `Stack '${StackName}' does not exist`;
        const error = `<Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message>`;
        response.statusCode = 400;
        response.end(`<ErrorResponse><Error>${error}</Error></ErrorResponse>`);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    env: { AWS_ENDPOINT_URL_STS: url, AWS_ENDPOINT_URL_CLOUDFORMATION: url },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
