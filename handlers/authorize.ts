import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerResult,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda';
import { config, sessions } from '../lib/app.ts';
import { readSessionId } from '../lib/http.ts';
import { logError, logEvent, withContext } from '../lib/log.ts';
import { isCrossSite } from '../lib/origin.ts';

/** What the functions of the other API find in `event.requestContext.authorizer.lambda`. */
export interface Authorized {
  user_id: string;
  email: string;
  /** The `id` by which GET /sessions names the session: not the cookie, and of no use as one. */
  session_handle: string;
}

type Verdict =
  APIGatewaySimpleAuthorizerResult | APIGatewaySimpleAuthorizerWithContextResult<Authorized>;

const REFUSED: Verdict = { isAuthorized: false };

/**
 * No route: the Lambda authorizer of other HTTP APIs (payload format 2.0, simple responses), which
 * lets through whoever sends the cookie of a session that is good; API Gateway answers others 403.
 * What a page of another site sends is refused as by our own endpoints, whose cookie it is.
 *
 * When it cannot tell, it throws, and API Gateway answers 500: nobody is let in, and nobody is told
 * that their session has ended.
 */
export const handler = (event: APIGatewayRequestAuthorizerEventV2): Promise<Verdict> => {
  const { requestId, http } = event.requestContext;
  return withContext({ request_id: requestId, source_ip: http.sourceIp }, async () => {
    try {
      const request = { cookies: event.cookies, headers: lowerCase(event.headers) };
      if (isCrossSite(http.method, request.headers, config)) {
        logEvent('malicious_cors');
        return REFUSED;
      }
      const session = await sessions.getSession(readSessionId(request));
      if (!session) {
        logEvent('authz_fail');
        return REFUSED;
      }
      const { user, handle } = session;
      const context = { user_id: user.id, email: user.email, session_handle: handle };
      return { isAuthorized: true, context };
    } catch (error) {
      logError('A session could not be checked', error);
      throw error;
    }
  });
};

/** Names in any case: the emulator has them as they were sent, and null for no headers. */
function lowerCase(
  headers: APIGatewayRequestAuthorizerEventV2['headers'] | null,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
