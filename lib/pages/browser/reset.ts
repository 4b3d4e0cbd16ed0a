import { codeOf, handleForm, isUnsure } from './form.ts';
import {
  byId,
  client,
  data,
  forgetFragment,
  fragment,
  formById,
  goTo,
  inputOf,
  show,
} from './page.ts';

/** Whoever makes a link cannot have the page say something else. */
const ADDRESS = /^\S+@\S+$/;

export function reset(): void {
  const email = fragment.get('email');
  const reset_token = fragment.get('reset_token');
  if (!email || !reset_token || !ADDRESS.test(email)) {
    show('reset', false);
    show('incomplete');
    return;
  }
  // Somebody else's link would set the password of somebody else's account.
  byId('user').textContent = email;
  // For password managers.
  const hidden = inputOf(formById('reset'), 'email');
  if (hidden) hidden.value = email;
  let isTried = false;
  let isSignedIn = false;
  handleForm('reset', {
    fields: ['new_password'],
    send: async ({ new_password }) => {
      const updated = await client.updatePassword({ email, reset_token, new_password });
      if (updated.ok) return updated;
      if (isTried && codeOf(updated) === 'bad_reset_token') {
        // The answer to the first try got lost. If that set the password, the token is used up.
        const login = await client.login({ email, password: new_password });
        isSignedIn = login.ok;
        if (login.ok) return login;
      }
      isTried ||= isUnsure(updated);
      return updated;
    },
    then: () => {
      forgetFragment();
      return isSignedIn ? goTo(data.returnTo) : goTo(data.signIn, { email, notice: 'reset' });
    },
  });
}
