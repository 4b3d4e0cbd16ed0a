import { VERIFICATION_REQUEST } from '../lib/api/fields.ts';
import { app, config } from '../lib/app.ts';
import { getVerificationToken } from '../lib/emails/verify.ts';
import { json } from '../lib/http/answer.ts';
import { readFields } from '../lib/http/body.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { createDispatch, mailOrAnswer } from '../lib/mail/dispatch.ts';
import { emailToFind } from '../lib/users/address.ts';

const dispatch = createDispatch(config);

/**
 * POST /email_verification (email, optionally delivery). The delivery is the setting's, unless the request asks for
 * `email`:
 *
 * - `email`: 200 `{"email","message"}`, whether or not there is such a user. Nothing is read here:
 *   handlers/send-mail.ts makes the token and mails it.
 * - `response`: 200 `{"email","token"}` for anyone who asks; 403 for an unknown email
 */
export const handler = endpoint<'POST /email_verification'>(config, async (request) => {
  const { email, delivery } = readFields(request, VERIFICATION_REQUEST);
  const mail = mailOrAnswer(config, dispatch, delivery);
  if (mail) {
    const { requestId: request_id } = request.requestContext;
    await mail({ kind: 'email_verification', email: emailToFind(email), request_id });
    return json(200, { email, message: 'If there is such an account, a mail is on its way to it' });
  }
  return json(200, { email, token: await getVerificationToken(app, email) });
});
