import type { Field, Fields, Values } from '../api/fields.ts';
import { AuthError, invalidField } from '../core/errors.ts';
import type { Request } from './endpoint.ts';

const MAX_BODY_BYTES = 8192;

/**
 * Reads the fields of a body, form or JSON alike, that a schema (lib/api/fields.ts) names. Other fields
 * are ignored.
 *
 * @throws AuthError `invalid_field` if a field is missing, repeated, empty, not a string, not
 *   well-formed Unicode, or has a value that is not allowed; `invalid_body`; `body_too_large` over
 *   8 kB; `unsupported_media_type`
 */
export function readFields<Schema extends Fields>(
  request: Request,
  schema: Schema,
): Values<Schema> {
  const fields = parseBody(request);
  const read = ([name, { minLength, optional, const: only }]: [string, Field]): [
    string,
    string | undefined,
  ] => {
    const given = fields.filter(([key]) => key === name).map(([, each]) => each);
    if (given.length === 0 && optional) return [name, undefined];
    const [value, ...more] = given;
    if (value === undefined) throw invalidField(name, 'is missing');
    if (more.length > 0) throw invalidField(name, 'is given more than once');
    if (typeof value !== 'string') throw invalidField(name, 'must be a string');
    if (value.length < minLength) throw invalidField(name, 'is empty');
    // Decoding turns bytes that are not UTF-8 into U+FFFD: two values would become one.
    if (!value.isWellFormed() || value.includes('\uFFFD')) {
      throw invalidField(name, 'is not valid UTF-8');
    }
    if (only !== undefined && value !== only) throw invalidField(name, `must be ${only}`);
    return [name, value];
  };
  return Object.fromEntries(Object.entries(schema).map(read)) as Values<Schema>;
}

function parseBody(request: Request): [string, unknown][] {
  const body = decodeBody(request);
  const [contentType = ''] = (request.headers['content-type'] ?? '').split(';');
  const type = contentType.trim().toLowerCase();
  switch (type) {
    case 'application/x-www-form-urlencoded':
      return [...new URLSearchParams(body)];
    case 'application/json':
      return parseJson(body);
    default:
      if (body === '') return [];
      throw new AuthError('unsupported_media_type', unsupported(type));
  }
}

function unsupported(type: string): string {
  // What fetch makes of a page's FormData.
  return type === 'multipart/form-data'
    ? 'multipart/form-data is not supported, send URLSearchParams or JSON'
    : 'The body must be application/x-www-form-urlencoded or application/json';
}

function decodeBody({ body, isBase64Encoded }: Request): string {
  // Absent in API Gateway, null in the emulator.
  const sent = (body as string | null | undefined) ?? '';
  // Checked before any work that grows with the length. Base64 makes 4 characters of 3 bytes.
  if (sent.length > (isBase64Encoded ? 4 * Math.ceil(MAX_BODY_BYTES / 3) : MAX_BODY_BYTES)) {
    throw bodyTooLarge();
  }
  if (
    isBase64Encoded &&
    !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(sent)
  ) {
    throw new AuthError('invalid_body', 'The body is not valid base64');
  }
  const bytes = Buffer.from(sent, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) throw bodyTooLarge();
  const text = bytes.toString();
  // Some decoders drop it and others keep it: the first field would depend on who reads it.
  if (text.startsWith('\uFEFF')) {
    throw new AuthError('invalid_body', 'The body must not start with a byte order mark');
  }
  return text;
}

function bodyTooLarge(): AuthError {
  return new AuthError('body_too_large', 'The body must be at most 8 kB long');
}

function parseJson(body: string): [string, unknown][] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new AuthError('invalid_body', 'The body is not valid JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AuthError('invalid_body', 'The body must be a JSON object');
  }
  const repeated = repeatedNames(body).map((name): [string, unknown] => [name, undefined]);
  return [...Object.entries(value), ...repeated];
}

/** The names that a valid JSON object has more than once: JSON.parse drops all but the last. */
function repeatedNames(object: string): string[] {
  const seen = new Set<string>();
  const repeated: string[] = [];
  let depth = 0;
  for (const [token, string, colon] of object.matchAll(/("(?:[^"\\]|\\.)*")\s*(:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1 && string !== undefined && colon !== undefined) {
      const name = JSON.parse(string) as string;
      if (seen.has(name)) repeated.push(name);
      seen.add(name);
    }
  }
  return repeated;
}
