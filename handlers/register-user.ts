import { authWithPasswordRules, config } from '../lib/app.ts';
import { REGISTRATION } from '../lib/fields.ts';
import { endpoint, json, readFields } from '../lib/http.ts';

/**
 * POST /users (email, password): 200 `{"email","message":"user created"}`; 400 for a field that is
 * malformed and for an email that is taken.
 */
export const handler = endpoint<'POST /users'>(config, async (request) => {
  const { email, password } = readFields(request, REGISTRATION);
  await authWithPasswordRules.registerUser(email, password);
  return json(200, { email, message: 'user created' });
});
