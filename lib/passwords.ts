import { AuthError } from './errors.ts';
import {
  checkPassword,
  DEFAULT_BCRYPT_COST,
  hashPassword,
  needsRehash,
  verifyPassword,
} from './password.ts';
import type { PasswordRule } from './password-policy.ts';

export interface PasswordSettings {
  /** 12 when absent. */
  bcryptCost?: number;
  /** In code points, where a password is set; 1 when absent. */
  passwordMinLength?: number;
}

/** Passwords by the settings: what is asked of a new one, and what it costs. */
export class Passwords {
  readonly #cost: number;
  readonly #minLength: number;
  readonly #rules: readonly PasswordRule[];

  /** @param rules what is asked of a new password beside its length, in this order */
  constructor({ bcryptCost, passwordMinLength }: PasswordSettings, rules: readonly PasswordRule[]) {
    this.#cost = bcryptCost ?? DEFAULT_BCRYPT_COST;
    this.#minLength = passwordMinLength ?? 1;
    this.#rules = rules;
  }

  /**
   * What can be asked of a new password by itself.
   *
   * @param field how the caller names it, for the message
   * @throws AuthError `invalid_field`
   */
  check(password: string, field: string): void {
    checkPassword(password, field, this.#minLength);
  }

  /**
   * What is asked of it beside that.
   *
   * @param address of the user, normalised
   * @throws AuthError `invalid_field`
   */
  async applyRules(password: string, field: string, address: string): Promise<void> {
    for (const rule of this.#rules) {
      const why = await rule(password, address);
      if (why !== undefined) throw new AuthError('invalid_field', `${field} ${why}`);
    }
  }

  hash(password: string): Promise<string> {
    return hashPassword(password, this.#cost);
  }

  /** @param hashed absent when there is no user: the work is the same */
  verify(password: string, hashed: string | undefined): Promise<boolean> {
    return verifyPassword(password, hashed, this.#cost);
  }

  /**
   * @param hashed has verified
   * @returns another hash of the same password where that one is of another system or a lower cost
   */
  async upgrade(password: string, hashed: string): Promise<string | undefined> {
    return needsRehash(hashed, this.#cost) ? this.hash(password) : undefined;
  }
}
