import { page, type Answer } from '../lib/http/answer.ts';
import { withRequestId, type Request } from '../lib/http/endpoint.ts';
import { createRenderer } from '../lib/pages/render.ts';
import { readPageSettings } from '../lib/pages/settings.ts';

const render = createRenderer(readPageSettings(process.env));

/**
 * GET /account/{page}: 200 with a ready-made page, such as `/account/sign-in`; 404 with a page for any other
 * name. The page contains nothing of a user: its script asks the other endpoints.
 */
export const handler = async (request: Request): Promise<Answer> => {
  const { status, html, contentSecurityPolicy } = await render({
    name: request.pathParameters?.['page'],
    query: new URLSearchParams(request.rawQueryString),
    host: request.headers['host'],
    acceptLanguage: request.headers['accept-language'],
  });
  return withRequestId(request, page(status, html, contentSecurityPolicy));
};
