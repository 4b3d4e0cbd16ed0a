import { auth, config } from '../lib/app.ts';
import { normalizeEmail } from '../lib/email.ts';
import { RESET_REQUEST } from '../lib/fields.ts';
import { endpoint, json, readFields } from '../lib/http.ts';
import { createMailQueue } from '../lib/mail-queue.ts';

const handOver = createMailQueue(config);

/**
 * POST /reset_password (email), by the delivery (see serverless.yml):
 *
 * - `email`: 200 `{"email","message"}`, whether or not there is such a user, of whom nothing is
 *   read here: the token is made, and mailed, by handlers/send-mail.ts
 * - `response`: 200 `{"email","reset_token"}` for whoever asks; 403 for an unknown email
 */
export const handler = endpoint<'POST /reset_password'>(config, async (request) => {
  const { email } = readFields(request, RESET_REQUEST);
  if (handOver) {
    const { requestId } = request.requestContext;
    const address = normalizeEmail(email);
    await handOver({ kind: 'password_reset', email: address, request_id: requestId });
    return json(200, { email, message: 'If there is such an account, a mail is on its way to it' });
  }
  const reset_token = await auth.getResetPasswordToken(email);
  return json(200, { email, reset_token });
});
