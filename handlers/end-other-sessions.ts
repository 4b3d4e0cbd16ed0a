import { accountSessions, config } from '../lib/app.ts';
import { endpoint, json, readSessionId } from '../lib/http.ts';

/**
 * DELETE /sessions/others (cookie): ends every session of the user but this one, 200
 * `{"message":"other sessions ended"}`; 403 without a session.
 */
export const handler = endpoint<'DELETE /sessions/others'>(config, async (request) => {
  await accountSessions.endOtherSessions(readSessionId(request));
  return json(200, { message: 'other sessions ended' });
});
