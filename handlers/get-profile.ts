import { app, config } from '../lib/app.ts';
import { json } from '../lib/http/answer.ts';
import { readSessionIds } from '../lib/http/cookie.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { requireSession, useSession } from '../lib/sessions/use.ts';

/** GET /profile (cookie): 200 `{"email"}`; 403 without a session. */
export const handler = endpoint<'GET /profile'>(config, async (request) => {
  const { user } = requireSession(await useSession(app, readSessionIds(request, config)));
  return json(200, { email: user.email });
});
