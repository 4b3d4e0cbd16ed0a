import { describe, expect, it } from 'vitest';
import { readReturnTo } from '../../../lib/pages/return-to.ts';

const HOST = 'api.example.com';
const DEPLOYED = {
  allowedOrigins: ['https://app.example.com', 'https://example.com:8443', 'http://a.example'],
  cookieSecure: true,
};
const LOCAL = { allowedOrigins: ['localhost'], cookieSecure: false };

describe('return_to', () => {
  it.each([
    ['https://app.example.com', 'https://app.example.com/'],
    ['https://app.example.com/start?a=b#c', 'https://app.example.com/start?a=b#c'],
    ['HTTPS://APP.Example.com:443/', 'https://app.example.com/'],
    ['https://example.com:8443/x', 'https://example.com:8443/x'],
    ['https://api.example.com/account/settings', 'https://api.example.com/account/settings'],
    ['/account/settings?lang=de', 'https://api.example.com/account/settings?lang=de'],
    ['/account/../profile', 'https://api.example.com/profile'],
    ['settings', 'https://api.example.com/settings'],
    ['https:evil.example', 'https://api.example.com/evil.example'],
    ['https://app.example.com/"><script>', 'https://app.example.com/%22%3E%3Cscript%3E'],
    // Browsers remove these from a URL, and so it leads where it should.
    [' https://app.example.com/\n', 'https://app.example.com/'],
  ])('%j leads to %j', (value, url) => {
    expect(readReturnTo(value, HOST, DEPLOYED)).toBe(url);
  });

  it.each([
    ['another host', 'https://evil.example/'],
    ['no scheme', '//evil.example/'],
    ['backslashes', '/\\evil.example/'],
    ['more backslashes', '\\\\evil.example/'],
    ['a tab in the slashes', '/\t/evil.example'],
    ['a script', 'javascript:alert(1)'],
    ['a script in disguise', ' java\nscript:alert(1)'],
    ['a script with our host', 'javascript://app.example.com/%0aalert(1)'],
    ['data', 'data:text/html,<script>alert(1)</script>'],
    ['a blob of a listed origin', 'blob:https://app.example.com/1'],
    ['a file', 'file:///etc/passwd'],
    ['a listed host as the user', 'https://app.example.com@evil.example/'],
    ['a user', 'https://user@app.example.com/'],
    ['a password', 'https://:password@app.example.com/'],
    ['a listed host as a part', 'https://app.example.com.evil.example/'],
    ['a host that ends like a listed one', 'https://evilapp.example.com/'],
    ['a subdomain', 'https://x.app.example.com/'],
    ['the parent domain', 'https://example.com/'],
    ['another port', 'https://app.example.com:8443/'],
    ['a trailing dot', 'https://app.example.com./'],
    ['HTTP', 'http://app.example.com/'],
    ['our host by HTTP', 'http://api.example.com/'],
    ['a listed origin with HTTP that is not local', 'http://a.example/'],
    ['localhost, which is not listed', 'http://localhost:5173/'],
    ['a letter of another script', 'https://аpp.example.com/'],
    ['a host that is none', 'https://'],
    ['a port that is none', 'https://app.example.com:99999/'],
    ['nothing', ''],
    ['too much', `https://app.example.com/${'x'.repeat(2000)}`],
    ['too much, as browsers spell it', `https://app.example.com/${'€'.repeat(300)}`],
  ])('is ignored: %s', (_, value) => {
    expect(readReturnTo(value, HOST, DEPLOYED)).toBe(undefined);
  });

  it.each([
    ['http://localhost:5173/x', 'http://localhost:5173/x'],
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080/'],
    ['http://[::1]/', 'http://[::1]/'],
    ['/account/settings', 'http://localhost:3000/account/settings'],
    ['http://localhost.evil.example/', undefined],
    ['http://localhost@evil.example/', undefined],
    ['http://192.168.0.1/', undefined],
    ['https://app.example.com/', undefined],
  ])('in the emulator, %j leads to %j', (value, url) => {
    expect(readReturnTo(value, 'localhost:3000', LOCAL)).toBe(url);
  });

  it.each([undefined, '', 'a b', 'evil.example/', '@evil.example'])(
    'leads to no other origin with the Host %j',
    (host) => {
      expect(readReturnTo('https://evil.example/', host, DEPLOYED)).toBe(undefined);
    },
  );
});
