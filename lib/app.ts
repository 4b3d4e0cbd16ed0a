/**
 * The only wiring, once per function: config, then DB, then Auth. Whoever imports it starts on the
 * settings of the environment, or not at all.
 */
import { AccountDB } from './account-db.ts';
import { AccountSessions } from './account-sessions.ts';
import { Accounts } from './accounts.ts';
import { Auth } from './auth.ts';
import { readConfig } from './config.ts';
import { createClient, DB } from './db.ts';
import { EmailVerificationDB } from './email-verification-db.ts';
import { EmailVerification } from './email-verification.ts';
import { passwordRules } from './password-policy.ts';
import { Sessions } from './sessions.ts';

export const config = readConfig(process.env);

// One client, and so one set of connections, for all that a function uses of these.
const settings = { ...config, client: createClient() };
const db = /* @__PURE__ */ new DB(settings);
const accountDb = /* @__PURE__ */ new AccountDB(settings);
const emailVerificationDb = /* @__PURE__ */ new EmailVerificationDB(settings);

// Pure, so that each bundle has what its function uses, and the list of common passwords is in those
// only that set one. Without the rules, no password is set: the type takes care.
export const auth: Omit<Auth, 'registerUser' | 'registerUserSilently' | 'updatePassword'> =
  /* @__PURE__ */ new Auth(db, config);

/** For the functions that set a password. */
export const authWithPasswordRules = /* @__PURE__ */ new Auth(
  db,
  config,
  /* @__PURE__ */ passwordRules(config),
);

/** For the functions that need nothing of Auth but this. */
export const sessions = /* @__PURE__ */ new Sessions(db);

/** For the functions that need nothing of Accounts but this. */
export const accountSessions = /* @__PURE__ */ new AccountSessions(accountDb);

export const accounts: Omit<Accounts, 'changePassword'> = /* @__PURE__ */ new Accounts(
  accountDb,
  config,
);

/** For the function that sets a password. */
export const accountsWithPasswordRules = /* @__PURE__ */ new Accounts(
  accountDb,
  config,
  /* @__PURE__ */ passwordRules(config),
);

export const emailVerification = /* @__PURE__ */ new EmailVerification(emailVerificationDb);
