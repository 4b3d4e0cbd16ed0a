/** The floor of a start: a function's own calls, signed by hand, without an SDK or our code. */
import { createHash, createHmac } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { env } from 'node:process';
import type { Call } from './stage.ts';

/** DynamoDB uses https, DynamoDB Local http. Like the SDK, code for both loads both modules. */
const { Agent, request } = env['AWS_ENDPOINT_URL_DYNAMODB']?.startsWith('http:') ? http : https;
const agent = new Agent({ keepAlive: true });

const hmac = (key: string | Buffer, text: string) =>
  createHmac('sha256', key).update(text).digest();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

export async function handler({ calls }: { calls: Call[][] }) {
  for (const step of calls) await Promise.all(step.map(send));
  return { statusCode: 200 };
}

/**
 * Signs a call and sends it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
function send({ path, headers: own, body }: Call): Promise<unknown> {
  const { host, hostname, port } = new URL(String(env['AWS_ENDPOINT_URL_DYNAMODB']));
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/${String(env['AWS_REGION'])}/dynamodb/aws4_request`;
  const headers: Call['headers'] = { ...own, host, 'x-amz-date': time };
  const names = Object.keys(headers).sort();
  const listed = names.map((name) => `${name}:${String(headers[name])}\n`).join('');
  const canonical = `POST\n${path}\n\n${listed}\n${names.join(';')}\n${sha256(body)}`;
  const key = scope
    .split('/')
    .reduce<string | Buffer>(hmac, `AWS4${String(env['AWS_SECRET_ACCESS_KEY'])}`);
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`;
  const signature = createHmac('sha256', key).update(text).digest('hex');
  headers['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${String(env['AWS_ACCESS_KEY_ID'])}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return new Promise((resolve, reject) => {
    request({ agent, method: 'POST', hostname, port, path, headers }, (response) => {
      let answer = '';
      response.setEncoding('utf8').on('data', (part: string) => (answer += part));
      response.on('end', () => {
        resolve(JSON.parse(answer));
      });
    })
      .on('error', reject)
      .end(body);
  });
}
