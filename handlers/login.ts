import { LOGIN } from '../lib/api/fields.ts';
import { app, config } from '../lib/app.ts';
import { AuthError, isRefusal } from '../lib/core/errors.ts';
import { json } from '../lib/http/answer.ts';
import { readFields } from '../lib/http/body.ts';
import { readSessionIds, setCookies } from '../lib/http/cookie.ts';
import { clientOf, endpoint } from '../lib/http/endpoint.ts';
import { logIn } from '../lib/login/password.ts';
import { createDispatch, notify, type MailRequest } from '../lib/mail/dispatch.ts';
import { checkPassword } from '../lib/passwords/hash.ts';
import { normalizeEmail } from '../lib/users/address.ts';

const dispatch = createDispatch(config);

/**
 * POST /sessions (email, password): 200 `{"email","message":"logged in"}` with the cookie of a new
 * session; one that the request presents ends. 401 for an unknown email and for a wrong password, and
 * 429 for too many attempts: the same whether or not the email is known. 403 for the right password of
 * a disabled user. A wrong password over 72 bytes gets 400.
 *
 * If login waits for the verification of the email (see serverless.yml), the right password of a user
 * who has not verified it gets the same 401: anyone could register an address and learn from another
 * answer whether it was free. Where mail is sent, the link is mailed again, and the owner is told when
 * no password logs in any more.
 */
export const handler = endpoint<'POST /sessions'>(config, async (request) => {
  const { email, password } = readFields(request, LOGIN);
  const { requestId: request_id } = request.requestContext;
  let notice: MailRequest = { kind: 'none', request_id };
  const session_id = await logIn(app, email, password, clientOf(request), {
    presented: readSessionIds(request, config),
    onLock: (address) => (notice = { kind: 'login_locked', email: address, request_id }),
  }).catch(unlessUnverified);
  if (session_id) {
    return json(200, { email, message: 'logged in' }, setCookies(config, session_id));
  }
  if (session_id === undefined) {
    notice = { kind: 'email_verification', email: normalizeEmail(email), request_id };
  }
  if (config.requireVerifiedEmail || notice.kind !== 'none') await notify(dispatch, notice);
  // Only now: it may have been the password of an imported user.
  checkPassword(password);
  throw new AuthError(
    'wrong_credentials',
    config.requireVerifiedEmail
      ? 'Wrong email or password, or the email is not verified yet'
      : 'Wrong email or password',
  );
});

/** @returns undefined: the password is right, and the email is not verified */
function unlessUnverified(error: unknown): undefined {
  if (!isRefusal(error, 'email_not_verified')) throw error;
}
