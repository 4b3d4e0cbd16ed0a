import { deleteUser } from '../lib/accounts/delete.ts';
import { CONFIRMATION } from '../lib/api/fields.ts';
import { app, config } from '../lib/app.ts';
import { json } from '../lib/http/answer.ts';
import { readFields } from '../lib/http/body.ts';
import { clearCookies, readSessionIds } from '../lib/http/cookie.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { createDispatch, notify } from '../lib/mail/dispatch.ts';

const dispatch = createDispatch(config);

/**
 * DELETE /profile and, for clients that cannot send a body with it, POST /profile/deletion (cookie,
 * password): 200 `{"email","message":"user deleted"}`; the account and its sessions are gone, the
 * email is free again, and the cookie is cleared. 403 for a wrong password and without a session;
 * 429 for too many attempts. Where mail is sent, a notice is mailed to a verified email, too.
 */
export const handler = endpoint<'DELETE /profile' | 'POST /profile/deletion'>(
  config,
  async (request) => {
    const { password } = readFields(request, CONFIRMATION);
    const session_id = readSessionIds(request, config);
    const { requestId: request_id } = request.requestContext;
    const { id, email, isNoticeDue } = await deleteUser(
      app,
      session_id,
      password,
      dispatch !== undefined,
      (user_id) => notify(dispatch, { kind: 'confirmations_locked', user_id, request_id }),
    );
    if (isNoticeDue) {
      await notify(dispatch, { kind: 'account_deleted', user_id: id, email, request_id });
    }
    return json(200, { email, message: 'user deleted' }, clearCookies(config));
  },
);
