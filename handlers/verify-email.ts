import { config, emailVerification } from '../lib/app.ts';
import { VERIFICATION } from '../lib/fields.ts';
import { endpoint, json, readFields } from '../lib/http.ts';

/**
 * PUT /email_verification (token): 200 `{"email","message":"email verified"}`, the address that the
 * token was sent to, which is the user's; where it was another one before, every session has ended.
 * 403 for a token that is wrong, used or expired, or overtaken by another change of the address or
 * by the end of all sessions; 400 where the address is another user's meanwhile.
 */
export const handler = endpoint<'PUT /email_verification'>(config, async (request) => {
  const { token } = readFields(request, VERIFICATION);
  const email = await emailVerification.redeem(token);
  return json(200, { email, message: 'email verified' });
});
