import { auth, config } from '../lib/app.ts';
import { AuthError } from '../lib/errors.ts';
import { endpoint, readSessionId, redirect, sessionCookie } from '../lib/http.ts';

/**
 * What a browser forgets at logout (OWASP ASVS 5.0, 14.3.1). Not "cookies", which would be those of
 * the whole registrable domain, of other applications too: ours is cleared by its name.
 */
const FORGET = { 'clear-site-data': '"cache", "storage"' };

/** DELETE /sessions (cookie): ends that session, clears the cookie, 302 to `/`; 403 without one. */
export const handler = endpoint(config, async (request) => {
  const ended = await auth.logOut(readSessionId(request));
  if (!ended) throw new AuthError('no_session', 'You are not logged in');
  return redirect('/', [sessionCookie(config)], FORGET);
});
