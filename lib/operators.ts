import type { OperatorAct } from './audit.ts';
import { AuthError } from './errors.ts';
import { logEvent } from './log.ts';
import type { Act, FoundSession, OperatorDB, Overview } from './operator-db.ts';
import { isUuid } from './token.ts';
import type { User } from './user.ts';

/**
 * What operators do with the accounts of others. Every act is on record, in the table, beside the
 * user: an act that cannot be recorded is not done, and nothing is seen. Every method throws
 * AuthError `user_not_found`, and `unavailable` when DynamoDB is out of reach.
 */
export class Operators {
  readonly #db: OperatorDB;
  readonly #who: Omit<Act, 'act'>;

  /** @param who see AuditRecord */
  constructor(db: OperatorDB, who: Omit<Act, 'act'>) {
    this.#db = db;
    this.#who = who;
  }

  /**
   * The id of the user who is meant.
   *
   * @param subject an email, a user's id, or the id of one of the user's sessions (see Session)
   * @throws AuthError `invalid_field` for anything else
   */
  async idOf(subject: string): Promise<string> {
    const id = isUuid(subject) ? subject : sessionOwner(subject);
    if (id !== undefined) return id;
    if (!subject.includes('@')) {
      throw new AuthError(
        'invalid_field',
        'A user is named by an email, an id, or the id of a session',
      );
    }
    return (await this.#db.findUserBy({ email: subject })).id;
  }

  /** @param subject as for idOf */
  async findUser(subject: string): Promise<User> {
    return this.#db.findUserBy({ id: await this.idOf(subject) });
  }

  /** What there is to see of a user; of one who was deleted, by id, the records. */
  async show(id: string): Promise<Overview> {
    const overview = await this.#db.look(id, this.#act('show'));
    if (!overview) throw notFound();
    this.#log('show', id);
    return overview;
  }

  /**
   * Keeps a user out, at once: sessions and reset tokens are good no longer, and no password logs
   * in.
   *
   * @returns false when that was so already
   */
  async disable(id: string): Promise<boolean> {
    const changed = await this.#db.disableUser(id, this.#act('disable'));
    if (changed) this.#log('disable', id);
    return changed;
  }

  /**
   * Lets a user log in again. What was ended by disabling stays ended.
   *
   * @returns false when that was so already
   */
  async enable(id: string): Promise<boolean> {
    const changed = await this.#db.enableUser(id, this.#act('enable'));
    if (changed) this.#log('enable', id);
    return changed;
  }

  /** Ends every session of a user, at once. */
  async signOut(id: string): Promise<void> {
    await this.#db.signOutUser(id, this.#act('sign-out'));
    this.#log('sign-out', id);
  }

  /**
   * Deletes a user, at once and for good: the sessions have ended, and the email is free again.
   *
   * @param user as found just now: one whose email has changed since is not deleted
   */
  async deleteUser(user: User): Promise<void> {
    if (!(await this.#db.deleteUser(user, this.#act('delete')))) throw notFound();
    this.#log('delete', user.id);
  }

  /**
   * A session, and whose it is.
   *
   * @param session_id its id (see Session)
   * @throws AuthError `session_not_found`, also for one that ended by logout, or expired long ago;
   *   `invalid_field`
   */
  async findSession(session_id: string): Promise<FoundSession & { id: string }> {
    const id = sessionOwner(session_id);
    if (id === undefined) {
      throw new AuthError('invalid_field', 'That is not the id of a session');
    }
    const found = await this.#db.lookForSession(id, session_id, this.#act('find-session'));
    if (!found) throw new AuthError('session_not_found', 'There is no such session');
    this.#log('find-session', id);
    return { id, ...found };
  }

  #act(act: OperatorAct): Act {
    return { act, ...this.#who };
  }

  #log(act: OperatorAct, user_id: string): void {
    logEvent('authz_admin', { act, user_id, actor: this.#who.actor });
  }
}

/** The user's id in the id of a session (see Session); absent for any other value. */
function sessionOwner(session_id: string): string | undefined {
  const [, id = ''] = /^([\da-f-]{36})\.[\w-]{22}$/.exec(session_id) ?? [];
  return isUuid(id) ? id : undefined;
}

function notFound(): AuthError {
  return new AuthError('user_not_found', 'There is no such user');
}
