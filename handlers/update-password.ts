import { authWithPasswordRules, config } from '../lib/app.ts';
import { normalizeEmail } from '../lib/email.ts';
import { RESET } from '../lib/fields.ts';
import { endpoint, json, readFields } from '../lib/http.ts';
import { createMailQueue, notify } from '../lib/mail-queue.ts';

const handOver = createMailQueue(config);

/**
 * PUT /reset_password (email, reset_token, new_password): 200
 * `{"email","message":"Password updated"}`, and every session of the user has ended; 403 for a
 * token that is wrong, used, expired, superseded or of another email. Where tokens are delivered
 * by mail, a notice of the new password goes there too.
 */
export const handler = endpoint<'PUT /reset_password'>(config, async (request) => {
  const fields = readFields(request, RESET);
  const { email, reset_token, new_password } = fields;
  await authWithPasswordRules.updatePassword(reset_token, new_password, email);
  await notify(handOver, {
    kind: 'password_changed',
    // The user's, as the write that set the password has made sure.
    email: normalizeEmail(email),
    request_id: request.requestContext.requestId,
  });
  return json(200, { email, message: 'Password updated' });
});
