import { handleForm } from './form.ts';
import { BY_MAIL, byId, client, data, fill, goTo, tell, words } from './page.ts';

export function signUp(): void {
  handleForm('sign-up', {
    fields: ['email', 'password'],
    send: async (fields) => {
      const registered = await client.registerUser(fields);
      return registered.ok && !data.requireVerifiedEmail ? client.login(fields) : registered;
    },
    then: async (_, { email }) => {
      if (data.requireVerifiedEmail) {
        byId('sign-up').hidden = true;
        tell(fill(words.registered, { email }));
        return;
      }
      const { ok } = await client.requestEmailVerification({ email, ...BY_MAIL });
      // Another application may understand the fragment in another way.
      const { origin, pathname } = new URL(data.returnTo, location.href);
      const isOurs = origin === location.origin && pathname === '/account/settings';
      await goTo(data.returnTo, ok && isOurs ? { notice: 'verification_sent' } : {});
    },
  });
}
