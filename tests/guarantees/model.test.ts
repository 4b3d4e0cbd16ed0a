/**
 * Compares random sequences of operations with a simple model of the contract. Simultaneous
 * operations have to give what they would give one after the other in some order (linearizability).
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AuthError } from '../../lib/core/errors.ts';
import { createLibrary, operatorsOf, newEmail } from '../support/library.ts';
import { clearAttempts, loginOf } from '../../lib/limits/attempts.ts';

const IDLE = 7 * 24 * 60 * 60;
const ABSOLUTE = 30 * 24 * 60 * 60;
const RESET_TOKEN = 60 * 60;
const LAST_SEEN = 60 * 60;

const EMAILS = 3;
const PASSWORDS = ['pwd0', 'pwd1'];

/** Users, sessions and tokens are named by the number of the operation that made them. */
type Operation =
  | { type: 'register'; email: number; password: number }
  | { type: 'logIn'; email: number; password: number }
  | { type: 'profile'; session: number }
  | { type: 'logOut'; session: number }
  | { type: 'signOut'; user: number }
  | { type: 'changeEmail'; user: number; email: number }
  | { type: 'askForToken'; email: number }
  | { type: 'redeem'; token: number; email?: number; password: number }
  | { type: 'disable'; user: number }
  | { type: 'enable'; user: number };

interface Session {
  user: number;
  created: number;
  lastSeen: number;
}

interface State {
  users: Record<
    number,
    { email: number; password: number; token?: [number, number]; disabled?: true }
  >;
  sessions: Record<number, Session>;
}

/** The result of an operation in a comparable form: a new session or token is `ok`. */
type Result = string | number | boolean | null;

/** Applies the contract. Returns the new state and the result of the operation at that time. */
function step(before: State, made: number, operation: Operation, now: number): [State, Result] {
  const state = structuredClone(before);
  const withEmail = (email: number) =>
    Object.entries(state.users).find(([, user]) => user.email === email);
  const endSessions = (user: number): void => {
    for (const [id, session] of Object.entries(state.sessions)) {
      if (session.user === user) Reflect.deleteProperty(state.sessions, id);
    }
  };
  const live = (id: number): Session | undefined => {
    const session = state.sessions[id];
    const end = session && Math.min(session.created + ABSOLUTE, session.lastSeen + IDLE);
    return end !== undefined && now < end ? session : undefined;
  };
  switch (operation.type) {
    case 'register': {
      if (withEmail(operation.email)) return [state, 'email_taken'];
      state.users[made] = { email: operation.email, password: operation.password };
      return [state, 'ok'];
    }
    case 'logIn': {
      const [id, user] = withEmail(operation.email) ?? [];
      if (user?.password !== operation.password) return [state, null];
      if (user.disabled) return [state, 'account_disabled'];
      state.sessions[made] = { user: Number(id), created: now, lastSeen: now };
      return [state, 'ok'];
    }
    case 'profile': {
      const session = live(operation.session);
      if (!session) return [state, null];
      if (now - session.lastSeen > LAST_SEEN) session.lastSeen = now;
      return [state, state.users[session.user]?.email ?? null];
    }
    case 'logOut': {
      const session = live(operation.session);
      if (session) Reflect.deleteProperty(state.sessions, operation.session);
      return [state, session !== undefined];
    }
    case 'signOut':
      endSessions(operation.user);
      return [state, 'ok'];
    case 'changeEmail': {
      const user = state.users[operation.user];
      if (!user) return [state, 'user_not_found'];
      const [owner] = withEmail(operation.email) ?? [];
      if (owner !== undefined && Number(owner) !== operation.user) return [state, 'email_taken'];
      user.email = operation.email;
      return [state, 'ok'];
    }
    case 'askForToken': {
      const [, user] = withEmail(operation.email) ?? [];
      if (!user) return [state, 'user_not_found'];
      user.token = [made, now + RESET_TOKEN];
      return [state, 'ok'];
    }
    case 'redeem': {
      const [id, user] =
        Object.entries(state.users).find(([, { token }]) => token?.[0] === operation.token) ?? [];
      const good =
        user?.token &&
        !user.disabled &&
        now < user.token[1] &&
        (operation.email === undefined || operation.email === user.email);
      if (!good) return [state, 'bad_reset_token'];
      user.password = operation.password;
      delete user.token;
      endSessions(Number(id));
      return [state, 'ok'];
    }
    case 'disable':
    case 'enable': {
      const user = state.users[operation.user];
      if (!user) return [state, 'user_not_found'];
      if ((operation.type === 'disable') === (user.disabled ?? false)) return [state, false];
      // Tokens and sessions made while the user is disabled never become valid.
      delete user.token;
      endSessions(operation.user);
      if (operation.type === 'disable') user.disabled = true;
      else delete user.disabled;
      return [state, true];
    }
  }
}

/** Runs the operations on the service, with new addresses in each run. */
class Service {
  readonly clock;
  readonly #auth;
  readonly #db;
  readonly #operators;
  readonly #emails = Array.from({ length: EMAILS }, newEmail);
  /** The user ids, session ids and reset tokens that the operations made. */
  readonly #made: Record<number, string> = {};

  constructor() {
    const { auth, clock, db } = createLibrary();
    this.#auth = auth;
    this.clock = clock;
    this.#db = db;
    this.#operators = operatorsOf(db.app);
  }

  async run(made: number, operation: Operation): Promise<Result> {
    const email = (index: number): string => this.#emails[index] ?? '';
    const password = (index: number): string => PASSWORDS[index] ?? '';
    const from = (index: number): string => this.#made[index] ?? 'none';
    const keep = (value: string | null): Result => {
      if (value === null) return null;
      this.#made[made] = value;
      return 'ok';
    };
    try {
      switch (operation.type) {
        case 'register': {
          const { email: index, password: secret } = operation;
          return keep((await this.#auth.registerUser(email(index), password(secret))).id);
        }
        case 'logIn':
          // The model does not cover attempts: see attempts.test.ts.
          await clearAttempts(this.#db.app, { subject: loginOf(email(operation.email)) });
          return keep(await this.#auth.logIn(email(operation.email), password(operation.password)));
        case 'profile': {
          const user = await this.#auth.getUserFromSessionId(from(operation.session));
          return user && this.#emails.indexOf(user.email);
        }
        case 'logOut':
          return await this.#auth.logOut(from(operation.session));
        case 'signOut':
          await this.#auth.destroySession(from(operation.user));
          return 'ok';
        case 'changeEmail':
          await this.#db.updateUser(from(operation.user), { email: email(operation.email) });
          return 'ok';
        case 'askForToken':
          return keep(await this.#auth.getResetPasswordToken(email(operation.email)));
        case 'redeem':
          await this.#auth.updatePassword(
            from(operation.token),
            password(operation.password),
            ...(operation.email === undefined ? [] : [email(operation.email)]),
          );
          return 'ok';
        case 'disable':
          return await this.#operators.disable(from(operation.user));
        case 'enable':
          return await this.#operators.enable(from(operation.user));
      }
    } catch (error) {
      if (error instanceof AuthError) return error.code;
      throw error;
    }
  }
}

/** Simultaneous logouts of one session may all be told that they ended it. */
function isSharedLogout(round: [number, Operation][], operation: Operation): boolean {
  const same = JSON.stringify(operation);
  return (
    operation.type === 'logOut' &&
    round.filter(([, each]) => JSON.stringify(each) === same).length > 1
  );
}

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length <= 1) return [[...list]];
  return list.flatMap((each, i) =>
    permutations(list.toSpliced(i, 1)).map((rest) => [each, ...rest]),
  );
}

const email = fc.nat(EMAILS - 1);
const password = fc.nat(PASSWORDS.length - 1);
/** An earlier operation, as a fraction of their number, so that it mostly names one that exists. */
const earlier = fc.double({ min: 0, max: 0.999, noNaN: true });

const operation = fc.oneof(
  fc.record({ type: fc.constant('register' as const), email, password }),
  fc.record({ type: fc.constant('logIn' as const), email, password }),
  fc.record({ type: fc.constant('profile' as const), session: earlier }),
  fc.record({ type: fc.constant('logOut' as const), session: earlier }),
  fc.record({ type: fc.constant('signOut' as const), user: earlier }),
  fc.record({ type: fc.constant('changeEmail' as const), user: earlier, email }),
  fc.record({ type: fc.constant('askForToken' as const), email }),
  fc.record(
    { type: fc.constant('redeem' as const), token: earlier, email, password },
    { requiredKeys: ['type', 'token', 'password'] },
  ),
  fc.record({ type: fc.constant('disable' as const), user: earlier }),
  fc.record({ type: fc.constant('enable' as const), user: earlier }),
);

const round = fc.record({
  operations: fc.array(operation, { minLength: 1, maxLength: 3 }),
  /** Seconds that pass before the round. */
  wait: fc.constantFrom(0, 0, 0, 0, RESET_TOKEN - 1, 1, LAST_SEEN + 1, IDLE - 1, IDLE),
});

type Round = typeof round extends fc.Arbitrary<infer T> ? T : never;

/** Replaces each fraction by the number of an earlier operation of the right type. */
function resolve(rounds: Round[]): { wait: number; operations: [number, Operation][] }[] {
  const numbers: Record<'register' | 'logIn' | 'askForToken', number[]> = {
    register: [],
    logIn: [],
    askForToken: [],
  };
  const pick = (type: keyof typeof numbers, share: number): number =>
    numbers[type][Math.floor(share * numbers[type].length)] ?? -1;
  let count = 0;
  return rounds.map(({ wait, operations }) => {
    const resolved = operations.map((each): [number, Operation] => {
      const made = count++;
      if ('session' in each) return [made, { ...each, session: pick('logIn', each.session) }];
      if ('user' in each) return [made, { ...each, user: pick('register', each.user) }];
      if ('token' in each) return [made, { ...each, token: pick('askForToken', each.token) }];
      return [made, each];
    });
    // Operations of a round may only name what existed before the round.
    for (const [made, { type }] of resolved)
      if (type in numbers) numbers[type as 'logIn'].push(made);
    return { wait, operations: resolved };
  });
}

it('the service gives what the model gives for sequential and simultaneous operations', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 5, maxLength: 15 }), async (rounds) => {
      const service = new Service();
      /** The states that are possible after the results so far. */
      let states: State[] = [{ users: {}, sessions: {} }];
      for (const { wait, operations } of resolve(rounds)) {
        service.clock.advance(wait);
        const results = new Map(
          await Promise.all(
            operations.map(async ([made, each]) => [made, await service.run(made, each)] as const),
          ),
        );
        const explained = new Map<string, State>();
        for (const order of permutations(operations)) {
          for (const start of states) {
            let state = start;
            const explains = order.every(([made, each]) => {
              const [next, result] = step(state, made, each, service.clock.now);
              state = next;
              return result === results.get(made) || isSharedLogout(operations, each);
            });
            if (explains) explained.set(JSON.stringify(state), state);
          }
        }
        if (explained.size === 0) {
          expect.fail(
            `No order of ${JSON.stringify(operations)} gives ${JSON.stringify([...results])} ` +
              `from ${JSON.stringify(states)}`,
          );
        }
        states = [...explained.values()];
      }
    }),
    { numRuns: 100 },
  );
}, 120_000);
