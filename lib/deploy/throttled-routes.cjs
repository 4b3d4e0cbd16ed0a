/**
 * The routes that API Gateway throttles more than the others, because they may hash a password or send
 * mail. To add a route, add one line. The limits are settings in serverless.yml.
 *
 * A limit counts the requests of all clients, so one client can use it up for everybody. The limits are
 * therefore far above normal use, and other limits bound what a flood costs: `hashingConcurrency` for
 * hashes, and the limits per address (lib/limits/) for mails. Most of a flood costs next to nothing
 * anyway: without the right session, token or address, requests are refused before any hash, or mail
 * nothing.
 *
 * @type {Record<string, 'hashes' | 'mails'>}
 */
const ROUTES = {
  'POST /users': 'hashes',
  'POST /sessions': 'hashes',
  'POST /reset_password': 'mails',
  'PUT /reset_password': 'hashes',
  'PUT /password': 'hashes',
  'DELETE /profile': 'hashes',
  'POST /profile/deletion': 'hashes',
  'PUT /email': 'hashes',
  'POST /email_verification': 'mails',
  'PUT /email_verification': 'hashes',
};

const LIMITS = {
  /** Hashing a password keeps a CPU busy for a third of a second. */
  hashes: {
    ThrottlingRateLimit: '${param:hashesPerSecond}',
    ThrottlingBurstLimit: '${param:hashBurst}',
  },
  /** Each request may send a mail. */
  mails: {
    ThrottlingRateLimit: '${param:mailsPerSecond}',
    ThrottlingBurstLimit: '${param:mailBurst}',
  },
  others: {
    ThrottlingRateLimit: '${param:requestsPerSecond}',
    ThrottlingBurstLimit: '${param:requestBurst}',
  },
};

/**
 * Returns the name that osls gives to the resource of a route, for routes without a parameter in
 * their path.
 *
 * @param {string} route such as `POST /users`
 */
function resourceOf(route) {
  const words = route.split('/').map((part) => part.toLowerCase().replace(/[^0-9a-z]/g, ''));
  return `HttpApiRoute${words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('')}`;
}

/** What the stage of the API gets in addition to what osls makes of it. */
module.exports = {
  // The deployment fails if a limit is set on a route that does not exist yet.
  DependsOn: Object.keys(ROUTES).map(resourceOf),
  Properties: {
    DefaultRouteSettings: LIMITS.others,
    RouteSettings: Object.fromEntries(
      Object.entries(ROUTES).map(([route, kind]) => [route, LIMITS[kind]]),
    ),
  },
};
