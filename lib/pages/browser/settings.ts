import { detailsOf, deviceOf, type Session } from './devices.ts';
import { codeOf, explain, handleForm, type Failure } from './form.ts';
import {
  BY_MAIL,
  byId,
  client,
  data,
  fill,
  formById,
  forgetFragment,
  fragment,
  goTo,
  show,
  tell,
  words,
} from './page.ts';

/** What the sign-up page has this page say, and the names for it. */
const NOTICES: Record<string, string | undefined> = {
  verification_sent: words.verificationSent,
};

export async function settings(): Promise<void> {
  const profile = await client.getProfile();
  if (!profile.ok) {
    await withSession(profile);
    tell(explain(profile));
    return;
  }
  const { email } = profile;
  byId('user').textContent = email;
  for (const input of document.querySelectorAll<HTMLInputElement>('[name=username]')) {
    input.value = email;
  }
  handleEmail(email);
  handlePassword();
  handleSessions();
  handleEnd();
  show('account');
  reloadForOthers(email);
  const notice = NOTICES[fragment.get('notice') ?? ''];
  forgetFragment();
  if (notice !== undefined) tell(fill(notice, { email }));
  await showSessions();
}

/** Another tab may have signed this user out, or another user in. This page must not act for that user. */
function reloadForOthers(own: string): void {
  let isAsking = false;
  const check = async (): Promise<void> => {
    if (isAsking || document.visibilityState !== 'visible') return;
    isAsking = true;
    const profile = await client.getProfile();
    if (profile.ok ? profile.email !== own : codeOf(profile) === 'no_session') location.reload();
    isAsking = false;
  };
  // Windows side by side stay visible. Some browsers tell no tab that it has the focus.
  for (const type of ['focus', 'visibilitychange']) {
    addEventListener(type, () => {
      void check();
    });
  }
}

/** Without a session, the user has to sign in first. */
async function withSession(failure: Failure): Promise<false> {
  if (codeOf(failure) === 'no_session') await goTo(data.signIn);
  return false;
}

function handleEmail(own: string): void {
  handleForm('send-verification', {
    fields: [],
    send: () => client.requestEmailVerification({ email: own, ...BY_MAIL }),
    then: () => {
      tell(fill(words.verificationSent, { email: own }));
    },
    refused: withSession,
  });
  const isCallOff = ({ name }: HTMLButtonElement): boolean => name === 'call_off';
  handleForm('change-email', {
    fields: ['email', 'password'],
    isNeeded: (name, submitter) => name === 'password' || !isCallOff(submitter),
    check: ({ email }, submitter) =>
      !isCallOff(submitter) && email.toLowerCase() === own ? ['email', words.sameEmail] : undefined,
    // The own address calls off a pending change.
    send: ({ email, password }, submitter) =>
      client.changeEmail({ email: isCallOff(submitter) ? own : email, password, ...BY_MAIL }),
    then: (_, { email }, submitter) => {
      formById('change-email').reset();
      tell(isCallOff(submitter) ? words.calledOff : fill(words.changeSent, { email }));
    },
    refused: (failure, submitter) => {
      if (isCallOff(submitter) && codeOf(failure) === 'invalid_field') {
        tell(words.nothingPending);
        return true;
      }
      return withSession(failure);
    },
  });
}

function handlePassword(): void {
  handleForm('change-password', {
    fields: ['password', 'new_password'],
    send: (fields) => client.changePassword(fields),
    then: async () => {
      formById('change-password').reset();
      tell(words.passwordChanged);
      await showSessions();
    },
    refused: withSession,
  });
}

/** The sessions by the values of their buttons. */
const listed = new Map<string, Session>();

function handleSessions(): void {
  handleForm('end-sessions', {
    fields: [],
    send: (_, { value }): Promise<{ ok: true } | Failure> =>
      value ? client.endSession({ id: value }) : client.endOtherSessions(),
    then: async (_, __, { value }) => {
      const session = listed.get(value);
      tell(
        session
          ? fill(words.deviceSignedOut, { device: deviceOf(session) })
          : words.othersSignedOut,
      );
      await showSessions();
    },
    refused: async (failure) => {
      await withSession(failure);
      if (codeOf(failure) === 'session_not_found') await showSessions();
      return false;
    },
  });
}

async function showSessions(): Promise<void> {
  const result = await client.listSessions();
  if (!result.ok) {
    await withSession(result);
    tell(explain(result));
    return;
  }
  listed.clear();
  for (const session of result.sessions) listed.set(session.id, session);
  byId('sessions')
    .querySelector('ul')
    ?.replaceChildren(...result.sessions.map(itemOf));
}

function itemOf(session: Session): HTMLElement {
  const device = deviceOf(session);
  const text = element('div', device);
  text.append(element('span', detailsOf(session)));
  const item = element('li', text);
  if (session.current) return item;
  const button = element('button', words.deviceButton);
  button.type = 'submit';
  button.value = session.id;
  button.className = 'quiet';
  button.setAttribute('aria-label', fill(words.signOutDevice, { device }));
  item.append(button);
  return item;
}

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  content: string | Node,
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.append(content);
  return made;
}

function handleEnd(): void {
  const leave = (notice: string) => () => goTo(data.signIn, { notice });
  handleForm('sign-out', {
    fields: [],
    send: () => client.logout(),
    then: leave('signed_out'),
    refused: withSession,
  });
  handleForm('delete-account', {
    fields: ['password', 'confirm'],
    send: ({ password }) => client.deleteUserByPost({ password }),
    then: leave('deleted'),
    refused: withSession,
  });
}
