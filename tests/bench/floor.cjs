/* eslint-disable @typescript-eslint/no-require-imports -- CommonJS, as the bundles are */
/** The floor of a start: one BatchGetItem, signed by hand, and nothing else of an SDK or of ours. */
const { createHash, createHmac } = require('node:crypto');
const { request } = require('node:http');
// Not used here, but for the real DynamoDB, and so part of every start.
require('node:https');
const { env } = require('node:process');

/**
 * @param {string | Buffer} key
 * @param {string} text
 */
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
/** @param {string} text */
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
exports.handler = () => {
  const url = new URL(String(env['AWS_ENDPOINT_URL_DYNAMODB']));
  const body = JSON.stringify({
    RequestItems: { users: { Keys: [{ id: { S: 'a' }, item: { S: 'user' } }] } },
  });
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const target = 'DynamoDB_20120810.BatchGetItem';
  const scope = `${time.slice(0, 8)}/${String(env['AWS_REGION'])}/dynamodb/aws4_request`;
  const names = 'content-type;host;x-amz-date;x-amz-target';
  const type = 'application/x-amz-json-1.0';
  const canonical = `POST\n/\n\ncontent-type:${type}\nhost:${url.host}\nx-amz-date:${time}\nx-amz-target:${target}\n\n${names}\n${sha256(body)}`;
  const key = scope
    .split('/')
    .reduce(
      (/** @type {string | Buffer} */ secret, part) => hmac(secret, part),
      `AWS4${String(env['AWS_SECRET_ACCESS_KEY'])}`,
    );
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`;
  const signature = createHmac('sha256', key).update(text).digest('hex');
  const headers = {
    'content-type': type,
    'x-amz-date': time,
    'x-amz-target': target,
    authorization: `AWS4-HMAC-SHA256 Credential=${String(env['AWS_ACCESS_KEY_ID'])}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', headers }, (response) => {
      let answer = '';
      response.setEncoding('utf8').on('data', (/** @type {string} */ part) => (answer += part));
      response.on('end', () => {
        resolve({ statusCode: response.statusCode, body: JSON.stringify(JSON.parse(answer)) });
      });
    })
      .on('error', reject)
      .end(body);
  });
};
