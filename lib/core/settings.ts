/**
 * The settings of the rules. A function reads them from its environment (lib/config.ts); callers of
 * the library pass those that differ from the defaults below.
 */
export interface Settings {
  /** The cost of a new password's hash: the number of rounds is 2 to this power. */
  bcryptCost: number;
  /** Minimum length of a new password in code points. */
  passwordMinLength: number;
  /** Refuses common passwords, and those made of the email or of words of the service. */
  refuseCommonPasswords: boolean;
  /** Asks Have I Been Pwned about new passwords. */
  refuseBreachedPasswords: boolean;
  /** Login waits until the email is verified; registration does not tell that an email is taken. */
  requireVerifiedEmail: boolean;
  /** Failed logins that one source may make in 10 minutes; 0: any number. */
  failedLoginsPerSource: number;
  /** A session ends after this time without a request. */
  sessionIdleSeconds: number;
  /** A session ends this long after the login, used or not. */
  sessionAbsoluteSeconds: number;
  /** How long a reset token is valid. */
  resetTokenSeconds: number;
  /** How long a token that verifies or changes an email is valid. */
  emailTokenSeconds: number;
  /**
   * The key of the digests that the log has in place of emails whose user is not known. They show a run
   * of guesses at one email. With the key, a reader of the log can check which email it is. A deployed
   * stage uses the id of its stack, which everybody who may read the AWS account can see. Empty: no digests.
   */
  logKey: string;
  /**
   * The key with which another system hashed the passwords of imported users: the
   * `SECURITY_PASSWORD_SALT` of Flask-Security, the `pepper` of Devise. Empty: they cannot log in.
   */
  importedPasswordKey: string;
}

/** The library's defaults: those of the curriculum. Deployed stages are stricter, see serverless.yml. */
export const DEFAULTS: Readonly<Settings> = {
  bcryptCost: 12,
  passwordMinLength: 1,
  refuseCommonPasswords: false,
  refuseBreachedPasswords: false,
  requireVerifiedEmail: false,
  failedLoginsPerSource: 0,
  sessionIdleSeconds: 7 * 24 * 60 * 60,
  sessionAbsoluteSeconds: 30 * 24 * 60 * 60,
  resetTokenSeconds: 60 * 60,
  emailTokenSeconds: 24 * 60 * 60,
  logKey: '',
  importedPasswordKey: '',
};
