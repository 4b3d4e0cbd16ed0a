/** English. The other languages have the same keys and placeholders: the compiler and a test check that. */
export const pages = {
  /** The titles of the pages. Those of sign-in, sign-up and reset are on their buttons, too. */
  signIn: 'Sign in',
  signUp: 'Create account',
  forgot: 'Reset your password',
  reset: 'Set a new password',
  verify: 'Verify your email address',
  settings: 'Your account',
  notFound: 'Page not found',

  email: 'Email address',
  newEmail: 'New email address',
  password: 'Password',
  currentPassword: 'Current password',
  newPassword: 'New password',
  /** Beside a new password. `count` is at least 2. */
  passwordHint: 'At least {count} characters',
  showPassword: 'Show password',

  toSignIn: 'Sign in to an existing account',
  toSignUp: 'Create an account',
  toForgot: 'Forgot your password?',
  toVerify: 'Send the verification mail again',
  back: 'Back to the application',
  home: 'Home',
  terms: 'Terms of use',
  privacy: 'Privacy policy',
  languages: 'Language',
  noScript: 'This page needs JavaScript. Turn it on and reload the page.',

  forgotText: 'Enter your email address. We send you a link to set a new password.',
  sendLink: 'Send the link',
  resetIncomplete:
    'This link is incomplete. Open the whole link in the mail, or request a new one.',
  requestNewLink: 'Request a new link',
  verifyText: 'Press the button to verify your email address.',
  verifyButton: 'Verify',
  verifyAgainText: 'Enter your email address. We send you a new link to verify it.',
  verifyChangeText:
    'If the link was for a new email address, sign in and change the address again.',
  continue: 'Continue',

  sendVerification: 'Send a verification mail',
  changeEmail: 'Change email address',
  callOff: 'Cancel a pending change',
  changePassword: 'Change password',
  sessions: 'Devices',
  endOthers: 'Sign out all other devices',
  signOut: 'Sign out',
  deleteAccount: 'Delete account',
  deleteText: 'Your account and its data are deleted for good.',
  deleteConfirm: 'I want to delete my account.',

  /** What the scripts say. */
  script: {
    /** A field is empty, or a box is not checked. */
    required: 'Fill in this field.',
    confirm: 'Check this box to go on.',
    /** No answer arrived. */
    noAnswer:
      'No answer arrived, so we do not know whether that worked. Check your connection and try again: that is safe.',
    tooManyAttempts: 'Too many attempts. Try again in {wait}.',
    /** After so many wrong passwords that waiting does not help. */
    locked: 'Too many wrong passwords. Reset your password to go on.',
    tooManyRequests: 'Too many requests at the moment. Try again later.',
    unavailable: 'The service is not available at the moment. Try again in a minute.',
    sameEmail: 'This is your email address already.',
    nothingPending: 'No change is pending.',
    expiredLink:
      'This link is no longer valid: it has expired, has been used, or has been replaced by a newer one.',
    needsPassword: 'You are not signed in to this account here. Enter its password.',
    linkSent:
      'If there is an account for {email}, a mail is on its way. Look in the spam folder, too.',
    registered:
      'A mail is on its way to {email}. Open the link in it to verify your email address, then sign in.',
    verificationSent:
      'A mail is on its way to {email}. Open the link in it to verify your email address.',
    verified: '{email} is verified.',
    changeSent:
      'A mail is on its way to {email}. Open the link in it to complete the change. Then sign in again with the new address.',
    calledOff: 'Your email address stays as it is.',
    passwordChanged: 'Your password has been changed. All other devices are signed out.',
    passwordReset: 'Your password has been changed. Sign in with the new one.',
    signedOut: 'You are signed out.',
    deviceSignedOut: '{device} is signed out.',
    othersSignedOut: 'All other devices are signed out.',
    deleted: 'Your account has been deleted.',
    /** Of a device in the list: the browser and the system, such as Firefox and Windows. */
    device: '{browser}, {system}',
    unknownDevice: 'Unknown device',
    thisDevice: 'This device',
    lastUsed: 'Last used: {time}',
    /** On the button of a device, and what a screen reader calls the button. */
    deviceButton: 'Sign out',
    signOutDevice: 'Sign out: {device}',
    /** What a refusal says, by its code. */
    codes: {
      invalid_email: 'Enter an email address such as name@example.com.',
      email_taken: 'There is an account with this email address already.',
      wrong_credentials: 'The email address or the password is wrong.',
      /** In place of the one above, if a user can sign in only with a verified address. */
      wrong_credentials_or_not_verified:
        'The email address or the password is wrong, or the email address is not verified yet.',
      wrong_password: 'The password is wrong.',
      account_disabled: 'This account is disabled.',
      password_too_short: 'Use at least {count} characters.',
      password_too_long: 'Use a shorter password.',
      password_too_common: 'This password is easy to guess. Choose another one.',
      password_breached: 'This password is known from a data breach. Choose another one.',
      bad_reset_token:
        'This link is no longer valid: it has expired, has been used, or has been replaced by a newer one. Request a new link.',
      session_not_found: 'This device is signed out already.',
      conflict: 'Your account was changed elsewhere at the same time. Try again.',
    },
  },
};

/** The words of the pages in one language. */
export type PageWords = typeof pages;

/** What mails say. A part `{ button }` is a link; `{at}` stands for `atProduct`, or nothing without a name. */
export const mails = {
  greeting: 'Hello,',
  /** Follows the word for an account. */
  atProduct: ' at {product}',
  /** Above a link as it is, for mail programs that show no buttons. */
  copyLink: 'If the button does not work, copy this link into your browser:',
  passwordReset: {
    subject: 'Reset your password',
    body: [
      'We received a request to reset the password of your account{at}.',
      { button: 'Set a new password' },
      'The link works once, within {duration}.',
      'If you did not ask for this, you can ignore this mail. Your password stays the same.',
    ],
  },
  passwordChanged: {
    subject: 'Your password has been changed',
    body: [
      'The password of your account{at} has been changed, and all other devices have been signed out.',
      'If this was not you, set a new password at once, on the page where you sign in. Also make sure that nobody else can read your mail.',
    ],
  },
  loginLocked: {
    subject: 'Your account is locked',
    body: [
      'There were 100 wrong passwords in a row for your account{at}. To protect it, no password works any more, not even the right one. Devices that are signed in stay signed in.',
      'To sign in again, set a new password, as if you had forgotten yours. Use a password that you use nowhere else.',
    ],
  },
  confirmationsLocked: {
    subject: 'Changes to your account are locked',
    body: [
      'There were 100 wrong passwords in a row for changes to your account{at}, on a device that is signed in or with a link from a mail. To protect the account, no password is accepted there any more, not even the right one.',
      'If this was not you, somebody else uses your account or reads your mail.',
      'Set a new password, as if you had forgotten yours. That signs out all devices. Use a password that you use nowhere else.',
    ],
  },
  emailVerification: {
    subject: 'Verify your email address',
    body: [
      'Please verify that this email address belongs to your account{at}. You may need the password of the account.',
      { button: 'Verify the email address' },
      'The link works once, within {duration}.',
      'If you did not create an account, you can ignore this mail. Without this link, the address stays unverified.',
    ],
  },
  registeredAgain: {
    subject: 'Verify your email address, or set a new password',
    body: [
      'We received another request to create an account{at} with this email address. The address has an account already, which nobody has verified yet.',
      'If you know the password of that account, verify the address:',
      { button: 'Verify the email address' },
      'This link works once, within {duration}.',
      'If you do not know the password, set a new one. That verifies the address, too:',
      { button: 'Set a new password' },
      'This link works once, within {duration}.',
      'If you did not ask for this, you can ignore this mail. The account then stays unverified.',
    ],
  },
  emailChange: {
    subject: 'Confirm your new email address',
    body: [
      'We received a request to make this the email address of an account{at}. Please confirm it. You may need the password of the account.',
      { button: 'Confirm the new email address' },
      'The link works once, within {duration}. From then on, sign in with the new address.',
      'If somebody else created another account with this email address and never verified it, that account is deleted when you confirm.',
      'If you did not ask for this, you can ignore this mail. Nobody can use your address without this link and the password.',
    ],
  },
  emailChangeAsked: {
    subject: 'Your email address is about to change',
    body: [
      'We received a request, with the right password, to change the email address of your account{at}. The account keeps this address until the new one is confirmed.',
      'To keep it for good, sign in and cancel the change where you change your email address.',
      'If this was not you, set a new password at once. That stops the change.',
    ],
  },
  emailChanged: {
    subject: 'Your email address has been changed',
    body: [
      'Your account{at} now has another email address, and all devices have been signed out.',
      'If this was not you, somebody else knows your password. Contact our support at once.',
    ],
  },
  accountExists: {
    subject: 'You already have an account',
    body: [
      'We received a request to create an account{at} with this email address, or to verify the address. You already have an account with it, and nothing has changed.',
      'You can sign in as usual. If you forgot your password, you can set a new one there.',
      'If you did not ask for this, you can ignore this mail.',
    ],
  },
  accountDeleted: {
    subject: 'Your account has been deleted',
    body: [
      'Your account{at} has been deleted, with the right password. This cannot be undone.',
      'If this was not you, somebody else knows your password. Change it wherever else you use it.',
    ],
  },
};

/** The words of the mails in one language. */
export type MailWords = Readonly<Record<'greeting' | 'atProduct' | 'copyLink', string>> &
  Readonly<Record<MailKind, MailText>>;

export type MailKind = Exclude<keyof typeof mails, 'greeting' | 'atProduct' | 'copyLink'>;

/** A mail: its paragraphs and links, in their order. */
export interface MailText {
  readonly subject: string;
  readonly body: readonly (string | { readonly button: string })[];
}
