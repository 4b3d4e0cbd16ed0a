/**
 * The routes that API Gateway throttles more than the others, because they hash a password or send
 * mail. To add a route, add one line. The limits are settings in serverless.yml.
 *
 * @type {Record<string, 'hashes' | 'logins' | 'mails'>}
 */
const ROUTES = {
  'POST /users': 'hashes',
  'POST /sessions': 'logins',
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
  /** Most of a flood of logins is refused before any hash: it must not keep everybody from logging in. */
  logins: {
    ThrottlingRateLimit: '${param:loginsPerSecond}',
    ThrottlingBurstLimit: '${param:loginBurst}',
  },
  /** Each request may send a mail. */
  mails: {
    ThrottlingRateLimit: '${param:resetsPerSecond}',
    ThrottlingBurstLimit: '${param:resetBurst}',
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
