import { Logger } from '@aws-lambda-powertools/logger';

/** One JSON line a message. Nothing secret goes in: no password, token, cookie, body or email. */
export const logger = new Logger({ serviceName: 'user-authentication' });

/** What is logged of an error: no more, as an error of the SDK may carry the item it was about. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  };
}
