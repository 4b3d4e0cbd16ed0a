import { describe, expect, expectTypeOf, it } from 'vitest';
import { AuthError, FIELD_CODES, type ErrorCode } from '../../../lib/core/errors.ts';
import { json, type Success } from '../../../lib/http/answer.ts';
import { endpoint } from '../../../lib/http/endpoint.ts';
import { event } from '../../support/events.ts';
import { logOf } from '../../support/log.ts';

const ROUTE = 'POST /anything';
const settings = { allowedOrigins: [], cookieSecure: true, sessionAbsoluteSeconds: 3600 };

describe('endpoint', () => {
  it('compiles only with the answers of its route', () => {
    expectTypeOf(json(200, { message: 'Bienvenue' })).toExtend<Success<'GET /'>>();
    expectTypeOf(json(201, { message: 'Bienvenue' })).not.toExtend<Success<'GET /'>>();
    expectTypeOf(json(200, { message: 'Welcome' })).not.toExtend<Success<'GET /'>>();
    expectTypeOf(json(200, {})).not.toExtend<Success<'GET /'>>();
    expectTypeOf(json(200, { message: 'Bienvenue' })).not.toExtend<Success<never>>();
  });

  const answerTo = (error: unknown) =>
    endpoint(settings, () => {
      throw error;
    })(event(ROUTE));

  it.each<[ErrorCode, number]>([
    ...FIELD_CODES.map((code): [ErrorCode, number] => [code, 400]),
    ['invalid_body', 400],
    ['email_taken', 400],
    ['wrong_credentials', 401],
    ['no_session', 403],
    ['user_not_found', 403],
    ['bad_reset_token', 403],
    ['cross_site', 403],
    ['conflict', 409],
    ['body_too_large', 413],
    ['unsupported_media_type', 415],
    ['too_many_attempts', 429],
  ])('answers %s with %i, its message and its code', async (code, status) => {
    const answer = await answerTo(new AuthError(code, 'in plain words'));
    expect(answer.statusCode).toBe(status);
    const message = code === 'email_taken' ? 'email already registered' : 'in plain words';
    expect(answer.body).toBe(JSON.stringify({ message, code }));
  });

  it('logs every refusal of a field as bad input', async () => {
    for (const code of FIELD_CODES) {
      const log = await logOf(() => answerTo(new AuthError(code, 'in plain words')));
      expect(log).toMatchObject([{ event: 'input_validation_fail', reason: 'in plain words' }]);
    }
  });

  it('answers 503 with Retry-After while DynamoDB is not available', async () => {
    const cause = new Error('ECONNREFUSED');
    const error = new AuthError('unavailable', 'please try again', { cause, retryAfterSeconds: 2 });
    const log = await logOf(async () => {
      const answer = await answerTo(error);
      expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': '2' } });
      expect(answer.body).toBe('{"message":"please try again","code":"unavailable"}');
    });
    expect(log).toMatchObject([
      {
        level: 'ERROR',
        message: 'The service is not available',
        error: { cause: { message: 'ECONNREFUSED' } },
      },
    ]);
  });

  it('logs an unexpected error with the id of the request, and hides it from the client', async () => {
    for (const error of [new Error('the secret inside'), 'a string', undefined, null]) {
      let id: unknown;
      const log = await logOf(async () => {
        const { statusCode, headers, body } = await answerTo(error);
        expect(statusCode).toBe(500);
        expect(body).toBe('{"message":"Something went wrong","code":"internal_error"}');
        id = headers?.['x-request-id'];
      });
      expect(log).toMatchObject([
        {
          level: 'ERROR',
          message: 'A request failed',
          request_id: id,
          source_ip: '192.0.2.7',
          error: error instanceof Error ? { message: 'the secret inside' } : {},
        },
      ]);
    }
  });

  it('logs no item that an SDK error carries', async () => {
    const error = Object.assign(new Error('refused'), { Item: { hashed_password: 'canary' } });
    const log = await logOf(() => answerTo(error));
    expect(log).toHaveLength(1);
    expect(JSON.stringify(log)).not.toContain('canary');
  });

  it('sets the same security headers on every answer', async () => {
    const welcome = endpoint<'GET /'>(settings, () =>
      Promise.resolve(json(200, { message: 'Bienvenue' })),
    );
    const answers = [
      await welcome(event(ROUTE)),
      await answerTo(new AuthError('no_session', 'no')),
    ];
    for (const { headers } of answers) {
      expect(headers).toEqual({
        'cache-control': 'no-store',
        'content-security-policy':
          "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        'content-type': 'application/json',
        'cross-origin-resource-policy': 'same-site',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=63072000; includeSubDomains',
        'x-content-type-options': 'nosniff',
        'x-request-id': expect.any(String),
      });
    }
  });
});
