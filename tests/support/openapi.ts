/** Reads the OpenAPI document and compares answers with it. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type AnySchema } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

interface Header {
  required?: boolean;
  schema: AnySchema;
}

interface Operation {
  operationId: string;
  requestBody?: { content: Record<string, { schema: AnySchema & { required: string[] } }> };
  responses: Record<
    string,
    { headers: Record<string, Header>; content?: Record<string, { schema: AnySchema }> }
  >;
}

export const document = JSON.parse(
  readFileSync(new URL('../../lib/api/openapi.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;

const { paths } = new Validator().resolveRefs({ specification: document }) as {
  paths: Record<string, Record<string, Operation>>;
};

/** The operations by route, such as `POST /users`. */
export const operations = Object.fromEntries(
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  ),
);

/** Returns the route of a request; undefined if the document has none. */
export function routeOf(method: string, path: string): string | undefined {
  const asked = `${method} ${path}`;
  const takes = (route: string) => RegExp(`^${route.replace(/\{\w+\}/, '[^/]+')}$`).test(asked);
  return asked in operations ? asked : Object.keys(operations).find(takes);
}

const ajv = new Ajv2020({
  allErrors: true,
  formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, password: true },
});

/** Lists what is wrong with a value: nothing if it matches the schema. */
export function problems(schema: AnySchema, value: unknown): string[] {
  const isAllowed = ajv.validate(schema, value) as boolean;
  return (isAllowed ? [] : (ajv.errors ?? [])).map(
    ({ instancePath, message }) => `${instancePath} ${String(message)}`,
  );
}

/** The headers that depend on the answer. Other tests check those that every answer has. */
const TELLING = ['set-cookie', 'location', 'retry-after'];

/**
 * Fails unless the document describes the answer for its route.
 *
 * @param body the parsed body; '' or absent if there is none
 */
export function expectDocumented(
  route: string,
  { status, headers, body }: { status: number; headers: Headers; body?: unknown },
): void {
  const response = operations[route]?.responses[status];
  if (!response) return expect.fail(`${route} has no answer ${String(status)}`);
  const wrong = TELLING.flatMap((name) => {
    const header = response.headers[name];
    const value = headers.get(name);
    if (value === null) return header?.required ? [`no ${name}`] : [];
    return header ? problems(header.schema, value) : [`a ${name}`];
  });
  const content = response.content?.['application/json'];
  if (content) {
    if (headers.get('content-type') !== 'application/json') wrong.push('another content type');
    wrong.push(...problems(content.schema, body));
  } else if (body !== undefined && body !== '') wrong.push('a body');
  expect(wrong, `${route} ${String(status)}`).toEqual([]);
}
