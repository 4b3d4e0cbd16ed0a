import { accounts, config } from '../lib/app.ts';
import { CONFIRMATION } from '../lib/fields.ts';
import {
  clientOf,
  endpoint,
  FORGET,
  json,
  readFields,
  readSessionId,
  sessionCookie,
} from '../lib/http.ts';

/**
 * DELETE /profile (cookie, password): the account is gone, its sessions with it, and its email free
 * again; 200 `{"email","message":"user deleted"}`, the cookie cleared; 403 for a wrong password and
 * without a session; 429 for too many attempts.
 */
export const handler = endpoint<'DELETE /profile'>(config, async (request) => {
  const { password } = readFields(request, CONFIRMATION);
  const session_id = readSessionId(request);
  const { email } = await accounts.deleteUser(session_id, password, clientOf(request));
  return json(200, { email, message: 'user deleted' }, [sessionCookie(config)], FORGET);
});
