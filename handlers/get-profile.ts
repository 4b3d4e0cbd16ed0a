import { config, sessions } from '../lib/app.ts';
import { AuthError } from '../lib/errors.ts';
import { endpoint, json, readSessionId } from '../lib/http.ts';

/** GET /profile (cookie): 200 `{"email"}`; 403 without a session. */
export const handler = endpoint<'GET /profile'>(config, async (request) => {
  const user = await sessions.getUserFromSessionId(readSessionId(request));
  if (!user) throw new AuthError('no_session', 'You are not logged in');
  return json(200, { email: user.email });
});
