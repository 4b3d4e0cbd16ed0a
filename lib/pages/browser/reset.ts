import { handleForm } from './form.ts';
import { client, data, forgetFragment, formById, fragment, goTo, inputOf, show } from './page.ts';

export function reset(): void {
  const email = fragment.get('email');
  const reset_token = fragment.get('reset_token');
  if (!email || !reset_token) {
    show('reset', false);
    show('incomplete');
    return;
  }
  // For password managers.
  const hidden = inputOf(formById('reset'), 'email');
  if (hidden) hidden.value = email;
  handleForm('reset', {
    fields: ['new_password'],
    send: ({ new_password }) => client.updatePassword({ email, reset_token, new_password }),
    then: () => {
      forgetFragment();
      return goTo(data.signIn, { email, notice: 'reset' });
    },
  });
}
