/** Runs the script of the page. */
import { forgot } from './forgot.ts';
import { reset } from './reset.ts';
import { settings } from './settings.ts';
import { signIn } from './sign-in.ts';
import { signUp } from './sign-up.ts';
import { verify } from './verify.ts';

const SCRIPTS: Record<string, (() => unknown) | undefined> = {
  'sign-in': signIn,
  'sign-up': signUp,
  forgot,
  reset,
  verify,
  settings,
};

// A browser may keep a page that the user has left, with all that is in it, and show it again. By then
// somebody may have signed out.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload();
});

// The link of a second mail changes only the fragment, if the page is open.
addEventListener('hashchange', () => {
  location.reload();
});

// The fragment may hold a token of a mail, which the page in the other language needs as well.
for (const link of document.querySelectorAll<HTMLAnchorElement>('a[hreflang]')) {
  link.addEventListener('click', () => {
    link.hash = location.hash;
  });
}

void SCRIPTS[document.body.dataset['page'] ?? '']?.();
