import { auth, config } from '../lib/app.ts';
import { endpoint, json, readFields } from '../lib/http.ts';

/**
 * POST /reset_password (email): 200 `{"email","reset_token"}`, the token in the answer for whoever
 * asks (the delivery `response`, see serverless.yml); 403 for an unknown email.
 */
export const handler = endpoint(config, async (request) => {
  const { email } = readFields(request, 'email');
  const reset_token = await auth.getResetPasswordToken(email);
  return json(200, { email, reset_token });
});
