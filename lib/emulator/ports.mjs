import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Lets a server listen on the port that is wanted or, if that is taken, on a free one.
 *
 * @param {import('node:net').Server} server
 * @param {number} wanted any free one if it is 0
 * @param {string} [host] all interfaces if undefined
 * @returns {Promise<number>} the port
 */
export async function listen(server, wanted, host) {
  try {
    await once(server.listen(wanted, host), 'listening');
  } catch {
    await once(server.listen(0, host), 'listening');
  }
  return portOf(server);
}

/**
 * Finds a port that nothing listens on, for a server that another program opens.
 *
 * @param {number} [wanted] returned if it is free
 * @param {string} [host] all interfaces if undefined
 * @returns {Promise<number>}
 */
export async function freePort(wanted = 0, host) {
  const server = createServer();
  const port = await listen(server, wanted, host);
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Returns the port on which a server listens.
 *
 * @param {import('node:net').Server} server
 */
export function portOf(server) {
  const address = server.address();
  if (address === null || typeof address !== 'object')
    throw new Error('The server does not listen on a port.');
  return address.port;
}
