import { describe, expect, it } from 'vitest';
import { readConfig } from '../../lib/config.ts';

const GOOD = {
  TABLE_NAME: 'users',
  INSECURE: 'true',
  RESET_TOKEN_DELIVERY: 'response',
  MAIL_EVENTS: 'false',
  ALLOWED_ORIGINS: 'https://app.example.com,https://example.com:8443',
  FAILED_LOGINS_PER_SOURCE: '100',
  PASSWORD_MIN_LENGTH: '8',
  REFUSE_COMMON_PASSWORDS: 'true',
  REFUSE_BREACHED_PASSWORDS: 'false',
  BCRYPT_COST: '12',
  REQUIRE_VERIFIED_EMAIL: 'false',
  COOKIE_SECURE: 'true',
  SESSION_COOKIES: 'session_id',
  SESSION_IDLE_SECONDS: '604800',
  SESSION_ABSOLUTE_SECONDS: '2592000',
  RESET_TOKEN_SECONDS: '3600',
  EMAIL_TOKEN_SECONDS: '86400',
  LOG_KEY: 'a key',
  IMPORTED_PASSWORD_KEY: 'another key',
};

/** The name of a setting in serverless.yml. */
const settingOf = (name: string) =>
  name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

describe('readConfig', () => {
  it('reads every setting', () => {
    expect(readConfig(GOOD)).toEqual({
      tableName: 'users',
      resetTokenDelivery: 'response',
      mail: undefined,
      allowedOrigins: ['https://app.example.com', 'https://example.com:8443'],
      failedLoginsPerSource: 100,
      passwordMinLength: 8,
      refuseCommonPasswords: true,
      refuseBreachedPasswords: false,
      bcryptCost: 12,
      requireVerifiedEmail: false,
      cookieSecure: true,
      sessionCookies: ['session_id'],
      sessionIdleSeconds: 604800,
      sessionAbsoluteSeconds: 2592000,
      resetTokenSeconds: 3600,
      emailTokenSeconds: 86400,
      logKey: 'a key',
      importedPasswordKey: 'another key',
    });
    expect(readConfig({ ...GOOD, COOKIE_SECURE: 'false' }).cookieSecure).toBe(false);
    expect(readConfig({ ...GOOD, ALLOWED_ORIGINS: '' }).allowedOrigins).toEqual([]);
    expect(readConfig({ ...GOOD, ALLOWED_ORIGINS: 'localhost' }).allowedOrigins).toEqual([
      'localhost',
    ]);
  });

  it('takes any text as a key, or none, and quotes no bad one', () => {
    for (const key of [
      '',
      '146585145368132386173505678016728509634',
      'a b:"c"',
      'schl\u00fcssel',
    ]) {
      expect(readConfig({ ...GOOD, IMPORTED_PASSWORD_KEY: key }).importedPasswordKey).toBe(key);
    }
    for (const key of ['canary\n', ' canary', '\tcanary', ' ']) {
      expect(() => readConfig({ ...GOOD, IMPORTED_PASSWORD_KEY: key })).toThrow(
        /^The setting importedPasswordKey is \(secret\), and has to be a key without spaces/,
      );
    }
  });

  it('takes the prefix __Host- only for a cookie that is Secure', () => {
    for (const names of ['__Host-session_id', '__Host-session_id, session_id']) {
      const { sessionCookies } = readConfig({ ...GOOD, SESSION_COOKIES: names });
      expect(sessionCookies).toEqual(names.split(', '));
      const plain = { ...GOOD, SESSION_COOKIES: names, COOKIE_SECURE: 'false' };
      expect(() => readConfig(plain)).toThrow(/sessionCookies is .* unless cookieSecure is true/);
    }
  });

  it('takes no key where no password is verified', () => {
    const env = { ...GOOD, IMPORTED_PASSWORD_KEY: undefined };
    expect(readConfig(env).importedPasswordKey).toBe('');
  });

  const NEEDED = Object.keys(GOOD).filter((name) => name !== 'IMPORTED_PASSWORD_KEY');

  it.each(NEEDED)('throws if %s is missing, and names it', (name) => {
    expect(() => readConfig({ ...GOOD, [name]: undefined })).toThrow(settingOf(name));
    if (name !== 'ALLOWED_ORIGINS') {
      expect(() => readConfig({ ...GOOD, [name]: '' })).toThrow(settingOf(name));
    }
  });

  it.each([
    [
      'ALLOWED_ORIGINS',
      [
        '*',
        'app.example.com',
        'https://a.example/',
        'https://*.example.com',
        'null',
        'ftp://a.example',
      ],
    ],
    ['FAILED_LOGINS_PER_SOURCE', ['-1', 'many', '1000001']],
    ['REFUSE_COMMON_PASSWORDS', ['yes']],
    ['REFUSE_BREACHED_PASSWORDS', ['0']],
    ['PASSWORD_MIN_LENGTH', ['0', '65', '-1', '8.5', 'eight', ' 8', '0x8', '1e1']],
    ['BCRYPT_COST', ['3', '15', 'NaN', '12 ']],
    ['COOKIE_SECURE', ['yes', '1', 'TRUE']],
    ['SESSION_COOKIES', ['id', 'Session_id', 'session_id,', '__Secure-session_id', 'session_id;x']],
    ['SESSION_IDLE_SECONDS', ['0', '31536001', '9999999999']],
    ['SESSION_ABSOLUTE_SECONDS', ['0', '31536001']],
    ['RESET_TOKEN_SECONDS', ['0', '31536001']],
    ['EMAIL_TOKEN_SECONDS', ['0', '31536001']],
    ['REQUIRE_VERIFIED_EMAIL', ['yes', '1', 'True']],
    ['RESET_TOKEN_DELIVERY', ['sms', 'Response']],
  ])('throws if %s is invalid, and says which values are valid', (name, values) => {
    for (const value of values) {
      expect(() => readConfig({ ...GOOD, [name]: value })).toThrow(
        `The setting ${settingOf(name)} is "${value}", and has to be `,
      );
    }
  });

  describe('with the delivery `email`', () => {
    const MAIL = {
      ...GOOD,
      RESET_TOKEN_DELIVERY: 'email',
      MAIL_FROM: 'No-Reply@example.com',
      PASSWORD_RESET_PAGE: 'https://app.example.com/reset?lang=en',
      EMAIL_VERIFICATION_PAGE: 'https://app.example.com/verify',
      MAIL_FUNCTION: 'send-mail',
      MAIL_CONFIGURATION_SET: 'a-stage',
    };

    it('reads the settings of mail', () => {
      expect(readConfig(MAIL)).toMatchObject({
        resetTokenDelivery: 'email',
        mail: {
          mailFrom: 'No-Reply@example.com',
          passwordResetPage: 'https://app.example.com/reset?lang=en',
          emailVerificationPage: 'https://app.example.com/verify',
          mailFunction: 'send-mail',
          configurationSet: undefined,
        },
      });
      const watched = { ...MAIL, MAIL_EVENTS: 'true' };
      expect(readConfig(watched)).toMatchObject({ mail: { configurationSet: 'a-stage' } });
      for (const settings of [MAIL, GOOD]) {
        expect(() => readConfig({ ...settings, MAIL_EVENTS: 'yes' })).toThrow(
          'The setting mailEvents is "yes", and has to be true or false.',
        );
      }
      const local = { ...MAIL, PASSWORD_RESET_PAGE: 'http://localhost:5173/reset' };
      expect(readConfig(local)).toMatchObject({
        mail: { passwordResetPage: local.PASSWORD_RESET_PAGE },
      });
    });

    it('ignores the settings of mail if the delivery is `response` and there is no sender', () => {
      const other = { ...MAIL, RESET_TOKEN_DELIVERY: 'response', MAIL_FROM: '', MAIL_FUNCTION: '' };
      expect(readConfig(other)).toEqual(readConfig(GOOD));
    });

    it('reads the settings of mail for the delivery `response` if there is a sender', () => {
      const both = { ...MAIL, RESET_TOKEN_DELIVERY: 'response' };
      const { mail } = readConfig(MAIL);
      expect(readConfig(both)).toEqual({ ...readConfig(GOOD), mail });
      expect(() => readConfig({ ...both, MAIL_FROM: 'x' })).toThrow('mailFrom is "x"');
      expect(() => readConfig({ ...both, PASSWORD_RESET_PAGE: '' })).toThrow('passwordResetPage');
    });

    it.each([
      [
        'MAIL_FROM',
        [
          '',
          'no-reply',
          ' a@b.c',
          'Ann <a@b.c>',
          'a@b.c,d@e.f',
          'a@b.c\r\nBcc: d@e.f',
          'a@ü.example',
        ],
      ],
      [
        'PASSWORD_RESET_PAGE',
        [
          '',
          '/reset',
          'app.example.com/reset',
          'http://app.example.com/reset',
          'http://localhost.example.com/reset',
          'https://app.example.com/#reset',
          'https://app.example.com/#',
          'javascript:alert(1)',
        ],
      ],
      ['EMAIL_VERIFICATION_PAGE', ['', '/verify', 'http://app.example.com/verify']],
    ])('throws if %s is invalid, and says which values are valid', (name, values) => {
      for (const value of values) {
        expect(() => readConfig({ ...MAIL, [name]: value })).toThrow(
          `The setting ${settingOf(name)} is "${value}", and has to be `,
        );
      }
    });

    it.each(['MAIL_FROM', 'PASSWORD_RESET_PAGE', 'EMAIL_VERIFICATION_PAGE', 'MAIL_FUNCTION'])(
      'throws if %s is missing, and names it',
      (name) => {
        expect(() => readConfig({ ...MAIL, [name]: undefined })).toThrow(settingOf(name));
      },
    );
  });

  it('lists everything that is wrong, a line each', () => {
    const wrong = {
      ...GOOD,
      ...{ RESET_TOKEN_DELIVERY: 'fax', BCRYPT_COST: '3', COOKIE_SECURE: 'no' },
      SESSION_COOKIES: '__Host-session_id',
      MAIL_EVENTS: 'on',
      MAIL_CONFIGURATION_SET: 'a-stage',
    };
    const message = messageOf(() => readConfig(wrong));
    expect(message.split('\n')).toEqual([
      'The setting mailEvents is "on", and has to be true or false.',
      'The setting resetTokenDelivery is "fax", and has to be response or email.',
      expect.stringMatching(/^The setting mailFrom is "", .*\.$/),
      expect.stringMatching(/^The setting passwordResetPage is "", .*\.$/),
      expect.stringMatching(/^The setting emailVerificationPage is "", .*\.$/),
      'The setting mailFunction is "", and has to be given.',
      'The setting bcryptCost is "3", and has to be a whole number from 4 to 14.',
      'The setting cookieSecure is "no", and has to be true or false.',
    ]);
  });

  describe('without `insecure`', () => {
    const SECURE = {
      ...{ ...GOOD, INSECURE: 'false', RESET_TOKEN_DELIVERY: 'email' },
      MAIL_FROM: 'no-reply@example.com',
      PASSWORD_RESET_PAGE: 'https://app.example.com/reset',
      EMAIL_VERIFICATION_PAGE: 'https://app.example.com/verify',
      MAIL_FUNCTION: 'send-mail',
    };

    it.each([
      ['RESET_TOKEN_DELIVERY', 'response', 'email'],
      ['COOKIE_SECURE', 'false', 'true'],
      ['BCRYPT_COST', '9', 'at least 10'],
      ['PASSWORD_MIN_LENGTH', '7', 'at least 8'],
      ['REFUSE_COMMON_PASSWORDS', 'false', 'true'],
      ['ALLOWED_ORIGINS', 'https://a.example,http://b.example', 'a list of origins with https:'],
      ['PASSWORD_RESET_PAGE', 'http://localhost:5173/reset', 'a URL with https:'],
      ['EMAIL_VERIFICATION_PAGE', 'http://localhost/verify', 'a URL with https:'],
    ])('throws if %s is %s', (name, value, right) => {
      expect(messageOf(() => readConfig({ ...SECURE, [name]: value }))).toBe(
        `The setting ${settingOf(name)} is "${value}", and has to be ${right}, ` +
          'unless you set insecure to true.',
      );
      expect(() => readConfig({ ...SECURE, [name]: value, INSECURE: 'true' })).not.toThrow();
    });

    it('takes what is secure', () => {
      for (const [name, value] of [
        ['BCRYPT_COST', '10'],
        ['PASSWORD_MIN_LENGTH', '8'],
        ['ALLOWED_ORIGINS', 'https://a.example,http://localhost:5173'],
      ] as const) {
        expect(() => readConfig({ ...SECURE, [name]: value })).not.toThrow();
      }
    });
  });
});

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}
