/** German, formal. */
import type { MailWords, PageWords } from './en.ts';

export const pages = {
  signIn: 'Anmelden',
  signUp: 'Konto erstellen',
  forgot: 'Passwort zurücksetzen',
  reset: 'Neues Passwort festlegen',
  verify: 'E-Mail-Adresse bestätigen',
  settings: 'Ihr Konto',
  notFound: 'Seite nicht gefunden',

  email: 'E-Mail-Adresse',
  newEmail: 'Neue E-Mail-Adresse',
  password: 'Passwort',
  currentPassword: 'Aktuelles Passwort',
  newPassword: 'Neues Passwort',
  passwordHint: 'Mindestens {count} Zeichen',
  showPassword: 'Passwort anzeigen',

  toSignIn: 'Mit einem bestehenden Konto anmelden',
  toSignUp: 'Konto erstellen',
  toForgot: 'Passwort vergessen?',
  toVerify: 'Bestätigungsmail erneut senden',
  back: 'Zurück zur Anwendung',
  home: 'Startseite',
  terms: 'Nutzungsbedingungen',
  privacy: 'Datenschutzerklärung',
  languages: 'Sprache',
  noScript: 'Diese Seite benötigt JavaScript. Schalten Sie es ein und laden Sie die Seite neu.',

  forgotText:
    'Geben Sie Ihre E-Mail-Adresse ein. Wir senden Ihnen einen Link, mit dem Sie ein neues Passwort festlegen.',
  sendLink: 'Link senden',
  resetIncomplete:
    'Dieser Link ist unvollständig. Öffnen Sie den ganzen Link aus der E-Mail oder fordern Sie einen neuen an.',
  requestNewLink: 'Neuen Link anfordern',
  verifyText: 'Mit dieser Schaltfläche bestätigen Sie Ihre E-Mail-Adresse.',
  verifyButton: 'Bestätigen',
  verifyAgainText:
    'Geben Sie Ihre E-Mail-Adresse ein. Wir senden Ihnen einen neuen Link, um sie zu bestätigen.',
  verifyChangeText:
    'War der Link für eine neue E-Mail-Adresse, melden Sie sich an und ändern Sie die Adresse noch einmal.',
  continue: 'Weiter',

  sendVerification: 'Bestätigungsmail senden',
  changeEmail: 'E-Mail-Adresse ändern',
  callOff: 'Ausstehende Änderung abbrechen',
  changePassword: 'Passwort ändern',
  sessions: 'Geräte',
  endOthers: 'Alle anderen Geräte abmelden',
  signOut: 'Abmelden',
  deleteAccount: 'Konto löschen',
  deleteText: 'Ihr Konto und seine Daten werden endgültig gelöscht.',
  deleteConfirm: 'Ich möchte mein Konto löschen.',

  script: {
    required: 'Füllen Sie dieses Feld aus.',
    confirm: 'Setzen Sie dieses Häkchen, um fortzufahren.',
    noAnswer:
      'Es kam keine Antwort, daher ist nicht bekannt, ob es geklappt hat. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal: Das ist gefahrlos.',
    tooManyAttempts: 'Zu viele Versuche. Versuchen Sie es in {wait} noch einmal.',
    locked: 'Zu viele falsche Passwörter. Setzen Sie Ihr Passwort zurück, um fortzufahren.',
    tooManyRequests: 'Zurzeit zu viele Anfragen. Versuchen Sie es später noch einmal.',
    unavailable:
      'Der Dienst ist zurzeit nicht verfügbar. Versuchen Sie es in einer Minute noch einmal.',
    sameEmail: 'Das ist bereits Ihre E-Mail-Adresse.',
    nothingPending: 'Es steht keine Änderung aus.',
    expiredLink:
      'Dieser Link ist nicht mehr gültig: Er ist abgelaufen, wurde schon benutzt oder durch einen neueren ersetzt.',
    needsPassword:
      'Sie sind hier nicht mit diesem Konto angemeldet. Geben Sie das Passwort des Kontos ein.',
    linkSent:
      'Wenn es ein Konto für {email} gibt, ist eine E-Mail unterwegs. Sehen Sie auch im Spam-Ordner nach.',
    registered:
      'Eine E-Mail an {email} ist unterwegs. Öffnen Sie den Link darin, um Ihre E-Mail-Adresse zu bestätigen, und melden Sie sich dann an.',
    verificationSent:
      'Eine E-Mail an {email} ist unterwegs. Öffnen Sie den Link darin, um Ihre E-Mail-Adresse zu bestätigen.',
    verified: '{email} ist bestätigt.',
    changeSent:
      'Eine E-Mail an {email} ist unterwegs. Öffnen Sie den Link darin, um die Änderung abzuschließen. Melden Sie sich danach mit der neuen Adresse wieder an.',
    calledOff: 'Ihre E-Mail-Adresse bleibt, wie sie ist.',
    passwordChanged: 'Ihr Passwort wurde geändert. Alle anderen Geräte sind abgemeldet.',
    passwordReset: 'Ihr Passwort wurde geändert. Melden Sie sich mit dem neuen an.',
    signedOut: 'Sie sind abgemeldet.',
    deviceSignedOut: '{device} ist abgemeldet.',
    othersSignedOut: 'Alle anderen Geräte sind abgemeldet.',
    deleted: 'Ihr Konto wurde gelöscht.',
    device: '{browser}, {system}',
    unknownDevice: 'Unbekanntes Gerät',
    thisDevice: 'Dieses Gerät',
    lastUsed: 'Zuletzt benutzt: {time}',
    deviceButton: 'Abmelden',
    signOutDevice: 'Abmelden: {device}',
    codes: {
      invalid_email: 'Geben Sie eine E-Mail-Adresse wie name@example.com ein.',
      email_taken: 'Für diese E-Mail-Adresse gibt es bereits ein Konto.',
      wrong_credentials: 'Die E-Mail-Adresse oder das Passwort ist falsch.',
      wrong_credentials_or_not_verified:
        'Die E-Mail-Adresse oder das Passwort ist falsch, oder die E-Mail-Adresse ist noch nicht bestätigt.',
      wrong_password: 'Das Passwort ist falsch.',
      account_disabled: 'Dieses Konto ist gesperrt.',
      password_too_short: 'Verwenden Sie mindestens {count} Zeichen.',
      password_too_long: 'Verwenden Sie ein kürzeres Passwort.',
      password_too_common: 'Dieses Passwort ist leicht zu erraten. Wählen Sie ein anderes.',
      password_breached: 'Dieses Passwort ist aus einem Datenleck bekannt. Wählen Sie ein anderes.',
      bad_reset_token:
        'Dieser Link ist nicht mehr gültig: Er ist abgelaufen, wurde schon benutzt oder durch einen neueren ersetzt. Fordern Sie einen neuen an.',
      session_not_found: 'Dieses Gerät ist bereits abgemeldet.',
      conflict:
        'Ihr Konto wurde gleichzeitig an anderer Stelle geändert. Versuchen Sie es noch einmal.',
    },
  },
} satisfies PageWords;

export const mails = {
  greeting: 'Guten Tag,',
  atProduct: ' bei {product}',
  copyLink: 'Falls die Schaltfläche nicht funktioniert, kopieren Sie diesen Link in Ihren Browser:',
  passwordReset: {
    subject: 'Passwort zurücksetzen',
    body: [
      'Wir haben eine Anfrage erhalten, das Passwort Ihres Kontos{at} zurückzusetzen.',
      { button: 'Neues Passwort festlegen' },
      'Der Link funktioniert einmal und ist {duration} lang gültig.',
      'Falls Sie das nicht angefordert haben, können Sie diese E-Mail ignorieren. Ihr Passwort bleibt unverändert.',
    ],
  },
  passwordChanged: {
    subject: 'Ihr Passwort wurde geändert',
    body: [
      'Das Passwort Ihres Kontos{at} wurde geändert. Alle anderen Geräte wurden abgemeldet.',
      'Falls Sie das nicht waren, legen Sie auf der Anmeldeseite sofort ein neues Passwort fest. Stellen Sie auch sicher, dass niemand sonst Ihre E-Mails lesen kann.',
    ],
  },
  loginLocked: {
    subject: 'Ihr Konto ist gesperrt',
    body: [
      'Für Ihr Konto{at} wurde 100-mal hintereinander ein falsches Passwort eingegeben. Zum Schutz des Kontos funktioniert nun kein Passwort mehr, auch nicht das richtige. Angemeldete Geräte bleiben angemeldet.',
      'Um sich wieder anzumelden, legen Sie ein neues Passwort fest, als hätten Sie Ihres vergessen. Nehmen Sie ein Passwort, das Sie sonst nirgends verwenden.',
    ],
  },
  confirmationsLocked: {
    subject: 'Änderungen an Ihrem Konto sind gesperrt',
    body: [
      'Für Änderungen an Ihrem Konto{at} wurde 100-mal hintereinander ein falsches Passwort eingegeben, auf einem angemeldeten Gerät oder über einen Link aus einer E-Mail. Zum Schutz des Kontos wird dort kein Passwort mehr angenommen, auch nicht das richtige.',
      'Falls Sie das nicht waren, verwendet jemand anderes Ihr Konto oder liest Ihre E-Mails.',
      'Legen Sie ein neues Passwort fest, als hätten Sie Ihres vergessen. Damit werden alle Geräte abgemeldet. Nehmen Sie ein Passwort, das Sie sonst nirgends verwenden.',
    ],
  },
  emailVerification: {
    subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
    body: [
      'Bitte bestätigen Sie, dass diese E-Mail-Adresse zu Ihrem Konto{at} gehört. Dafür brauchen Sie eventuell das Passwort des Kontos.',
      { button: 'E-Mail-Adresse bestätigen' },
      'Der Link funktioniert einmal und ist {duration} lang gültig.',
      'Falls Sie kein Konto erstellt haben, können Sie diese E-Mail ignorieren. Ohne diesen Link bleibt die Adresse unbestätigt.',
    ],
  },
  registeredAgain: {
    subject: 'Bestätigen Sie Ihre E-Mail-Adresse, oder legen Sie ein neues Passwort fest',
    body: [
      'Wir haben eine weitere Anfrage erhalten, mit dieser E-Mail-Adresse ein Konto{at} zu erstellen. Zu dieser Adresse gibt es bereits ein Konto, das noch niemand bestätigt hat.',
      'Wenn Sie das Passwort dieses Kontos kennen, bestätigen Sie die Adresse:',
      { button: 'E-Mail-Adresse bestätigen' },
      'Dieser Link funktioniert einmal und ist {duration} lang gültig.',
      'Wenn Sie das Passwort nicht kennen, legen Sie ein neues fest. Das bestätigt auch die Adresse:',
      { button: 'Neues Passwort festlegen' },
      'Dieser Link funktioniert einmal und ist {duration} lang gültig.',
      'Falls Sie das nicht angefordert haben, können Sie diese E-Mail ignorieren. Das Konto bleibt dann unbestätigt.',
    ],
  },
  emailChange: {
    subject: 'Bestätigen Sie Ihre neue E-Mail-Adresse',
    body: [
      'Wir haben eine Anfrage erhalten, diese E-Mail-Adresse für ein Konto{at} zu verwenden. Bitte bestätigen Sie das. Dafür brauchen Sie eventuell das Passwort des Kontos.',
      { button: 'Neue E-Mail-Adresse bestätigen' },
      'Der Link funktioniert einmal und ist {duration} lang gültig. Danach melden Sie sich mit der neuen Adresse an.',
      'Falls jemand anderes mit dieser E-Mail-Adresse ein weiteres Konto erstellt und nie bestätigt hat, wird jenes Konto gelöscht, sobald Sie bestätigen.',
      'Falls Sie das nicht angefordert haben, können Sie diese E-Mail ignorieren. Ohne diesen Link und das Passwort kann niemand Ihre Adresse verwenden.',
    ],
  },
  emailChangeAsked: {
    subject: 'Ihre E-Mail-Adresse soll geändert werden',
    body: [
      'Wir haben mit dem richtigen Passwort eine Anfrage erhalten, die E-Mail-Adresse Ihres Kontos{at} zu ändern. Das Konto behält diese Adresse, bis die neue bestätigt ist.',
      'Um sie zu behalten, melden Sie sich an und brechen Sie die Änderung dort ab, wo Sie Ihre E-Mail-Adresse ändern.',
      'Falls Sie das nicht waren, legen Sie sofort ein neues Passwort fest. Damit wird die Änderung gestoppt.',
    ],
  },
  emailChanged: {
    subject: 'Ihre E-Mail-Adresse wurde geändert',
    body: [
      'Ihr Konto{at} hat jetzt eine andere E-Mail-Adresse. Alle Geräte wurden abgemeldet.',
      'Falls Sie das nicht waren, kennt jemand anderes Ihr Passwort. Wenden Sie sich sofort an unseren Support.',
    ],
  },
  accountExists: {
    subject: 'Sie haben bereits ein Konto',
    body: [
      'Wir haben eine Anfrage erhalten, mit dieser E-Mail-Adresse ein Konto{at} zu erstellen oder die Adresse zu bestätigen. Sie haben damit bereits ein Konto, und daran hat sich nichts geändert.',
      'Sie können sich wie gewohnt anmelden. Falls Sie Ihr Passwort vergessen haben, können Sie dort ein neues festlegen.',
      'Falls Sie das nicht angefordert haben, können Sie diese E-Mail ignorieren.',
    ],
  },
  accountDeleted: {
    subject: 'Ihr Konto wurde gelöscht',
    body: [
      'Ihr Konto{at} wurde mit dem richtigen Passwort gelöscht. Das lässt sich nicht rückgängig machen.',
      'Falls Sie das nicht waren, kennt jemand anderes Ihr Passwort. Ändern Sie es überall, wo Sie es sonst verwenden.',
    ],
  },
} satisfies MailWords;
