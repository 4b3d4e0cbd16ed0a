import { codeOf, handleForm, isUnsure } from './form.ts';
import { BY_MAIL, byId, client, data, fill, goTo, tell, words } from './page.ts';

export function signUp(): void {
  /** Emails of accounts that this page may have created: the answer got lost, or the sign-in failed. */
  const tried = new Set<string>();
  handleForm('sign-up', {
    fields: ['email', 'password'],
    send: async (fields) => {
      const registered = await client.registerUser(fields);
      const isDone =
        registered.ok || (codeOf(registered) === 'email_taken' && tried.has(fields.email));
      if (registered.ok || isUnsure(registered)) tried.add(fields.email);
      return isDone && !data.requireVerifiedEmail ? client.login(fields) : registered;
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
