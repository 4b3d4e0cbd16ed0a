import { registerUser, registerUserSilently } from '../lib/accounts/register.ts';
import { REGISTRATION } from '../lib/api/fields.ts';
import { app, config } from '../lib/app.ts';
import { json } from '../lib/http/answer.ts';
import { readFields } from '../lib/http/body.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { createDispatch } from '../lib/mail/dispatch.ts';
import { negotiateLanguage } from '../lib/words/languages.ts';

const dispatch = createDispatch(config);

/**
 * POST /users (email, password): 200 `{"email","message":"user created"}`; 400 for a malformed field
 * and for an email that is taken. If login waits for the verification of the email (see
 * serverless.yml), a taken email is answered like any other. Where mail is sent, its owner is told by
 * mail, and new users are mailed their token. Mails to the user are in the language that the request
 * accepts.
 */
export const handler = endpoint<'POST /users'>(config, async (request) => {
  const { email, password } = readFields(request, REGISTRATION);
  const language = negotiateLanguage(request.headers['accept-language']);
  if (config.requireVerifiedEmail) {
    const registered = await registerUserSilently(app, email, password, language);
    const { requestId: request_id } = request.requestContext;
    await dispatch?.({ kind: 'registration', ...registered, request_id });
  } else {
    await registerUser(app, email, password, language);
  }
  return json(200, { email, message: 'user created' });
});
