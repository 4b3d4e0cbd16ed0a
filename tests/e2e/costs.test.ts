/** The costs in lib/deploy/README.md, computed anew from its prices and times, and lib/db's units. */
import { expect, it } from 'vitest';
import { table } from '../support/readme.ts';
import { readServerless } from '../support/serverless.ts';

const GUIDE = 'lib/deploy/README.md';

const prices = new Map(
  table(GUIDE, 'What costs').map(([what, dollars]) => [what, Number(dollars)]),
);

/** In dollars, of a million. */
function price(what: string): number {
  return prices.get(what) ?? expect.fail(`The guide has no price of ${what}`);
}

const { functions } = readServerless();

/** In MB, of the functions with that route, and of the one without that others wait for. */
const memory = new Map([
  ...Object.values(functions).flatMap(({ events = [], memorySize }) =>
    events.map(({ httpApi }): [string, number] => [httpApi, memorySize]),
  ),
  ['authorize', functions['authorize']?.memorySize],
]);

/** In million units of a million requests, by route. */
const units = new Map(
  table('lib/db/README.md', 'Endpoint | Round trips').map((row) => [row[0], row.at(-1) ?? '']),
);

const costs = table(GUIDE, 'A million of');

const TRIES_A_PASSWORD = [
  'POST /sessions',
  'PUT /password',
  'DELETE /profile',
  'POST /profile/deletion',
  'PUT /email',
];

it('has the costs of every route', () => {
  expect(costs.map(([route]) => route).sort()).toEqual([...units.keys()].sort());
});

it.each(costs)('adds up the costs of a million of %s', (route = '', work = '', ...cells) => {
  const [gbSeconds = NaN, read = NaN, write = NaN, mails = NaN, dollars = NaN] = cells.map(Number);
  const invocations = work.split(' + ').map((term) => term.split(' × ').map(Number));
  const name = route.replaceAll('`', '');

  // The first is of the route's own function, the others are of the mails that follow.
  const { sendMail } = functions;
  const sizes = invocations.map((_, i) => (i === 0 ? memory.get(name) : sendMail?.memorySize));
  expect(invocations.map(([size]) => size)).toEqual(sizes);
  const product = invocations.reduce((sum, [mb = NaN, seconds = NaN]) => sum + mb * seconds, 0);
  expect(gbSeconds).toBe(round(product / 1024, 4));

  const [, reads = 0] = /([\d.]+) read/.exec(units.get(route) ?? '') ?? [];
  const [, writes = 0] = /([\d.]+) write/.exec(units.get(route) ?? '') ?? [];
  expect(read).toBe(Number(reads));
  // Where failed logins of a source are limited: counted, and taken back.
  expect(write).toBe(Number(writes) + (TRIES_A_PASSWORD.includes(name) ? 2 : 0));

  // Of an authorizer, the request is the other API's.
  const requests = name === 'authorize' ? 0 : 1;
  expect(dollars).toBe(
    round(
      price('requests to the HTTP API') * requests +
        price('invocations of functions') * invocations.length +
        (price('GB-seconds, on arm64') * product) / 1024 +
        price('read units') * read +
        price('write units') * write +
        price('kB of log') * (invocations.length + requests) +
        price('mails') * mails,
      2,
    ),
  );
});

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
