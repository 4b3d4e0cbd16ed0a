import { describe, expect, it } from 'vitest';
import { readPageSettings } from '../../../lib/pages/settings.ts';

const GOOD = {
  PRODUCT_NAME: 'Café <Ümlaut> & Co.',
  LOGO_URL: 'https://cdn.example.com/logo.svg',
  HOME_URL: 'https://www.example.com',
  TERMS_URL: 'https://www.example.com/terms',
  PRIVACY_URL: 'http://localhost:5173/privacy',
  BRAND_COLOR: '#0B57d0',
  LANGUAGE: 'de',
  REQUIRE_VERIFIED_EMAIL: 'true',
  PASSWORD_MIN_LENGTH: '8',
  ALLOWED_ORIGINS: 'https://app.example.com',
  COOKIE_SECURE: 'true',
};

const read = (change: Record<string, string | undefined>) => () =>
  readPageSettings({ ...GOOD, ...change });

describe('readPageSettings', () => {
  it('reads every setting', () => {
    expect(readPageSettings(GOOD)).toEqual({
      productName: 'Café <Ümlaut> & Co.',
      logoUrl: 'https://cdn.example.com/logo.svg',
      homeUrl: 'https://www.example.com',
      termsUrl: 'https://www.example.com/terms',
      privacyUrl: 'http://localhost:5173/privacy',
      brandColor: '#0B57d0',
      language: 'de',
      requireVerifiedEmail: true,
      passwordMinLength: 8,
      allowedOrigins: ['https://app.example.com'],
      cookieSecure: true,
    });
  });

  const optional = Object.keys(GOOD).slice(0, 6);

  it.each(optional)('does without %s', (name) => {
    expect(Object.values(readPageSettings({ ...GOOD, [name]: '' }))).toContain('');
  });

  it.each(Object.keys(GOOD))('does not read settings without the variable %s', (name) => {
    expect(read({ [name]: undefined })).toThrow(/^The setting /);
  });

  it.each([
    ['PRODUCT_NAME', ' Example'],
    ['PRODUCT_NAME', 'two\nlines'],
    ['PRODUCT_NAME', 'x\u202ey'],
    ['PRODUCT_NAME', 'x'.repeat(61)],
    ['LOGO_URL', 'http://cdn.example.com/logo.svg'],
    ['LOGO_URL', 'data:image/png;base64,AAAA'],
    ['LOGO_URL', 'https://*'],
    ['LOGO_URL', 'https://*.example.com/logo.svg'],
    ['LOGO_URL', 'https://cdn.example.com;sandbox/logo.svg'],
    ['LOGO_URL', "https://cdn.example.com,script-src'/logo.svg"],
    ['HOME_URL', 'javascript:alert(1)'],
    ['HOME_URL', 'www.example.com'],
    ['TERMS_URL', '/terms'],
    ['TERMS_URL', 'https://user:password@example.com'],
    ['PRIVACY_URL', 'ftp://localhost/'],
    ['BRAND_COLOR', 'blue'],
    ['BRAND_COLOR', '#00f'],
    ['BRAND_COLOR', '#0b57d0;}'],
    ['LANGUAGE', ''],
    ['LANGUAGE', 'tlh'],
    ['ALLOWED_ORIGINS', '*'],
  ])('refuses %s=%j, by the name in serverless.yml', (name, value) => {
    const setting = name
      .toLowerCase()
      .replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    expect(read({ [name]: value })).toThrow(`The setting ${setting} is "${value}", and has to be `);
  });

  // The contrasts are those of https://webaim.org/resources/contrastchecker/.
  it.each([
    ['#767676', 4.54],
    ['#000000', 21],
    ['#d0021b', 5.64],
  ])('accepts the colour %s, on which white has a contrast of %d', (BRAND_COLOR) => {
    expect(readPageSettings({ ...GOOD, BRAND_COLOR }).brandColor).toBe(BRAND_COLOR);
  });

  it.each([
    ['#777777', 4.48],
    ['#ffffff', 1],
    ['#ff0000', 4],
    ['#00a000', 3.4],
  ])('refuses the colour %s, on which white has a contrast of %d', (BRAND_COLOR) => {
    expect(read({ BRAND_COLOR })).toThrow('dark enough for white text');
  });

  it('lists everything that is wrong', () => {
    const wrong = { LOGO_URL: 'x', BRAND_COLOR: 'y', LANGUAGE: 'z' };
    expect(read(wrong)).toThrow(/logoUrl.*\n.*brandColor.*\n.*language/);
  });
});
