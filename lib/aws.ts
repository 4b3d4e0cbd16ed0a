/** What the clients of all AWS services have in common. */
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { AuthError } from './errors.ts';

/** What a client is told of when the service may be back. */
const RETRY_AFTER_SECONDS = 2;

/** Time limits that keep a call's attempts well under the functions' time limit (serverless.yml). */
export const TIME_LIMITS = {
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 1000,
    requestTimeout: 2000,
    throwOnRequestTimeout: true,
  },
};

/** Whether the service was out of reach, or throttled, past the retries. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const sdkError = error as Parameters<typeof isTransientError>[0];
  return isThrottlingError(sdkError) || isTransientError(sdkError) || isServerError(sdkError);
}

export function unavailable(cause: unknown): AuthError {
  return new AuthError('unavailable', 'The service is busy, please try again', {
    cause,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
