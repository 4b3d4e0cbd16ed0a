/* eslint-disable @typescript-eslint/no-require-imports -- CommonJS, as the bundles are */
/** The floor of a start: the same calls, signed by hand, and the same bcrypt; nothing else of an SDK or of ours. */
const { createHash, createHmac } = require('node:crypto');
const { Agent, request } = require('node:http');
// Not used here, but for the real DynamoDB, and so part of every start.
require('node:https');
const { env } = require('node:process');

/** @typedef {import('./stage.ts').Call} Call */

const agent = new Agent({ keepAlive: true });

/**
 * @param {string | Buffer} key
 * @param {string} text
 */
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
/** @param {string} text */
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** @param {{ calls: Call[][], bcrypt?: { password: string, hash?: string }[] }} work the hashes to verify or, without one, to make */
exports.handler = async ({ calls, bcrypt = [] }) => {
  for (const step of calls) await Promise.all(step.map(send));
  for (const { password, hash } of bcrypt) {
    /** @type {typeof import('bcryptjs')} */
    const bcryptjs = require('bcryptjs');
    await (hash === undefined ? bcryptjs.hash(password, 4) : bcryptjs.compare(password, hash));
  }
  return { statusCode: 200 };
};

/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @param {Call} call
 */
function send({ path, headers: own, body }) {
  const { host, hostname, port } = new URL(String(env['AWS_ENDPOINT_URL_DYNAMODB']));
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/${String(env['AWS_REGION'])}/dynamodb/aws4_request`;
  /** @type {Record<string, string>} */
  const headers = { ...own, host, 'x-amz-date': time };
  const names = Object.keys(headers).sort();
  const listed = names.map((name) => `${name}:${String(headers[name])}\n`).join('');
  const canonical = `POST\n${path}\n\n${listed}\n${names.join(';')}\n${sha256(body)}`;
  const key = scope
    .split('/')
    .reduce(
      (/** @type {string | Buffer} */ secret, part) => hmac(secret, part),
      `AWS4${String(env['AWS_SECRET_ACCESS_KEY'])}`,
    );
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`;
  const signature = createHmac('sha256', key).update(text).digest('hex');
  headers['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${String(env['AWS_ACCESS_KEY_ID'])}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return new Promise((resolve, reject) => {
    request({ agent, method: 'POST', hostname, port, path, headers }, (response) => {
      let answer = '';
      response.setEncoding('utf8').on('data', (/** @type {string} */ part) => (answer += part));
      response.on('end', () => {
        resolve(JSON.parse(answer));
      });
    })
      .on('error', reject)
      .end(body);
  });
}
