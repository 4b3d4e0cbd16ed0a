import { codeOf, handleForm, showFieldError } from './form.ts';
import {
  BY_MAIL,
  byId,
  client,
  fill,
  forgetFragment,
  formById,
  fragment,
  show,
  tell,
  words,
} from './page.ts';

/** Programs that check mails open links and run scripts, so only a press of the button verifies. */
export function verify(): void {
  const token = fragment.get('token');
  handleForm('resend', {
    fields: ['email'],
    send: (fields) => client.requestEmailVerification({ ...fields, ...BY_MAIL }),
    then: (_, { email }) => {
      tell(fill(words.linkSent, { email }));
    },
  });
  if (!token) {
    show('verify', false);
    show('again');
    return;
  }
  handleForm('verify', {
    fields: ['password'],
    send: ({ password }) => client.verifyEmail({ token, ...(password && { password }) }),
    then: ({ email }) => {
      forgetFragment();
      show('verify', false);
      show('continue');
      tell(fill(words.verified, { email }));
    },
    refused: (failure) => {
      const code = codeOf(failure);
      if (code === 'bad_email_token') {
        show('verify', false);
        show('again');
        tell(words.expiredLink);
        return true;
      }
      // Without a session of the user, the service wants the password.
      if (code !== 'invalid_field' || !byId('confirmation').hidden) return false;
      show('confirmation');
      showFieldError(formById('verify'), 'password', words.needsPassword);
      byId('password').focus();
      return true;
    },
  });
}
