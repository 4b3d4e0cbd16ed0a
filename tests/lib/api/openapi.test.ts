/** The OpenAPI document is current and valid, and requests and answers match its schemas. */
import { Validator } from '@seriousme/openapi-schema-validator';
import fc from 'fast-check';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { API, type Operation } from '../../../lib/api/contract.ts';
import { AuthError } from '../../../lib/core/errors.ts';
import { readFields } from '../../../lib/http/body.ts';
import { runScript } from '../../support/cli.ts';
import { refusal, request, type Route } from '../../support/client.ts';
import { ROOT } from '../../support/emulator.ts';
import { event } from '../../support/events.ts';
import { document, expectDocumented, operations, problems } from '../../support/openapi.ts';
import { readServerless } from '../../support/serverless.ts';

/** The operations with a body, the fields in the contract and the schema in the document. */
const WITH_FIELDS = Object.entries(API).flatMap(([route, operation]) => {
  const schema = operations[route]?.requestBody?.content['application/json']?.schema;
  return 'fields' in operation && schema
    ? [{ route: route as Route, fields: operation.fields, schema }]
    : [];
});

describe('lib/api/openapi.json', () => {
  it('equals what `npm run openapi` writes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'openapi-'));
    const file = join(folder, 'openapi.json');
    expect(await runScript('openapi', [file])).toMatchObject({ status: 0, stderr: '' });
    expect(await readFile(file, 'utf8')).toBe(
      await readFile(join(ROOT, 'lib', 'api', 'openapi.json'), 'utf8'),
    );
    await rm(folder, { recursive: true });
  });

  it('is valid OpenAPI 3.1', async () => {
    const copy = structuredClone(document);
    expect(await new Validator().validate(copy)).toEqual({ valid: true });
    expect(copy['openapi']).toMatch(/^3\.1\./);
  });

  it('has exactly the routes and function names of serverless.yml, but for pages', () => {
    const deployed = Object.entries(readServerless().functions).flatMap(([name, { events }]) =>
      (events ?? []).map(({ httpApi }) => [httpApi, name]),
    );
    const documented = Object.entries<Operation>(API).map(([route, operation]) => [
      route,
      operation.function ?? operation.operationId,
    ]);
    expect(Object.keys(operations).sort()).toEqual(Object.keys(API).sort());
    const pages = [
      ['GET /account/{page}', 'getPage'],
      ['*', 'notFound'],
    ];
    expect(Object.fromEntries([...documented, ...pages])).toEqual(Object.fromEntries(deployed));
  });

  it('describes exactly the parameters that each path names', () => {
    for (const [route, operation] of Object.entries(API)) {
      const named = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect('parameters' in operation ? Object.keys(operation.parameters) : []).toEqual(named);
    }
  });
});

describe('a request to', () => {
  it.each(WITH_FIELDS)(
    '$route is accepted if and only if it matches the schema of the document',
    ({ fields, schema }) => {
      const text = fc
        .string({ unit: 'binary' })
        .filter((value) => value.isWellFormed() && !value.includes('\uFFFD'));
      const value = fc.oneof(
        { weight: 5, arbitrary: text },
        fc.constantFrom<unknown>('', 0, true, null, [], {}, ['a']),
      );
      const body = fc.record(
        { ...Object.fromEntries(Object.keys(fields).map((name) => [name, value])), other: value },
        { requiredKeys: [] },
      );
      const isRead = (json: unknown): boolean => {
        try {
          readFields(event('POST /anything', { json }), fields);
          return true;
        } catch (error) {
          expect(error).toBeInstanceOf(AuthError);
          return false;
        }
      };
      fc.assert(
        fc.property(body, (json) => {
          expect(isRead(json)).toBe(problems(schema, json).length === 0);
        }),
        { numRuns: 300 },
      );
    },
  );

  it.each(WITH_FIELDS)(
    '$route is refused without any of the fields that the document requires',
    async (each) => {
      const { route, schema } = each;
      expect(schema.required).not.toEqual([]);
      for (const missing of schema.required) {
        const others = schema.required.filter((name) => name !== missing);
        const form = Object.fromEntries(others.map((name) => [name, 'x']));
        expect(await request(route, { form })).toStrictEqual(
          refusal(400, `${missing} is missing`, 'invalid_field'),
        );
      }
      const form = Object.fromEntries(schema.required.map((name) => [name, 'x']));
      const { body } = await request(route, { form });
      expect(body).not.toMatchObject({ message: expect.stringContaining('is missing') });
    },
  );
});

describe('expectDocumented', () => {
  const json = { 'content-type': 'application/json' };
  const cookie = { 'set-cookie': 'session_id=x; Max-Age=1' };
  const loggedIn = { email: 'a@b.c', message: 'logged in' };

  it.each<[string, Route, number, Record<string, string>, unknown]>([
    ['another status', 'GET /profile', 201, json, { email: 'a@b.c' }],
    ['an additional field', 'GET /profile', 200, json, { email: 'a@b.c', id: 'x' }],
    ['a missing field', 'GET /profile', 200, json, {}],
    ['another message', 'POST /users', 200, json, { email: 'a@b.c', message: 'created' }],
    ['no message', 'GET /profile', 403, json, {}],
    ['a code of another form', 'GET /profile', 403, json, { message: 'x', code: 'No' }],
    ['no cookie', 'POST /sessions', 200, json, loggedIn],
    ['an undocumented cookie', 'GET /profile', 200, { ...json, ...cookie }, { email: 'a@b.c' }],
    ['a cleared cookie', 'POST /sessions', 200, { ...json, 'set-cookie': '=' }, loggedIn],
    ['another content type', 'GET /profile', 200, {}, { email: 'a@b.c' }],
    [
      'an undocumented Retry-After',
      'GET /profile',
      403,
      { ...json, 'retry-after': '1' },
      { message: 'x' },
    ],
    [
      'a Retry-After that is not a number',
      'GET /',
      503,
      { ...json, 'retry-after': 'Mon' },
      { message: 'x' },
    ],
    ['an undocumented body', 'DELETE /sessions', 302, {}, { message: 'x' }],
  ])('rejects an answer with %s', (_, route, status, headers, body) => {
    expect(() => {
      expectDocumented(route, { status, headers: new Headers(headers), body });
    }).toThrow(/has no answer|to deeply equal \[\]/);
  });

  it('accepts an answer that the document describes', () => {
    const headers = new Headers({ ...json, ...cookie });
    expectDocumented('POST /sessions', { status: 200, headers, body: loggedIn });
  });
});
