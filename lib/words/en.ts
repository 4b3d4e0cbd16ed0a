/** English. The other languages have exactly the same keys and placeholders: the compiler and a test see to it. */
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
