import { describe, expect, it } from 'vitest';
import { expectRefusal, noContent, send } from '../support/client.ts';
import { emulated, event, type EventParts } from '../support/events.ts';

/** A request as it comes through the catch-all. */
const unrouted = (route: string, parts?: EventParts) => ({
  ...event(route, parts),
  routeKey: '$default',
});

describe('a route that does not exist', () => {
  it.each(['GET /nothing', 'HEAD /', 'PUT /users', 'POST /users/', 'DELETE /', 'PATCH /profile'])(
    'is 404, with the headers of every answer: %s',
    async (route) => {
      expectRefusal(await send(unrouted(route)), 404);
      expectRefusal(await send(emulated(unrouted(route))), 404);
    },
  );

  it('is 404 whatever is sent to it', async () => {
    const sent = { cookies: ['session_id=%'], body: '{', contentType: 'application/json' };
    expectRefusal(await send(unrouted('POST /nothing', sent)), 404);
  });
});

describe('OPTIONS', () => {
  it.each(['/sessions', '/nothing'])('is a success, as a preflight has to be: %s', async (path) => {
    const headers = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' };
    expect(await send(unrouted(`OPTIONS ${path}`, { headers }))).toStrictEqual(noContent());
    expect(await send(emulated(unrouted(`OPTIONS ${path}`)))).toStrictEqual(noContent());
  });
});
