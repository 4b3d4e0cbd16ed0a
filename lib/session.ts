/** A session as its user sees it. Times are epoch seconds. */
export interface Session {
  /** Names it, for ending it; it cannot be used as a cookie. */
  id: string;
  created_at: number;
  /** To the hour. */
  last_seen_at: number;
  expires_at: number;
  /** Of the client that logged in; null where it is not known. */
  user_agent: string | null;
  ip: string | null;
  /** Whether it is the one that asks. */
  current: boolean;
}

/** Who logs in, as far as is known. */
export interface Client {
  /** As the gateway saw it. */
  ip?: string;
  /** As the client says. */
  user_agent?: string;
}
