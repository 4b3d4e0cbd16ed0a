import type { PageWords } from '../../words/en.ts';

/** What a page tells its script, as JSON. It has nothing of a user. */
export interface ScriptData {
  language: string;
  /** Where the user goes after signing in. */
  returnTo: string;
  /** The page that signs in. From the settings it leads back to them. */
  signIn: string;
  /** The minimum length of a new password. */
  minLength: number;
  requireVerifiedEmail: boolean;
  words: PageWords['script'];
}
