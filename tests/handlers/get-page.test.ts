import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { handler } from '../../handlers/get-page.ts';
import type { Answer } from '../../lib/http/answer.ts';
import { PAGES } from '../../lib/pages/pages.ts';
import { emulated, event, type EventParts } from '../support/events.ts';

const NAMES = Object.keys(PAGES);

async function getPage(page: string, parts: EventParts = {}): Promise<Answer & { body: string }> {
  const answer = await handler(event('GET /account/{page}', { page, ...parts }));
  return { ...answer, body: String(answer.body) };
}

/** The sources that a directive of the policy allows. */
function allowed(answer: Answer, directive: string): string[] {
  const policy = String(answer.headers?.['content-security-policy']);
  const directives = policy.split('; ').map((each) => each.split(' '));
  const [, ...sources] = directives.find(([name]) => name === directive) ?? [];
  return sources;
}

function hashOf(content: string | undefined): string {
  return `'sha256-${createHash('sha256').update(String(content)).digest('base64')}'`;
}

describe('GET /account/{page}', () => {
  it.each(NAMES)('answers with the page %s, which may only do what it needs', async (name) => {
    const answer = await getPage(name);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toStrictEqual({
      'cache-control': 'no-store',
      'content-security-policy': expect.any(String),
      'content-type': 'text/html; charset=utf-8',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=63072000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.any(String),
    });
    const [, style] = /<style>([^]*?)<\/style>/.exec(answer.body) ?? [];
    const [, script] = /<script>([^]*?)<\/script>/.exec(answer.body) ?? [];
    expect(answer.headers?.['content-security-policy']).toBe(
      `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; ` +
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; " +
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    );
    expect(allowed(answer, 'script-src')).toHaveLength(1);
  });

  it.each(['', 'nowhere', 'sign-in/', 'constructor', '__proto__', '<script>', '%'])(
    'answers 404 with a page for the name %j',
    async (name) => {
      const answer = await getPage(name);
      expect(answer.statusCode).toBe(404);
      expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8' });
      expect(answer.body).toContain('<h1>Page not found</h1>');
      expect(answer.body).toContain('href="/account/sign-in"');
    },
  );

  it('answers under the emulator, which passes null for what a request does not have', async () => {
    const request = emulated(event('GET /account/{page}', { page: 'sign-in' }), null);
    expect((await handler(request)).statusCode).toBe(404);
  });
});
