import { app, config } from '../lib/app.ts';
import { json } from '../lib/http/answer.ts';
import { readSessionIds } from '../lib/http/cookie.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { endSession } from '../lib/sessions/manage.ts';

/**
 * DELETE /sessions/{id} (cookie): 200 `{"message":"session ended"}`; `id` is the one that GET /sessions
 * gives. 404 if it is not one of the user's live sessions; 403 without a session.
 */
export const handler = endpoint<'DELETE /sessions/{id}'>(config, async (request) => {
  await endSession(app, readSessionIds(request, config), request.pathParameters?.['id'] ?? '');
  return json(200, { message: 'session ended' });
});
