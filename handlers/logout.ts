import { app, config } from '../lib/app.ts';
import { redirect } from '../lib/http/answer.ts';
import { clearCookies, readSessionIds } from '../lib/http/cookie.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { logOut } from '../lib/sessions/manage.ts';

/** DELETE /sessions (cookie): 302 to `/`; the session ends, the cookie is cleared. 403 without one. */
export const handler = endpoint<'DELETE /sessions'>(config, async (request) => {
  await logOut(app, readSessionIds(request, config));
  return redirect('/', clearCookies(config));
});
