import { config, sessions } from '../lib/app.ts';
import { AuthError } from '../lib/errors.ts';
import { endpoint, FORGET, readSessionId, redirect, sessionCookie } from '../lib/http.ts';

/** DELETE /sessions (cookie): ends that session, clears the cookie, 302 to `/`; 403 without one. */
export const handler = endpoint<'DELETE /sessions'>(config, async (request) => {
  const ended = await sessions.logOut(readSessionId(request));
  if (!ended) throw new AuthError('no_session', 'You are not logged in');
  return redirect('/', [sessionCookie(config)], FORGET);
});
