import { config, emailVerification } from '../lib/app.ts';
import { normalizeEmail } from '../lib/email.ts';
import { VERIFICATION_REQUEST } from '../lib/fields.ts';
import { endpoint, json, readFields } from '../lib/http.ts';
import { createMailQueue } from '../lib/mail-queue.ts';

const handOver = createMailQueue(config);

/**
 * POST /email_verification (email), by the delivery (see serverless.yml):
 *
 * - `email`: 200 `{"email","message"}`, whether or not there is such a user, of whom nothing is
 *   read here: the token is made, and mailed, by handlers/send-mail.ts
 * - `response`: 200 `{"email","token"}` for whoever asks; 403 for an unknown email
 */
export const handler = endpoint<'POST /email_verification'>(config, async (request) => {
  const { email } = readFields(request, VERIFICATION_REQUEST);
  if (handOver) {
    const { requestId } = request.requestContext;
    const address = normalizeEmail(email);
    await handOver({ kind: 'email_verification', email: address, request_id: requestId });
    return json(200, { email, message: 'If there is such an account, a mail is on its way to it' });
  }
  return json(200, { email, token: await emailVerification.getToken(email) });
});
