import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerResult,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda';
import { app, config } from '../lib/app.ts';
import { logError, logEvent, withContext } from '../lib/core/log.ts';
import { readSessionIds } from '../lib/http/cookie.ts';
import { isCrossSite, logCrossSite } from '../lib/http/origin.ts';
import { handleOf } from '../lib/sessions/session.ts';
import { useSession } from '../lib/sessions/use.ts';

/** The context that the other API's functions get in `event.requestContext.authorizer.lambda`. */
export interface Authorized {
  user_id: string;
  email: string;
  /**
   * Whether the user has proved that the email is theirs. Anyone can register any email: while this is
   * `false`, it says nothing about who the user is. Text, as API Gateway's parameter mappings need it.
   */
  email_verified: 'true' | 'false';
  /** The session's `id` in GET /sessions. It is no cookie. */
  session_handle: string;
}

type Verdict =
  APIGatewaySimpleAuthorizerResult | APIGatewaySimpleAuthorizerWithContextResult<Authorized>;

const REFUSED: Verdict = { isAuthorized: false };

/**
 * No route: the Lambda authorizer of other HTTP APIs (payload format 2.0, simple responses). It lets
 * requests through that carry the cookie of a live session; API Gateway answers 403 to others.
 * Requests that a page of another site sends are refused, as by our own endpoints.
 *
 * If DynamoDB does not answer, it throws, and API Gateway answers 500: nobody is let in, and nobody is
 * told that their session has ended.
 */
export const handler = (event: APIGatewayRequestAuthorizerEventV2): Promise<Verdict> => {
  const { requestId, http } = event.requestContext;
  return withContext({ request_id: requestId, source_ip: http.sourceIp }, async () => {
    try {
      const request = { cookies: event.cookies, headers: lowerCase(event.headers) };
      if (isCrossSite(http.method, request.headers, config)) {
        logCrossSite(request.headers);
        return REFUSED;
      }
      const found = await useSession(app, readSessionIds(request, config));
      if (!found) {
        logEvent('authz_fail');
        return REFUSED;
      }
      const { user, session } = found;
      const context: Authorized = {
        user_id: user.id,
        email: user.email,
        email_verified: user.email_verified_at === undefined ? 'false' : 'true',
        session_handle: handleOf(session),
      };
      return { isAuthorized: true, context };
    } catch (error) {
      logError('A session could not be checked', error);
      throw error;
    }
  });
};

/** The emulator passes names as they were sent, and null if there are no headers. */
function lowerCase(
  headers: APIGatewayRequestAuthorizerEventV2['headers'] | null,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
