/** Time limits and outages, alike for the clients of all AWS services. */
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { AuthError } from '../core/errors.ts';

/** `Retry-After` of a 503. */
const RETRY_AFTER_SECONDS = 2;

/** All attempts of a call together stay well under the functions' timeout (serverless.yml). */
export const TIME_LIMITS = {
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 1000,
    requestTimeout: 2000,
    throwOnRequestTimeout: true,
  },
};

/** Whether the AWS service was still out of reach, or throttling, after the retries. */
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
