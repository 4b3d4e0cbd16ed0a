import { app, config } from '../lib/app.ts';
import { json } from '../lib/http/answer.ts';
import { readSessionIds } from '../lib/http/cookie.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { endOtherSessions } from '../lib/sessions/manage.ts';

/**
 * DELETE /sessions/others (cookie): 200 `{"message":"other sessions ended"}`; all sessions of the user
 * end except this one. 403 without a session.
 */
export const handler = endpoint<'DELETE /sessions/others'>(config, async (request) => {
  await endOtherSessions(app, readSessionIds(request, config));
  return json(200, { message: 'other sessions ended' });
});
