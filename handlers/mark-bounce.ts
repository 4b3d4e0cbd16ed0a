import type { Context } from 'aws-lambda';
import { app } from '../lib/app.ts';
import { logError, withContext } from '../lib/core/log.ts';
import { takeMailEvent } from '../lib/mail/undeliverable.ts';

/**
 * No route: EventBridge invokes it with each event about a mail of this stage that bounced or was
 * reported as spam (lib/deploy/mail-events.yml). It throws if the address was not marked; Lambda then
 * invokes it again, twice at most.
 */
export const handler = (
  event: unknown,
  { awsRequestId }: Pick<Context, 'awsRequestId'>,
): Promise<void> =>
  withContext({ request_id: awsRequestId }, async () => {
    try {
      await takeMailEvent(app, event);
    } catch (error) {
      logError('An address was not marked', error);
      throw error;
    }
  });
