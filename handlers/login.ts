import { LOGIN } from '../lib/api/fields.ts';
import { app, config } from '../lib/app.ts';
import { AuthError } from '../lib/core/errors.ts';
import { json } from '../lib/http/answer.ts';
import { readFields } from '../lib/http/body.ts';
import { readSessionIds, setCookies } from '../lib/http/cookie.ts';
import { clientOf, endpoint } from '../lib/http/endpoint.ts';
import { logIn } from '../lib/login/password.ts';

/**
 * POST /sessions (email, password): 200 `{"email","message":"logged in"}` with the cookie of a new
 * session; one that the request presents ends. 401 for an unknown email and for a wrong password, and
 * 429 for too many attempts: the same whether or not the email is known. 403 for the right password of a user who may not log in.
 */
export const handler = endpoint<'POST /sessions'>(config, async (request) => {
  const { email, password } = readFields(request, LOGIN);
  const presented = readSessionIds(request, config);
  const session_id = await logIn(app, email, password, clientOf(request), { presented });
  if (session_id === null) throw new AuthError('wrong_credentials', 'Wrong email or password');
  return json(200, { email, message: 'logged in' }, setCookies(config, session_id));
});
