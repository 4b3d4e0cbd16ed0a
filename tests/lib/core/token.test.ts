import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  digest,
  generateToken,
  generateUuid,
  sameDigest,
  tokenOwner,
} from '../../../lib/core/token.ts';

describe('generateUuid', () => {
  it('gives another UUID of version 4 each time', () => {
    const uuids = Array.from({ length: 100 }, generateUuid);
    expect(new Set(uuids).size).toBe(100);
    for (const uuid of uuids) expect(uuid).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  });
});

describe('generateToken', () => {
  it('names its owner and carries 256 random bits', () => {
    const id = generateUuid();
    const token = generateToken(id);
    expect(tokenOwner(token)).toBe(id);
    const secret = token.slice(id.length + 1);
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(generateToken(id)).not.toBe(token);
  });

  it('needs no escaping in a cookie, a form or a URL', () => {
    const token = generateToken(generateUuid());
    expect(encodeURIComponent(token)).toBe(token);
  });
});

describe('tokenOwner', () => {
  it('is absent for anything but a token', () => {
    const token = generateToken(generateUuid());
    const others = ['', token.slice(1), token.slice(0, -1), `${token}a`, ` ${token}`, `${token}\n`];
    for (const other of [...others, token.replace('.', ''), token.toUpperCase(), generateUuid()]) {
      expect(tokenOwner(other)).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(tokenOwner(text)).toBeUndefined();
      }),
    );
  });
});

describe('digest', () => {
  it('is SHA-256 in base64url', () => {
    expect(digest('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
  });

  it('is compared whole', () => {
    expect(sameDigest(digest('a'), digest('a'))).toBe(true);
    expect(sameDigest(digest('a'), digest('b'))).toBe(false);
    expect(sameDigest(digest('a'), digest('a').slice(1))).toBe(false);
    expect(sameDigest('', digest('a'))).toBe(false);
    expect(sameDigest('ü'.repeat(43), digest('a'))).toBe(false);
  });
});
