/**
 * Creates events as an API Gateway HTTP API sends them (payload format 2.0): headers in lower case,
 * cookies separate from headers, form bodies in base64, and no field for what a request does not have.
 */
import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { randomUUID } from 'node:crypto';
import type { Request } from '../../lib/http/endpoint.ts';

export interface EventParts {
  /** Sent as application/x-www-form-urlencoded; a list repeats the field. */
  form?: Record<string, string | string[]>;
  /** Sent as application/json. */
  json?: unknown;
  /** Sent unchanged, with `contentType` if that is given. */
  body?: string | Uint8Array;
  contentType?: string;
  cookies?: string[];
  /** The values of `{id}` and `{page}` in the path. */
  id?: string;
  page?: string;
  /** Without the `?`. */
  query?: string;
  headers?: Record<string, string>;
}

/**
 * Creates the event of a request.
 *
 * @param route such as `POST /users`
 */
export function event(route: string, parts: EventParts = {}): Request {
  const [method = '', path = ''] = route.split(' ');
  const { id = '', page = '', query = '' } = parts;
  const { body, contentType } = encode(parts);
  // API Gateway passes text and JSON on unchanged and encodes everything else in base64.
  const isBase64Encoded =
    body !== undefined && !/^(?:text\/.*|application\/json)\b/.test(contentType ?? '');
  return {
    version: '2.0',
    routeKey: route,
    rawPath: path
      .replace('{id}', encodeURIComponent(id))
      .replace('{page}', encodeURIComponent(page)),
    rawQueryString: query,
    ...(parts.cookies && { cookies: parts.cookies }),
    headers: {
      accept: '*/*',
      host: 'abc123.execute-api.eu-west-1.amazonaws.com',
      'user-agent': 'curl/8.5.0',
      'x-forwarded-for': '192.0.2.7',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
      ...(contentType !== undefined && { 'content-type': contentType }),
      ...(body !== undefined && { 'content-length': String(body.length) }),
      ...parts.headers,
    },
    ...(path.includes('{id}') && { pathParameters: { id } }),
    ...(path.includes('{page}') && { pathParameters: { page } }),
    requestContext: {
      accountId: '123456789012',
      apiId: 'abc123',
      domainName: 'abc123.execute-api.eu-west-1.amazonaws.com',
      domainPrefix: 'abc123',
      http: {
        method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: '192.0.2.7',
        userAgent: 'curl/8.5.0',
      },
      requestId: randomUUID(),
      routeKey: route,
      stage: '$default',
      time: '23/Nov/2026:10:00:00 +0000',
      timeEpoch: 1795428000000,
    },
    ...(body !== undefined && { body: body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
    isBase64Encoded,
  };
}

/**
 * Returns the same request as the emulator passes it: the body as text, cookies only in the `Cookie`
 * header, and null for what the request does not have.
 *
 * @param cookies the emulator's value of `cookies`, which never has the cookies
 */
export function emulated(request: Request, cookies: null | [] = []): Request {
  const { body, isBase64Encoded, cookies: sent, headers, ...rest } = request;
  return {
    ...rest,
    body:
      body === undefined ? null : Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8').toString(),
    cookies,
    headers: { ...headers, ...(sent && { cookie: sent.join('; ') }) },
    isBase64Encoded: false,
    pathParameters: null,
    queryStringParameters: null,
    stageVariables: null,
  } as unknown as Request;
}

export type AuthorizerEvent = APIGatewayRequestAuthorizerEventV2;

/** Creates the event of an authorizer without an identity source. */
export function authorizerEvent(route: string, parts: EventParts = {}): AuthorizerEvent {
  const { version, routeKey, rawPath, rawQueryString, cookies, headers, requestContext } = event(
    route,
    parts,
  );
  return {
    ...{ version, routeKey, rawPath, rawQueryString, headers, requestContext },
    ...(cookies && { cookies }),
    type: 'REQUEST',
    routeArn: `arn:aws:execute-api:eu-west-1:123456789012:abc123/$default/${route.replace(' ', '')}`,
    identitySource: [],
  } as unknown as AuthorizerEvent;
}

/**
 * Returns the same event as the emulator passes it: headers in their original case, without the client's
 * address.
 */
export function emulatedAuthorizerEvent(asked: AuthorizerEvent): AuthorizerEvent {
  const { version, type, routeArn, routeKey, rawPath, rawQueryString, requestContext } = asked;
  const { method, path, protocol } = requestContext.http;
  const cookies = asked.cookies as string[] | undefined;
  const headers = { ...asked.headers, ...(cookies && { cookie: cookies.join('; ') }) };
  const asSent = (name: string) => name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
  return {
    ...{ version, type, routeArn, routeKey, rawPath, rawQueryString },
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [asSent(name), value]),
    ),
    identitySource: [undefined],
    pathParameters: null,
    queryStringParameters: null,
    requestContext: { ...requestContext, http: { method, path, protocol } },
  } as unknown as AuthorizerEvent;
}

function encode(parts: EventParts): { body?: Buffer; contentType?: string } {
  if (parts.form) {
    const pairs = Object.entries(parts.form).flatMap(([name, values]) =>
      [values].flat().map((value): [string, string] => [name, value]),
    );
    return {
      body: Buffer.from(new URLSearchParams(pairs).toString()),
      contentType: parts.contentType ?? 'application/x-www-form-urlencoded',
    };
  }
  if (parts.json !== undefined) {
    return {
      body: Buffer.from(JSON.stringify(parts.json)),
      contentType: parts.contentType ?? 'application/json',
    };
  }
  return {
    ...(parts.body !== undefined && { body: Buffer.from(parts.body) }),
    ...(parts.contentType !== undefined && { contentType: parts.contentType }),
  };
}
