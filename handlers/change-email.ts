import { accounts, config, emailVerification } from '../lib/app.ts';
import { EMAIL_CHANGE } from '../lib/fields.ts';
import { clientOf, endpoint, json, readFields, readSessionId } from '../lib/http.ts';
import { createMailQueue, notify } from '../lib/mail-queue.ts';

const handOver = createMailQueue(config);

/**
 * PUT /email (cookie, password, email): the address changes once the new one has confirmed it, by
 * PUT /email_verification. 403 for a wrong password and without a session; 429 for too many
 * attempts. By the delivery (see serverless.yml):
 *
 * - `email`: 200 `{"email","message"}`, whether or not the address is another user's; the token is
 *   made, and mailed to it, by handlers/send-mail.ts, and a notice goes to the old address
 * - `response`: 200 `{"email","message","token"}`; 400 where the address is another user's
 */
export const handler = endpoint<'PUT /email'>(config, async (request) => {
  const { password, email } = readFields(request, EMAIL_CHANGE);
  const session_id = readSessionId(request);
  const change = await accounts.askForEmailChange(session_id, password, email, clientOf(request));
  const message = 'The email changes once the new address has confirmed it';
  if (handOver) {
    const { requestId: request_id } = request.requestContext;
    await handOver({ kind: 'email_change', ...change, request_id });
    await notify(handOver, { kind: 'email_change_asked', email: change.old_email, request_id });
    return json(200, { email, message });
  }
  const token = await emailVerification.getChangeToken(change);
  return json(200, { email, message, token });
});
