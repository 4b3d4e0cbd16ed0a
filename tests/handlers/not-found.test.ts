import { describe, expect, it } from 'vitest';
import { expectRefusal, noContent, send } from '../support/client.ts';
import { emulated, event, type EventParts } from '../support/events.ts';

/** Makes a request as the catch-all route passes it. */
const unrouted = (route: string, parts?: EventParts) => ({
  ...event(route, parts),
  routeKey: '$default',
});

describe('a route that does not exist', () => {
  it.each(['GET /nothing', 'HEAD /', 'PUT /users', 'POST /users/', 'DELETE /', 'PATCH /profile'])(
    'is answered with 404 and the headers of every answer: %s',
    async (route) => {
      expectRefusal(await send(unrouted(route)), 404);
      expectRefusal(await send(emulated(unrouted(route))), 404);
    },
  );

  it('is answered with 404 whatever the request contains', async () => {
    const sent = { cookies: ['session_id=%'], body: '{', contentType: 'application/json' };
    expectRefusal(await send(unrouted('POST /nothing', sent)), 404);
  });
});

describe('OPTIONS', () => {
  it.each(['/sessions', '/nothing'])('succeeds, as a preflight has to: %s', async (path) => {
    const headers = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' };
    expect(await send(unrouted(`OPTIONS ${path}`, { headers }))).toStrictEqual(noContent());
    expect(await send(emulated(unrouted(`OPTIONS ${path}`)))).toStrictEqual(noContent());
  });
});
