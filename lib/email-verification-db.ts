import { DB, emailTaken, type Account, type DBSettings } from './db.ts';
import {
  addressOf,
  newEmailToken,
  redeemWrites,
  toEmailToken,
  type EmailToken,
  type Holder,
} from './db/email-tokens.ts';
import { emailTokenKey, userKey } from './db/items.ts';
import { mailTurn } from './db/mail-turns.ts';
import type { EmailChange } from './email-change.ts';
import { digest, tokenOwner } from './token.ts';

export type { EmailToken } from './db/email-tokens.ts';

const DEFAULT_TOKEN_SECONDS = 24 * 60 * 60;

export interface EmailVerificationSettings extends DBSettings {
  /** An email token is good for so long; 24 hours when absent. */
  emailTokenSeconds?: number;
}

/** What DB does to verify and change emails: apart from it, like AccountDB. */
export class EmailVerificationDB extends DB {
  readonly #tokenSeconds: number;

  constructor(settings: EmailVerificationSettings) {
    super(settings);
    this.#tokenSeconds = settings.emailTokenSeconds ?? DEFAULT_TOKEN_SECONDS;
  }

  /** Adds a token that verifies the account's email, beside any others. */
  async addVerificationToken(account: Account, token: string): Promise<void> {
    await this.table.put(this.#newToken(holderOf(account), token));
  }

  /** Adds a token that changes the user's email. */
  async addChangeToken({ old_email: email, ...change }: EmailChange, token: string): Promise<void> {
    await this.table.put(this.#newToken({ ...change, email }, token));
  }

  /**
   * Takes the user's turn for a mail about the verification of the email, of which there is one in
   * 5 minutes, and adds the token that is in it. Of any number of calls at once, one has the turn.
   *
   * @param token absent where the mail has none
   * @param invocation see mailTurn
   * @returns whether it has; not when the email is the user's no longer
   */
  async takeVerificationTurn(
    account: Account,
    token: string | undefined,
    invocation: string,
  ): Promise<boolean> {
    const { id, email } = account.user;
    const { set, anyOf } = mailTurn('verification', invocation, this.now());
    const turn = { key: userKey(id), set, condition: { equal: { email }, anyOf } };
    const outcome = await this.table.transact([
      { update: turn },
      ...(token === undefined ? [] : [{ put: this.#newToken(holderOf(account), token) }]),
    ]);
    return outcome.applied;
  }

  /** The token as the client holds it, with its user, in one round trip; absent when it is not good. */
  async findEmailToken(token: string): Promise<EmailToken | undefined> {
    const owner = tokenOwner(token);
    if (owner === undefined) return undefined;
    const keys = [userKey(owner), emailTokenKey(owner, digest(token))];
    return toEmailToken(await this.table.batchGet(keys), this.now());
  }

  /**
   * Spends a token, if it is still good, and does what it authorises in the same transaction: the
   * email is verified, or is the new one, which ends every session and removes a reset token. Of
   * any number of calls with one token, one succeeds, and so does one of two for one address.
   *
   * @returns the email that is verified now; absent when the token was good no longer
   * @throws AuthError `email_taken`, which spends nothing
   */
  async redeemEmailToken(found: EmailToken): Promise<string | undefined> {
    const email = addressOf(found.token);
    const outcome = await this.table.transact(redeemWrites(found, this.now()));
    if (outcome.applied) return email;
    // Where user and token are as they were, it is the marker of the new email that was there.
    if (outcome.failures[0] ?? outcome.failures.at(-1)) return undefined;
    throw emailTaken(email);
  }

  #newToken(holder: Holder, token: string) {
    return newEmailToken(holder, token, this.now() + this.#tokenSeconds);
  }
}

function holderOf({ user: { id, email }, session_epoch }: Account): Holder {
  return { user_id: id, email, session_epoch };
}
