/** A change of email for which the password was given, and which the new address has to confirm. */
export interface EmailChange {
  user_id: string;
  /** The user's, when it was asked for. */
  old_email: string;
  /** Normalised; whether it is free is not known. */
  new_email: string;
  /** The user's, when it was asked for: it is off once that has moved. */
  session_epoch: number;
}
