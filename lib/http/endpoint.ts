import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Route } from '../api/contract.ts';
import { AuthError } from '../core/errors.ts';
import { withContext } from '../core/log.ts';
import { refuse, type Answer, type Success } from './answer.ts';
import { isCrossSite, logCrossSite, type OriginSettings } from './origin.ts';

/**
 * The event of an API Gateway HTTP API, payload format 2.0. The emulator passes null for what API
 * Gateway leaves out.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export type Request = APIGatewayProxyEventV2;

/**
 * Makes a Lambda handler of an endpoint. Requests that pages of other sites send do not reach it (see
 * origin.ts), and its errors become answers.
 *
 * Name the route, so that the compiler checks the answers against lib/api/contract.ts:
 * `endpoint<'POST /users'>(...)`.
 */
export function endpoint<R extends Route = never>(
  settings: OriginSettings,
  answer: (request: Request) => Promise<Success<R>>,
): (request: Request) => Promise<Answer> {
  return async (request) => {
    const { requestId, http } = request.requestContext;
    const context = { request_id: requestId, source_ip: http.sourceIp };
    return withContext(context, async () => {
      try {
        if (isCrossSite(http.method, request.headers, settings)) {
          logCrossSite(request.headers);
          throw new AuthError('cross_site', 'Requests from that site are not accepted');
        }
        return withRequestId(request, await answer(request));
      } catch (error) {
        return withRequestId(request, refuse(error, request.routeKey));
      }
    });
  };
}

/** Adds `x-request-id`, which finds the request in the log. */
export function withRequestId<A extends Answer>({ requestContext }: Request, answer: A): A {
  const headers = { ...answer.headers, 'x-request-id': requestContext.requestId };
  return { ...answer, headers };
}

/** A user does not need more to recognise a client. */
const MAX_USER_AGENT_LENGTH = 256;

/** The client of a request: its address as API Gateway saw it, and what it says of itself. */
export function clientOf({ headers, requestContext }: Request): {
  ip: string;
  user_agent?: string;
} {
  const user_agent = headers['user-agent']?.slice(0, MAX_USER_AGENT_LENGTH).toWellFormed();
  return { ip: requestContext.http.sourceIp, ...(user_agent && { user_agent }) };
}
