import { VERIFICATION } from '../lib/api/fields.ts';
import { app, config } from '../lib/app.ts';
import { redeemEmailToken } from '../lib/emails/verify.ts';
import { json } from '../lib/http/answer.ts';
import { readFields } from '../lib/http/body.ts';
import { endpoint } from '../lib/http/endpoint.ts';

/**
 * PUT /email_verification (token): 200 `{"email","message":"email verified"}`; the address that the
 * token was sent to is the user's email. If it is a new one, all sessions have ended. 403 for a token
 * that is wrong, used, expired, or void since the email or all sessions changed; 400 if the address is
 * another user's by now.
 */
export const handler = endpoint<'PUT /email_verification'>(config, async (request) => {
  const { token } = readFields(request, VERIFICATION);
  const email = await redeemEmailToken(app, token);
  return json(200, { email, message: 'email verified' });
});
