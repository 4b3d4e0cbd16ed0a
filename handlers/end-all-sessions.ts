import { accountSessions, config } from '../lib/app.ts';
import { endpoint, FORGET, json, readSessionId, sessionCookie } from '../lib/http.ts';

/**
 * DELETE /sessions/all (cookie): ends every session of the user, this one too, and clears the
 * cookie, 200 `{"message":"all sessions ended"}`; 403 without a session.
 */
export const handler = endpoint<'DELETE /sessions/all'>(config, async (request) => {
  await accountSessions.endAllSessions(readSessionId(request));
  return json(200, { message: 'all sessions ended' }, [sessionCookie(config)], FORGET);
});
