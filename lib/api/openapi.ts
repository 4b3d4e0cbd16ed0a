/** The contract of api.ts as an OpenAPI 3.1 document: `npm run openapi` writes it. */
import { API, REFUSAL, type Operation, type Schema } from './contract.ts';
import type { Fields } from './fields.ts';

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** Asking again may work later: its answers may say when. */
const PASSING = ['429', '503'];

/** On every answer of a function. */
const REQUEST_ID = { 'x-request-id': { $ref: '#/components/headers/RequestId' } };
const RETRY_AFTER = { 'retry-after': { $ref: '#/components/headers/RetryAfter' } };

/** @param version of the service */
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
        'Fields are sent as JSON or as a form, alike; what else is sent is ignored. What API ' +
        'Gateway refuses by itself has no headers of these.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: 'http://localhost:3000', description: 'npm start' }],
    paths,
    components: {
      schemas: { ...Object.fromEntries(bodies), refusal: REFUSAL },
      headers: {
        RequestId: {
          description: 'By it, the log has what became of the request',
          schema: { type: 'string' },
        },
        RetryAfter: {
          description: 'In so many seconds asking again may work; absent where that is not known',
          schema: { type: 'string', pattern: '^[0-9]+$' },
        },
      },
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'session_id' } },
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
  return { type: 'object', properties: fields, required: Object.keys(fields) };
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
