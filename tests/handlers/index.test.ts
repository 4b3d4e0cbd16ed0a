import { describe, expect, it } from 'vitest';
import { handler } from '../../handlers/index.ts';

describe('GET /', () => {
  it('welcomes everyone', async () => {
    const answer = await handler();
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe('{"message":"Bienvenue"}');
  });
});
