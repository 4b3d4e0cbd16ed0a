import { handleForm } from './form.ts';
import { BY_MAIL, client, fill, tell, words } from './page.ts';

export function forgot(): void {
  handleForm('forgot', {
    fields: ['email'],
    send: (fields) => client.requestPasswordReset({ ...fields, ...BY_MAIL }),
    then: (_, { email }) => {
      tell(fill(words.linkSent, { email }));
    },
  });
}
