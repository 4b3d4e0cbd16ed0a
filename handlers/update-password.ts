import { RESET } from '../lib/api/fields.ts';
import { app, config } from '../lib/app.ts';
import { json } from '../lib/http/answer.ts';
import { readFields } from '../lib/http/body.ts';
import { readSessionIds } from '../lib/http/cookie.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { createDispatch, notify } from '../lib/mail/dispatch.ts';
import { resetPassword } from '../lib/passwords/reset.ts';

const dispatch = createDispatch(config);

/**
 * PUT /reset_password (email, reset_token, new_password): 200 `{"email","message":"Password updated"}`;
 * all sessions of the user have ended, and so has one that the request presents. 403 for a token that
 * is wrong, used, expired, superseded or another email's. Where mail is sent, a notice is
 * mailed, too.
 */
export const handler = endpoint<'PUT /reset_password'>(config, async (request) => {
  const { email, reset_token, new_password } = readFields(request, RESET);
  const presented = readSessionIds(request, config);
  const user_id = await resetPassword(app, reset_token, new_password, email, presented);
  const { requestId: request_id } = request.requestContext;
  await notify(dispatch, { kind: 'password_changed', user_id, request_id });
  return json(200, { email, message: 'Password updated' });
});
