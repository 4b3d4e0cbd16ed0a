/** What is between the heading and the footer of each page. */
import type { PageWords } from '../words/en.ts';
import { markup, type Content, type Html } from './html.ts';

/** The pages, by their names in the path. */
export const PAGES = {
  'sign-in': { title: 'signIn', contentOf: signIn },
  'sign-up': { title: 'signUp', contentOf: signUp },
  forgot: { title: 'forgot', contentOf: forgot },
  reset: { title: 'reset', contentOf: reset },
  verify: { title: 'verify', contentOf: verify },
  settings: { title: 'settings', contentOf: settings },
} as const satisfies Record<
  string,
  { title: keyof PageWords; contentOf: (context: PageContext) => Content }
>;

export type PageName = keyof typeof PAGES;

export interface PageContext {
  words: PageWords;
  /** Makes the address of a page. It keeps the language and where the user goes after signing in. */
  linkTo: (page: PageName) => string;
  /** What a new password needs; undefined if any will do. */
  passwordHint: string | undefined;
  requireVerifiedEmail: boolean;
  /** The application that the user comes from; undefined if it is not known. */
  returnTo: string | undefined;
}

interface Field {
  name: 'email' | 'password' | 'new_password';
  label: string;
  autocomplete: 'username' | 'email' | 'current-password' | 'new-password';
  hint?: string | undefined;
  /** Tells the fields of a page with several forms from each other. */
  prefix?: string;
}

/** A field with its label and the place of its error. */
function field({ name, label, autocomplete, hint, prefix = '' }: Field): Html {
  const id = prefix + name;
  const type =
    name === 'email'
      ? markup`type="email" autocapitalize="none" spellcheck="false"`
      : markup`type="password"`;
  const describedBy = hint === undefined ? `${id}-error` : `${id}-error ${id}-hint`;
  return markup`<div class="field">
<label for="${id}">${label}</label>
<input id="${id}" name="${name}" ${type} autocomplete="${autocomplete}" aria-describedby="${describedBy}" required>
${hint !== undefined && markup`<p class="hint" id="${id}-hint">${hint}</p>`}
<p class="error" id="${id}-error" hidden></p>
</div>
`;
}

/** Until the script runs, nothing can be typed or sent. A form that is sent without it would be a POST. */
function form(id: string, ...content: Content[]): Html {
  return markup`<form id="${id}" method="post" novalidate>
<fieldset disabled>
${content}
<p role="alert" class="error"></p>
</fieldset>
</form>
`;
}

function submit(label: string): Html {
  return markup`<button type="submit">${label}</button>`;
}

function showPassword(words: PageWords): Html {
  return markup`<label class="box"><input type="checkbox" class="show-password"> ${words.showPassword}</label>
`;
}

function link(href: string, text: string): Html {
  return markup`<p><a href="${href}">${text}</a></p>
`;
}

/** Password managers have to know for which user a password is. */
function hiddenUser(name: string): Html {
  return markup`<input name="${name}" autocomplete="username" hidden readonly>
`;
}

const STATUS = markup`<p role="status" id="status" tabindex="-1"></p>
`;

function signIn({ words, linkTo, requireVerifiedEmail }: PageContext): Content {
  return [
    STATUS,
    form(
      'sign-in',
      field({ name: 'email', label: words.email, autocomplete: 'username' }),
      field({ name: 'password', label: words.password, autocomplete: 'current-password' }),
      showPassword(words),
      submit(words.signIn),
    ),
    link(linkTo('forgot'), words.toForgot),
    requireVerifiedEmail && link(linkTo('verify'), words.toVerify),
    link(linkTo('sign-up'), words.toSignUp),
  ];
}

function signUp({ words, linkTo, passwordHint: hint }: PageContext): Content {
  return [
    STATUS,
    form(
      'sign-up',
      field({ name: 'email', label: words.email, autocomplete: 'username' }),
      field({ name: 'password', label: words.password, autocomplete: 'new-password', hint }),
      showPassword(words),
      submit(words.signUp),
    ),
    link(linkTo('sign-in'), words.toSignIn),
  ];
}

function forgot({ words, linkTo }: PageContext): Content {
  return [
    markup`<p>${words.forgotText}</p>`,
    STATUS,
    form(
      'forgot',
      field({ name: 'email', label: words.email, autocomplete: 'username' }),
      submit(words.sendLink),
    ),
    link(linkTo('sign-in'), words.toSignIn),
  ];
}

function reset({ words, linkTo, passwordHint: hint }: PageContext): Content {
  return [
    STATUS,
    form(
      'reset',
      markup`<p id="user"></p>`,
      hiddenUser('email'),
      field({ name: 'new_password', label: words.newPassword, autocomplete: 'new-password', hint }),
      showPassword(words),
      submit(words.reset),
    ),
    markup`<p id="incomplete" hidden>${words.resetIncomplete}</p>`,
    link(linkTo('forgot'), words.requestNewLink),
  ];
}

function verify({ words, linkTo }: PageContext): Content {
  return [
    STATUS,
    form(
      'verify',
      markup`<p>${words.verifyText}</p>
<div id="confirmation" hidden>`,
      field({ name: 'password', label: words.password, autocomplete: 'current-password' }),
      showPassword(words),
      markup`</div>`,
      submit(words.verifyButton),
    ),
    markup`<div id="again" hidden>
<p>${words.verifyAgainText} ${words.verifyChangeText}</p>`,
    form(
      'resend',
      field({ name: 'email', label: words.email, autocomplete: 'username' }),
      submit(words.sendLink),
    ),
    markup`</div>
<p id="continue" hidden><a href="${linkTo('settings')}">${words.continue}</a></p>`,
  ];
}

function settings({ words, passwordHint: hint, returnTo }: PageContext): Content {
  const currentPassword = (prefix: string): Html =>
    field({
      name: 'password',
      label: words.currentPassword,
      autocomplete: 'current-password',
      prefix,
    });
  return [
    returnTo !== undefined && link(returnTo, words.back),
    STATUS,
    markup`<div id="account" hidden>
<p id="user"></p>`,
    form('sign-out', submit(words.signOut)),
    section(
      'email',
      words.email,
      form('send-verification', submit(words.sendVerification)),
      form(
        'change-email',
        field({ name: 'email', label: words.newEmail, autocomplete: 'email', prefix: 'email-' }),
        hiddenUser('username'),
        currentPassword('email-'),
        submit(words.changeEmail),
        markup` <button type="submit" name="call_off" class="quiet">${words.callOff}</button>`,
      ),
    ),
    section(
      'password',
      words.password,
      form(
        'change-password',
        hiddenUser('username'),
        currentPassword('password-'),
        field({
          name: 'new_password',
          label: words.newPassword,
          autocomplete: 'new-password',
          prefix: 'password-',
          hint,
        }),
        showPassword(words),
        submit(words.changePassword),
      ),
    ),
    section(
      'sessions',
      words.sessions,
      form(
        'end-sessions',
        markup`<ul></ul>
<button type="submit" class="quiet">${words.endOthers}</button>`,
      ),
    ),
    section(
      'delete',
      words.deleteAccount,
      markup`<p>${words.deleteText}</p>`,
      form(
        'delete-account',
        hiddenUser('username'),
        currentPassword('delete-'),
        markup`<div class="field">
<label class="box"><input type="checkbox" id="delete-confirm" name="confirm" aria-describedby="delete-confirm-error" required> ${words.deleteConfirm}</label>
<p class="error" id="delete-confirm-error" hidden></p>
</div>
`,
        submit(words.deleteAccount),
      ),
    ),
    markup`</div>`,
  ];
}

function section(id: string, title: string, ...content: Content[]): Html {
  return markup`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}
</section>
`;
}
