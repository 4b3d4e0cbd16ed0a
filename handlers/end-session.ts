import { accountSessions, config } from '../lib/app.ts';
import { endpoint, json, readSessionId } from '../lib/http.ts';

/**
 * DELETE /sessions/{id} (cookie): ends the session that GET /sessions names so, 200
 * `{"message":"session ended"}`; 404 when it is none of the user's own; 403 without a session.
 */
export const handler = endpoint<'DELETE /sessions/{id}'>(config, async (request) => {
  await accountSessions.endSession(readSessionId(request), request.pathParameters?.['id'] ?? '');
  return json(200, { message: 'session ended' });
});
