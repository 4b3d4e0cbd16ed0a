import { app, config } from '../lib/app.ts';
import { json } from '../lib/http/answer.ts';
import { readSessionIds } from '../lib/http/cookie.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { listSessions } from '../lib/sessions/manage.ts';

/**
 * GET /sessions (cookie): 200 `{"sessions":[{"id","created_at","last_seen_at","expires_at",
 * "user_agent","ip","current"}]}`, the newest first; 403 without a session.
 */
export const handler = endpoint<'GET /sessions'>(config, async (request) => {
  const sessions = await listSessions(app, readSessionIds(request, config));
  return json(200, {
    sessions: sessions.map((session) => ({
      ...session,
      created_at: time(session.created_at),
      last_seen_at: time(session.last_seen_at),
      expires_at: time(session.expires_at),
    })),
  });
});

/** ISO 8601, UTC. */
function time(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
