import { app, config } from '../lib/app.ts';
import { EMAIL_CHANGE } from '../lib/api/fields.ts';
import { getChangeToken, requestEmailChange } from '../lib/emails/change.ts';
import { json } from '../lib/http/answer.ts';
import { readFields } from '../lib/http/body.ts';
import { readSessionIds } from '../lib/http/cookie.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { createDispatch, mailOrAnswer, notify } from '../lib/mail/dispatch.ts';

const dispatch = createDispatch(config);
const CHANGES = 'The email changes once the new address has confirmed it';
const STAYS = 'The email stays the same';

/**
 * PUT /email (cookie, password, email, optionally delivery): the email changes once the new address
 * has confirmed it, by PUT /email_verification. A newer request replaces an earlier one, and the
 * user's own address calls it off: 200 `{"email","message"}`, or 400 if there was none. 403 for a wrong
 * password and without a session; 409 if others change the account; 429 for too many attempts. The
 * rest depends on the delivery, which is the setting's unless the request asks for `email`:
 *
 * - `email`: 200 `{"email","message"}`, whether or not the address is taken. handlers/send-mail.ts
 *   mails the token to the new address, and a notice to the old one.
 * - `response`: 200 `{"email","message","token"}`; 400 if the address is taken
 */
export const handler = endpoint<'PUT /email'>(config, async (request) => {
  const { password, email, delivery } = readFields(request, EMAIL_CHANGE);
  const mail = mailOrAnswer(config, dispatch, delivery);
  const session_id = readSessionIds(request, config);
  const { requestId: request_id } = request.requestContext;
  const onLock = (user_id: string) =>
    notify(dispatch, { kind: 'confirmations_locked', user_id, request_id });
  const asked = { session_id, password, email, onLock };
  if (mail) {
    const change = await requestEmailChange(app, asked);
    if (!change) return json(200, { email, message: STAYS });
    await mail({ kind: 'email_change', ...change, request_id });
    await notify(mail, { kind: 'email_change_asked', ...change, request_id });
    return json(200, { email, message: CHANGES });
  }
  const token = await getChangeToken(app, asked);
  if (token === undefined) return json(200, { email, message: STAYS });
  return json(200, { email, message: CHANGES, token });
});
