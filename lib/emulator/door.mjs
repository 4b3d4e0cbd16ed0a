import { Agent, createServer, request } from 'node:http';
import { listen } from './ports.mjs';

/** Where commands look for the DynamoDB of the stage `local`. */
export const DYNAMODB_PORT = 8000;

/**
 * Opens a way to DynamoDB Local on the loopback interface: DynamoDB Local itself listens on all
 * interfaces. It keeps the data of each access key apart, and asks for no signature. Here, requests get
 * the access key that nobody else knows: who asks DynamoDB Local directly finds no data.
 *
 * @param {string} endpoint of DynamoDB Local
 * @param {string} accessKey
 * @returns {Promise<string>} the URL: on DYNAMODB_PORT or, if that is taken, on a free port
 */
export async function openDoor(endpoint, accessKey) {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(endpoint);
  const server = createServer((asked, answer) => {
    const { method, url } = asked;
    // DynamoDB has one path. With any other, a page could be passed on to a host of its choice.
    if (url !== '/') {
      answer.writeHead(404).end();
      return;
    }
    const { authorization = '', ...headers } = asked.headers;
    const own = authorization.replace(
      /Credential=[^/]*\/([^/]*)\/[^/]*\//,
      `Credential=${accessKey}/$1/us-east-1/`,
    );
    const passedOn = request({
      agent,
      hostname,
      port,
      ...(method !== undefined && { method }),
      headers: { ...headers, ...(own && { authorization: own }) },
    });
    passedOn.on('response', (response) => {
      answer.writeHead(Number(response.statusCode), response.headers);
      response.pipe(answer);
    });
    passedOn.on('error', () => answer.destroy());
    answer.on('close', () => passedOn.destroy());
    asked.pipe(passedOn);
  });
  // The SDK keeps its connections for longer: it would use one in the moment in which it closes.
  server.keepAliveTimeout = 0;
  return `http://127.0.0.1:${String(await listen(server, DYNAMODB_PORT, '127.0.0.1'))}`;
}
