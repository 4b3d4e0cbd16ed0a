import type { Client } from '../session.ts';
import { digest } from '../token.ts';
import { sessionKey, type SessionItem } from './items.ts';

const DEFAULT_SESSION_IDLE_SECONDS = 7 * 24 * 60 * 60;
const DEFAULT_SESSION_ABSOLUTE_SECONDS = 30 * 24 * 60 * 60;
const DEFAULT_RESET_TOKEN_SECONDS = 60 * 60;

export interface LifetimeSettings {
  /** A session that is not used for so long has ended; 7 days when absent. */
  sessionIdleSeconds?: number;
  /** A session ends so long after the login, used or not; 30 days when absent. */
  sessionAbsoluteSeconds?: number;
  /** A reset token is good for so long; 1 hour when absent. */
  resetTokenSeconds?: number;
}

/** What is written of sessions and reset tokens that begin to live. Times are epoch seconds. */
export class Lifetimes {
  readonly #sessionIdleSeconds: number;
  readonly #sessionAbsoluteSeconds: number;
  readonly #resetTokenSeconds: number;

  constructor(settings: LifetimeSettings) {
    this.#sessionIdleSeconds = settings.sessionIdleSeconds ?? DEFAULT_SESSION_IDLE_SECONDS;
    this.#sessionAbsoluteSeconds =
      settings.sessionAbsoluteSeconds ?? DEFAULT_SESSION_ABSOLUTE_SECONDS;
    this.#resetTokenSeconds = settings.resetTokenSeconds ?? DEFAULT_RESET_TOKEN_SECONDS;
  }

  newSession(
    userId: string,
    session_id: string,
    { epoch, now, client = {} }: { epoch: number; now: number; client?: Client },
  ): SessionItem {
    const sessionDigest = digest(session_id);
    return {
      ...sessionKey(userId, sessionDigest),
      session_id: sessionDigest,
      epoch,
      created_at: now,
      last_seen: now,
      expires_at: this.sessionExpiry(now, now),
      ...client,
    };
  }

  /** The earlier of the two limits. */
  sessionExpiry(createdAt: number, lastSeen: number): number {
    return Math.min(createdAt + this.#sessionAbsoluteSeconds, lastSeen + this.#sessionIdleSeconds);
  }

  resetToken(reset_token: string, now: number) {
    return {
      reset_token: digest(reset_token),
      reset_token_expires_at: now + this.#resetTokenSeconds,
    };
  }
}
