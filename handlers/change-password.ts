import { app, config } from '../lib/app.ts';
import { PASSWORD_CHANGE } from '../lib/api/fields.ts';
import { json } from '../lib/http/answer.ts';
import { readFields } from '../lib/http/body.ts';
import { readSessionIds, setCookies } from '../lib/http/cookie.ts';
import { clientOf, endpoint } from '../lib/http/endpoint.ts';
import { createDispatch, notify } from '../lib/mail/dispatch.ts';
import { changePassword } from '../lib/passwords/change.ts';

const dispatch = createDispatch(config);

/**
 * PUT /password (cookie, password, new_password): 200 `{"email","message":"Password updated"}` with
 * the cookie of a new session; all others have ended. 403 for a wrong password and without a session;
 * 429 for too many attempts. Where mail is sent, a notice is mailed, too.
 */
export const handler = endpoint<'PUT /password'>(config, async (request) => {
  const { password, new_password } = readFields(request, PASSWORD_CHANGE);
  const { requestId: request_id } = request.requestContext;
  const { id, email, session_id } = await changePassword(
    app,
    readSessionIds(request, config),
    password,
    new_password,
    clientOf(request),
    (user_id) => notify(dispatch, { kind: 'confirmations_locked', user_id, request_id }),
  );
  await notify(dispatch, { kind: 'password_changed', user_id: id, request_id });
  return json(200, { email, message: 'Password updated' }, setCookies(config, session_id));
});
