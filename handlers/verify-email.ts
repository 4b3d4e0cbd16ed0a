import { VERIFICATION } from '../lib/api/fields.ts';
import { app, config } from '../lib/app.ts';
import { redeemEmailToken } from '../lib/emails/verify.ts';
import { json } from '../lib/http/answer.ts';
import { readFields } from '../lib/http/body.ts';
import { readSessionIds } from '../lib/http/cookie.ts';
import { clientOf, endpoint } from '../lib/http/endpoint.ts';
import { createDispatch, notify } from '../lib/mail/dispatch.ts';

const dispatch = createDispatch(config);

/**
 * PUT /email_verification (token, and the cookie or password): 200 `{"email","message":"email
 * verified"}`; the address that the token was sent to is the user's email. If it is a new one, all
 * sessions have ended and, where mail is sent, a notice is mailed to the old one, if it was verified.
 * A repeated request gets the same answer.
 *
 * 403 for a token that is wrong, used, expired, or void since the email or all sessions changed. Without
 * a session of the token's user: 400 for a missing password, 403 for a wrong one, 429 for too many
 * attempts. 400 if the address is another user's by now.
 */
export const handler = endpoint<'PUT /email_verification'>(config, async (request) => {
  const { token, password } = readFields(request, VERIFICATION);
  const { requestId: request_id } = request.requestContext;
  const { user_id, email, former_email } = await redeemEmailToken(app, token, {
    session_id: readSessionIds(request, config),
    password,
    client: clientOf(request),
    onLock: (locked) =>
      notify(dispatch, { kind: 'confirmations_locked', user_id: locked, request_id }),
  });
  if (former_email !== undefined) {
    const notice = { kind: 'email_changed', user_id, email: former_email, request_id } as const;
    await notify(dispatch, notice);
  }
  return json(200, { email, message: 'email verified' });
});
