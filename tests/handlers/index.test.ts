import { describe, expect, it } from 'vitest';
import { answer, request, send } from '../support/client.ts';
import { emulated, event } from '../support/events.ts';

describe('GET /', () => {
  const welcome = answer(200, { message: 'Bienvenue' });

  it('welcomes everyone', async () => {
    expect(await request('GET /')).toStrictEqual(welcome);
  });

  it('ignores the cookies and the body', async () => {
    const parts = { cookies: ['session_id=%'], body: '{', contentType: 'application/json' };
    expect(await request('GET /', parts)).toStrictEqual(welcome);
  });

  it('welcomes everyone under the emulator', async () => {
    expect(await send(emulated(event('GET /')))).toStrictEqual(welcome);
  });
});
