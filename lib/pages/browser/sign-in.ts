import { handleForm } from './form.ts';
import {
  client,
  data,
  forgetFragment,
  formById,
  fragment,
  goTo,
  inputOf,
  tell,
  words,
} from './page.ts';

/** What other pages have this page say, and the names for it. */
const NOTICES: Record<string, string | undefined> = {
  reset: words.passwordReset,
  deleted: words.deleted,
  signed_out: words.signedOut,
};

export function signIn(): void {
  const notice = NOTICES[fragment.get('notice') ?? ''];
  const email = fragment.get('email');
  const input = inputOf(formById('sign-in'), 'email');
  if (input && email !== null) input.value = email;
  forgetFragment();
  handleForm('sign-in', {
    fields: ['email', 'password'],
    send: (fields) => client.login(fields),
    then: () => goTo(data.returnTo),
  });
  if (notice !== undefined) tell(notice);
}
