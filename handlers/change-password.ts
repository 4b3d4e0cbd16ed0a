import { accountsWithPasswordRules, config } from '../lib/app.ts';
import { PASSWORD_CHANGE } from '../lib/fields.ts';
import { clientOf, endpoint, json, readFields, readSessionId, sessionCookie } from '../lib/http.ts';
import { createMailQueue, notify } from '../lib/mail-queue.ts';

const handOver = createMailQueue(config);

/**
 * PUT /password (cookie, password, new_password): 200 `{"email","message":"Password updated"}` with
 * the cookie of a new session, every other having ended; 403 for a wrong password and without a
 * session; 429 for too many attempts. Where tokens are delivered by mail, a notice goes there.
 */
export const handler = endpoint<'PUT /password'>(config, async (request) => {
  const { password, new_password } = readFields(request, PASSWORD_CHANGE);
  const { email, session_id } = await accountsWithPasswordRules.changePassword(
    readSessionId(request),
    password,
    new_password,
    clientOf(request),
  );
  await notify(handOver, {
    kind: 'password_changed',
    email,
    request_id: request.requestContext.requestId,
  });
  return json(200, { email, message: 'Password updated' }, [sessionCookie(config, session_id)]);
});
