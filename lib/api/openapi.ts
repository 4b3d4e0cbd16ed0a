/** Turns contract.ts into an OpenAPI 3.1 document, which `npm run openapi` writes. */
import { API, REFUSAL, type Operation, type Schema } from './contract.ts';
import type { Field, Fields } from './fields.ts';

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** The statuses after which a retry may succeed. Their answers may have `Retry-After`. */
const PASSING = ['409', '429', '503'];

/** Every answer of a function has it. */
const REQUEST_ID = { 'x-request-id': { $ref: '#/components/headers/RequestId' } };
const RETRY_AFTER = { 'retry-after': { $ref: '#/components/headers/RetryAfter' } };

/**
 * Creates the document.
 *
 * @param version the version of the service
 */
export function createDocument(version: string): object {
  const operations = Object.entries<Operation>(API);
  const paths: Record<string, object> = {};
  for (const [route, operation] of operations) {
    const [method = '', path = ''] = route.split(' ');
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(operation) };
  }
  const bodies = operations.flatMap(([, { operationId, fields }]) =>
    fields ? [[operationId, bodyOf(fields)] as const] : [],
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'User authentication service',
      version,
      description:
        'Send fields as JSON or as a form. Other fields are ignored. Refusals that come from API ' +
        'Gateway itself have none of the headers described here.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: 'http://localhost:3000', description: 'npm start' }],
    paths,
    components: {
      schemas: { ...Object.fromEntries(bodies), refusal: REFUSAL },
      headers: {
        RequestId: {
          description: 'Finds this request in the log',
          schema: { type: 'string' },
        },
        RetryAfter: {
          description: 'Seconds to wait before retrying; absent if unknown',
          schema: { type: 'string', pattern: '^[0-9]+$' },
        },
      },
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'session_id',
          description: 'Named `__Host-session_id` where the setting `sessionCookies` says so',
        },
      },
    },
  };
}

function describe(operation: Operation): object {
  const { operationId, summary, session, parameters, fields, success, refusals } = operation;
  return {
    operationId,
    summary,
    ...(session && { security: [{ session: [] }] }),
    ...(parameters && { parameters: Object.entries(parameters).map(parameter) }),
    ...(fields && { requestBody: { required: true, content: sentAs(operationId) } }),
    responses: {
      [success.status]: {
        description: success.description,
        headers: { ...REQUEST_ID, ...headersOf(success.headers) },
        ...(success.body && { content: { [JSON_TYPE]: { schema: success.body } } }),
      },
      ...Object.fromEntries(Object.entries(refusals).map(refusal)),
    },
  };
}

function bodyOf(fields: Fields): object {
  const all = Object.entries(fields);
  return {
    type: 'object',
    properties: Object.fromEntries(all.map(([name, field]) => [name, schemaOf(field)])),
    required: all.filter(([, { optional }]) => !optional).map(([name]) => name),
  };
}

/** JSON Schema says of the object, not of the field, that it may be missing. */
function schemaOf(field: Field): object {
  return { ...field, optional: undefined };
}

function sentAs(operationId: string): object {
  const schema = { $ref: `#/components/schemas/${operationId}` };
  return { [JSON_TYPE]: { schema }, [FORM_TYPE]: { schema } };
}

function parameter([name, { description, ...schema }]: [string, Fields[string]]): object {
  return { name, in: 'path', required: true, description, schema };
}

function headersOf(schemas: Readonly<Record<string, Schema>> = {}): object {
  const headers = Object.entries(schemas).map(([name, schema]) => [
    name,
    { required: true, schema },
  ]);
  return Object.fromEntries(headers) as object;
}

function refusal([status, description]: [string, string]): [string, object] {
  return [
    status,
    {
      description,
      headers: { ...REQUEST_ID, ...(PASSING.includes(status) && RETRY_AFTER) },
      content: { [JSON_TYPE]: { schema: { $ref: '#/components/schemas/refusal' } } },
    },
  ];
}
