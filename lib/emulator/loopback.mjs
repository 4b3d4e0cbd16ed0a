import { Server } from 'node:http';

/**
 * Who may ask the servers of the emulator: this machine alone, and no page of another site. A page can
 * give itself the address 127.0.0.1 (DNS rebinding); its requests then have its own name in `Host`.
 *
 * @typedef {object} Ports
 * @property {string} host on which the HTTP API listens: the option `--host`
 * @property {number} httpPort
 * @property {number} lambdaPort
 *
 * @typedef {object} Asked
 * @property {number | undefined} port that was asked
 * @property {string | undefined} from the address of the client
 * @property {string | undefined} to the address that was asked
 * @property {import('node:http').IncomingHttpHeaders} headers
 */

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\])$/i;
const EVERYWHERE = ['0.0.0.0', '::'];

/** What the AWS SDK and our authorizer.mjs send. A page can send neither without asking first. */
const INVOCATION_TYPES = ['application/json', 'application/octet-stream'];

/**
 * Refuses such requests at every HTTP server of this process, from now on: those of serverless-offline,
 * which has no setting for it, the mailbox, and the way to DynamoDB Local.
 *
 * @param {Ports} ports
 */
export function guardServers(ports) {
  const prototype =
    /** @type {{ emit: (this: Server, event: string, ...args: unknown[]) => boolean }} */ (
      /** @type {unknown} */ (Server.prototype)
    );
  const { emit } = prototype;
  prototype.emit = function (event, ...args) {
    if (event !== 'request') return emit.call(this, event, ...args);
    const [request, response] =
      /** @type {[import('node:http').IncomingMessage, import('node:http').ServerResponse]} */ (
        args
      );
    const { remoteAddress: from, localAddress: to, localPort: port } = request.socket;
    if (isAllowed({ port, from, to, headers: request.headers }, ports)) {
      return emit.call(this, event, ...args);
    }
    response.writeHead(403, { 'content-type': 'application/json', connection: 'close' });
    response.end('{"message":"Forbidden"}');
    return true;
  };
}

/**
 * @param {Asked} asked
 * @param {Ports} ports
 */
export function isAllowed({ port, from, to, headers }, { host, httpPort, lambdaPort }) {
  const { origin, 'sec-fetch-site': site, 'content-type': type = '' } = headers;
  const name = (headers.host ?? '').replace(/:\d*$/, '');
  const isNamed = LOOPBACK.test(name) || name === inUrl(host);
  if (port === httpPort) return isNamed || (EVERYWHERE.includes(host) && ADDRESS.test(name));
  if (!isNamed || !isThisMachine(from, to)) return false;
  if (port === lambdaPort) {
    const [essence = ''] = type.toLowerCase().split(';');
    const isPage = origin !== undefined || site !== undefined;
    return !isPage && INVOCATION_TYPES.includes(essence.trim());
  }
  // A picture or a link of another site has no `Origin`.
  if (site === 'cross-site') return false;
  return origin === undefined || origin === `http://${String(headers.host)}`;
}

/**
 * Returns a host as URLs have it.
 *
 * @param {string} host
 */
export function inUrl(host) {
  return host.includes(':') ? `[${host}]` : host;
}

/**
 * Returns the host at which this machine reaches a server that listens on the given one.
 *
 * @param {string} host
 */
export function reachable(host) {
  return EVERYWHERE.includes(host) ? 'localhost' : inUrl(host);
}

/**
 * @param {string | undefined} from
 * @param {string | undefined} to
 */
function isThisMachine(from = '', to = '') {
  return /^(?:127\.|::1$|::ffff:127\.)/.test(from) || (from !== '' && from === to);
}
