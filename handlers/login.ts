import { auth, config } from '../lib/app.ts';
import { AuthError } from '../lib/errors.ts';
import { LOGIN } from '../lib/fields.ts';
import { clientOf, endpoint, json, readFields, sessionCookie } from '../lib/http.ts';

/**
 * POST /sessions (email, password): 200 `{"email","message":"logged in"}` with the cookie of a new
 * session; 401, the same for an unknown email and a wrong password; 429, the same again, for too
 * many attempts; 403 for the right password of a user who is disabled.
 */
export const handler = endpoint<'POST /sessions'>(config, async (request) => {
  const { email, password } = readFields(request, LOGIN);
  const session_id = await auth.logIn(email, password, clientOf(request));
  if (session_id === null) throw new AuthError('wrong_credentials', 'Wrong email or password');
  return json(200, { email, message: 'logged in' }, [sessionCookie(config, session_id)]);
});
