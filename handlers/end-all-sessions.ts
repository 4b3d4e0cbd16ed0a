import { app, config } from '../lib/app.ts';
import { json } from '../lib/http/answer.ts';
import { clearCookies, readSessionIds } from '../lib/http/cookie.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { endAllSessions } from '../lib/sessions/manage.ts';

/**
 * DELETE /sessions/all (cookie): 200 `{"message":"all sessions ended"}`; all sessions of the user end,
 * also this one, and the cookie is cleared. 403 without a session.
 */
export const handler = endpoint<'DELETE /sessions/all'>(config, async (request) => {
  await endAllSessions(app, readSessionIds(request, config));
  return json(200, { message: 'all sessions ended' }, clearCookies(config));
});
