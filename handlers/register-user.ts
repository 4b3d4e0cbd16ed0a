import { authWithPasswordRules, config } from '../lib/app.ts';
import { REGISTRATION } from '../lib/fields.ts';
import { endpoint, json, readFields } from '../lib/http.ts';
import { createMailQueue } from '../lib/mail-queue.ts';

const handOver = createMailQueue(config);

/**
 * POST /users (email, password): 200 `{"email","message":"user created"}`; 400 for a field that is
 * malformed and for an email that is taken. Where login waits for the verification of the email
 * (see serverless.yml), an email that is taken is answered like another, and by the delivery
 * `email` its owner is told by mail, as others are sent their token.
 */
export const handler = endpoint<'POST /users'>(config, async (request) => {
  const { email, password } = readFields(request, REGISTRATION);
  if (config.requireVerifiedEmail) {
    const address = await authWithPasswordRules.registerUserSilently(email, password);
    const { requestId } = request.requestContext;
    await handOver?.({ kind: 'email_verification', email: address, request_id: requestId });
  } else {
    await authWithPasswordRules.registerUser(email, password);
  }
  return json(200, { email, message: 'user created' });
});
