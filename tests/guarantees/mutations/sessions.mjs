/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/sessions/session.ts': [
    {
      guard: 'a session of a disabled user is not valid',
      text: 'if (isDisabled(user)) return false;',
      test: 'tests/lib/operators/operators.test.ts',
    },
    {
      guard: 'a session ends with its epoch',
      text: '(session.epoch === user.session_epoch || isKept) && now < session.expires_at',
      without: 'now < session.expires_at',
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'a session expires',
      text: '(session.epoch === user.session_epoch || isKept) && now < session.expires_at',
      without: 'session.epoch === user.session_epoch || isKept',
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'a session expires at its limit, not after it',
      text: 'now < session.expires_at',
      without: 'now <= session.expires_at',
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'the idle limit counts from the last use',
      text: 'Math.min(createdAt + sessionAbsoluteSeconds, lastSeen + sessionIdleSeconds)',
      without: 'createdAt + sessionAbsoluteSeconds + 0 * lastSeen * sessionIdleSeconds',
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'the absolute limit counts from the login',
      text: 'Math.min(createdAt + sessionAbsoluteSeconds, lastSeen + sessionIdleSeconds)',
      without: 'lastSeen + sessionIdleSeconds + 0 * createdAt * sessionAbsoluteSeconds',
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'a session that was kept ends when the epoch moves again',
      text: ' && user.kept_epoch === user.session_epoch;',
      without: ';',
      test: 'tests/handlers/sessions.test.ts',
    },
    {
      guard: 'one session is kept and no other',
      text: 'session.session_id === user.kept_session && ',
      test: 'tests/handlers/sessions.test.ts',
    },
    {
      guard: 'a list has live sessions only',
      text: '.filter((each) => isLive(each, user, now))',
      test: 'tests/handlers/sessions.test.ts',
    },
    {
      guard: 'a session id is stored as a digest',
      text: 'session_id: sessionDigest,',
      without: 'session_id,',
      test: 'tests/lib/db.test.ts',
    },
  ],
  'lib/sessions/start.ts': [
    {
      guard: 'a login ends the session that the client sends',
      text: 'endPresented(app, presented),',
      without: '[],',
      test: 'tests/handlers/login.test.ts',
    },
    {
      guard: 'a user has a hundred sessions at most',
      text: 'if (excess <= 0) return;',
      without: 'if (excess <= 1) return;',
      test: 'tests/lib/sessions/start.test.ts',
    },
    {
      guard: 'sessions that have ended are removed before live ones',
      text: '[...ended, ...oldest]',
      without: '[...oldest, ...ended]',
      test: 'tests/lib/sessions/start.test.ts',
    },
    {
      guard: 'the oldest of too many sessions ends',
      text: 'a.created_at - b.created_at',
      without: 'b.created_at - a.created_at',
      test: 'tests/lib/sessions/start.test.ts',
    },
    {
      guard: 'a session that ends anyway is not one too many',
      text: '[session, ...ended].map(',
      without: '[session, ...ended.slice(ended.length)].map(',
      test: 'tests/lib/sessions/start.test.ts',
    },
    {
      guard: 'one login removes a few sessions at most',
      text: 'Math.min(excess, MAX_REMOVED)',
      without: 'excess + 0 * MAX_REMOVED',
      test: 'tests/lib/sessions/start.test.ts',
    },
    {
      guard: 'a session starts under the epoch that was read with the proof',
      text: 'const epoch = session_epoch;',
      without: `const { get } = await import('../db/table.ts');
  const read = await get(app.table, { id, item: 'user' });
  const epoch = Number(read?.['session_epoch'] ?? session_epoch);`,
      test: 'tests/guarantees/races.test.ts',
      title: 'a reset during a login',
    },
  ],
  'lib/sessions/use.ts': [
    {
      guard: 'a use of a session is written once an hour',
      text: 'if (time - session.last_seen <= precision) return;',
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'a short idle limit does not end a session in use',
      text: 'Math.min(LAST_SEEN_SECONDS, settings.sessionIdleSeconds * LAST_SEEN_PART)',
      without: 'LAST_SEEN_SECONDS + 0 * settings.sessionIdleSeconds * LAST_SEEN_PART',
      test: 'tests/lib/auth.test.ts',
      title: 'keeps a session in use',
    },
    {
      guard: 'a session is valid even if its use cannot be written',
      text: "logWarning('The last use of a session was not written', error);",
      without: 'throw error;',
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'the sessions of two users are refused',
      text: 'if (!found || more.some(({ user }) => user.id !== found.user.id)) return undefined;',
      without: 'if (!found) return undefined;',
      test: 'tests/handlers/session-cookie.test.ts',
    },
    {
      guard: 'a request with many session cookies is refused',
      text: 'if (ids.length > MAX_SESSION_IDS) return undefined;',
      test: 'tests/handlers/session-cookie.test.ts',
    },
    {
      guard: 'an authentication ends the sessions that the client sends',
      text: 'await together(keys.map((key) => remove(app.table, key)));',
      test: 'tests/handlers/login.test.ts',
    },
    {
      guard: 'a change of a user that was read before another change is made again, or refused',
      text: 'if (await write(current).catch(refuseContention)) return current;',
      without: 'await write(current).catch(refuseContention);\n    return current;',
      test: 'tests/guarantees/races.test.ts',
      title: 'sets one of two simultaneous new passwords',
    },
    {
      guard: 'a password is verified once while its hash is the same',
      text: 'if (current.user.hashed_password !== hashed_password) await',
      without: 'if (hashed_password !== undefined) await',
      test: 'tests/lib/passwords/change.test.ts',
    },
    {
      guard: 'contention with other changes of an account is no outage',
      text: 'throw isContention(error) ? contended(error) : error;',
      without: 'throw error;',
      test: 'tests/guarantees/faults.test.ts',
      title: 'DELETE /sessions/all',
    },
    {
      guard: 'a user that has changed meanwhile is checked again',
      text: 'await verify?.(current.user);',
      without: 'verify satisfies unknown;',
      test: 'tests/guarantees/races.test.ts',
      title: 'refuses the old password if the library replaces it during the',
    },
  ],
  'lib/sessions/endings.ts': [
    {
      guard: 'all sessions end at once five times in an hour at most',
      text: 'if (recent.length < MAX_ENDINGS) return [...recent, now];',
      without: 'if (recent.length <= MAX_ENDINGS) return [...recent, now];',
      test: 'tests/lib/sessions/manage.test.ts',
    },
    {
      guard: 'an ending is forgotten after an hour',
      text: '(time) => time > now - ENDINGS_SECONDS',
      without: '(time) => time > now - ENDINGS_SECONDS - 1',
      test: 'tests/lib/sessions/manage.test.ts',
    },
  ],
  'lib/sessions/manage.ts': [
    {
      guard: 'a logout ends each session that the client sends',
      text: '[session, ...also].map(',
      without: '[session, ...also.slice(also.length)].map(',
      test: 'tests/handlers/session-cookie.test.ts',
    },
    {
      guard: 'a session is ended by its own id',
      text: '.find((each) => handleOf(each) === handle)',
      without: '.find(() => true)',
      test: 'tests/handlers/sessions.test.ts',
    },
    {
      guard: 'only a live session can be ended by its id',
      text: 'liveSessions(items, now(), user)',
      without: 'liveSessions(items, now() * 0, user)',
      test: 'tests/lib/sessions/manage.test.ts',
    },
    {
      guard: 'all sessions end only if the epoch still is the one that was read',
      text: 'condition: { equal: { session_epoch } },',
      test: 'tests/guarantees/races.test.ts',
      title: 'keeps one session if each of two ends the others',
    },
  ],
};
