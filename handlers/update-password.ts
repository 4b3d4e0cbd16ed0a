import { authWithPasswordRules, config } from '../lib/app.ts';
import { endpoint, json, readFields } from '../lib/http.ts';

/**
 * PUT /reset_password (email, reset_token, new_password): 200
 * `{"email","message":"Password updated"}`, and every session of the user has ended; 403 for a
 * token that is wrong, used, expired, superseded or of another email.
 */
export const handler = endpoint(config, async (request) => {
  const fields = readFields(request, 'email', 'reset_token', 'new_password');
  const { email, reset_token, new_password } = fields;
  await authWithPasswordRules.updatePassword(reset_token, new_password, email);
  return json(200, { email, message: 'Password updated' });
});
