import { json, noContent, type Answer } from '../lib/http/answer.ts';
import type { ErrorCode } from '../lib/core/errors.ts';
import { withRequestId, type Request } from '../lib/http/endpoint.ts';

/** Not by `refusal`: the statuses of all other codes would double the bundle. */
const BODY = { message: 'There is nothing here', code: 'not_found' satisfies ErrorCode };

/**
 * Answers whatever no other route takes: 404, with the headers that API Gateway's own 404 lacks.
 *
 * OPTIONS: 204. API Gateway passes browsers' preflights to a catch-all route, if there is one, and adds
 * the CORS headers to its answer, which has to be a success.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export const handler = (request: Request): Promise<Answer> => {
  const { method } = request.requestContext.http;
  const answer = method === 'OPTIONS' ? noContent() : json(404, BODY);
  return Promise.resolve(withRequestId(request, answer));
};
