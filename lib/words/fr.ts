/** French, formal. */
import type { MailWords, PageWords } from './en.ts';

export const pages = {
  signIn: 'Se connecter',
  signUp: 'Créer un compte',
  forgot: 'Réinitialiser le mot de passe',
  reset: 'Définir un nouveau mot de passe',
  verify: 'Vérifier l’adresse e-mail',
  settings: 'Votre compte',
  notFound: 'Page introuvable',

  email: 'Adresse e-mail',
  newEmail: 'Nouvelle adresse e-mail',
  password: 'Mot de passe',
  currentPassword: 'Mot de passe actuel',
  newPassword: 'Nouveau mot de passe',
  passwordHint: 'Au moins {count} caractères',
  showPassword: 'Afficher le mot de passe',

  toSignIn: 'Se connecter à un compte existant',
  toSignUp: 'Créer un compte',
  toForgot: 'Mot de passe oublié\u00a0?',
  toVerify: 'Renvoyer l’e-mail de vérification',
  back: 'Retour à l’application',
  home: 'Accueil',
  terms: 'Conditions d’utilisation',
  privacy: 'Politique de confidentialité',
  languages: 'Langue',
  noScript: 'Cette page nécessite JavaScript. Activez-le et rechargez la page.',

  forgotText:
    'Saisissez votre adresse e-mail. Nous vous enverrons un lien pour définir un nouveau mot de passe.',
  sendLink: 'Envoyer le lien',
  resetIncomplete:
    'Ce lien est incomplet. Ouvrez le lien entier de l’e-mail ou demandez-en un nouveau.',
  requestNewLink: 'Demander un nouveau lien',
  verifyText: 'Appuyez sur le bouton pour vérifier votre adresse e-mail.',
  verifyButton: 'Vérifier',
  verifyAgainText:
    'Saisissez votre adresse e-mail. Nous vous enverrons un nouveau lien pour la vérifier.',
  verifyChangeText:
    'Si le lien concernait une nouvelle adresse e-mail, connectez-vous et changez-la de nouveau.',
  continue: 'Continuer',

  sendVerification: 'Envoyer un e-mail de vérification',
  changeEmail: 'Changer l’adresse e-mail',
  callOff: 'Annuler un changement en attente',
  changePassword: 'Changer le mot de passe',
  sessions: 'Appareils',
  endOthers: 'Déconnecter tous les autres appareils',
  signOut: 'Se déconnecter',
  deleteAccount: 'Supprimer le compte',
  deleteText: 'Votre compte et ses données seront supprimés définitivement.',
  deleteConfirm: 'Je souhaite supprimer mon compte.',

  script: {
    required: 'Remplissez ce champ.',
    confirm: 'Cochez cette case pour continuer.',
    noAnswer:
      'Aucune réponse n’est arrivée\u00a0: nous ne savons pas si l’opération a réussi. Vérifiez votre connexion et réessayez, c’est sans risque.',
    tooManyAttempts: 'Trop de tentatives. Réessayez dans {wait}.',
    locked: 'Trop de mots de passe incorrects. Réinitialisez votre mot de passe pour continuer.',
    tooManyRequests: 'Trop de demandes en ce moment. Réessayez plus tard.',
    unavailable: 'Le service est indisponible pour le moment. Réessayez dans une minute.',
    sameEmail: 'C’est déjà votre adresse e-mail.',
    nothingPending: 'Aucun changement n’est en attente.',
    expiredLink:
      'Ce lien n’est plus valable\u00a0: il a expiré, a déjà été utilisé ou a été remplacé par un lien plus récent.',
    needsPassword: 'Ce compte n’est pas connecté ici. Saisissez son mot de passe.',
    linkSent:
      'S’il existe un compte pour {email}, un e-mail est en route. Regardez aussi dans les courriers indésirables.',
    registered:
      'Un e-mail est en route vers {email}. Ouvrez le lien qu’il contient pour vérifier votre adresse e-mail, puis connectez-vous.',
    verificationSent:
      'Un e-mail est en route vers {email}. Ouvrez le lien qu’il contient pour vérifier votre adresse e-mail.',
    verified: 'L’adresse {email} est vérifiée.',
    changeSent:
      'Un e-mail est en route vers {email}. Ouvrez le lien qu’il contient pour terminer le changement. Reconnectez-vous ensuite avec la nouvelle adresse.',
    calledOff: 'Votre adresse e-mail ne change pas.',
    passwordChanged:
      'Votre mot de passe a été modifié. Tous les autres appareils sont déconnectés.',
    passwordReset: 'Votre mot de passe a été modifié. Connectez-vous avec le nouveau.',
    signedOut: 'Déconnexion effectuée.',
    deviceSignedOut: 'Appareil déconnecté\u00a0: {device}.',
    othersSignedOut: 'Tous les autres appareils sont déconnectés.',
    deleted: 'Votre compte a été supprimé.',
    device: '{browser}, {system}',
    unknownDevice: 'Appareil inconnu',
    thisDevice: 'Cet appareil',
    lastUsed: 'Dernière utilisation\u00a0: {time}',
    deviceButton: 'Déconnecter',
    signOutDevice: 'Déconnecter\u00a0: {device}',
    codes: {
      invalid_email: 'Saisissez une adresse e-mail telle que nom@example.com.',
      email_taken: 'Il existe déjà un compte avec cette adresse e-mail.',
      wrong_credentials: 'L’adresse e-mail ou le mot de passe est incorrect.',
      wrong_credentials_or_not_verified:
        'L’adresse e-mail ou le mot de passe est incorrect, ou l’adresse e-mail n’est pas encore vérifiée.',
      wrong_password: 'Le mot de passe est incorrect.',
      account_disabled: 'Ce compte est désactivé.',
      password_too_short: 'Utilisez au moins {count} caractères.',
      password_too_long: 'Utilisez un mot de passe plus court.',
      password_too_common: 'Ce mot de passe est facile à deviner. Choisissez-en un autre.',
      password_breached:
        'Ce mot de passe figure dans une fuite de données. Choisissez-en un autre.',
      bad_reset_token:
        'Ce lien n’est plus valable\u00a0: il a expiré, a déjà été utilisé ou a été remplacé par un lien plus récent. Demandez-en un nouveau.',
      session_not_found: 'Cet appareil est déjà déconnecté.',
      conflict: 'Votre compte a été modifié ailleurs au même moment. Réessayez.',
    },
  },
} satisfies PageWords;

export const mails = {
  greeting: 'Bonjour,',
  atProduct: ' {product}',
  copyLink: 'Si le bouton ne fonctionne pas, copiez ce lien dans votre navigateur\u00a0:',
  passwordReset: {
    subject: 'Réinitialisez votre mot de passe',
    body: [
      'Nous avons reçu une demande de réinitialisation du mot de passe de votre compte{at}.',
      { button: 'Choisir un nouveau mot de passe' },
      'Ce lien fonctionne une seule fois et reste valable {duration}.',
      'Si vous n’avez rien demandé, vous pouvez ignorer cet e-mail. Votre mot de passe reste le même.',
    ],
  },
  passwordChanged: {
    subject: 'Votre mot de passe a été modifié',
    body: [
      'Le mot de passe de votre compte{at} a été modifié et tous les autres appareils ont été déconnectés.',
      'Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe sur la page de connexion. Vérifiez aussi que personne d’autre ne peut lire vos e-mails.',
    ],
  },
  loginLocked: {
    subject: 'Votre compte est verrouillé',
    body: [
      'Un mot de passe erroné a été saisi 100 fois de suite pour votre compte{at}. Pour le protéger, plus aucun mot de passe ne fonctionne, pas même le bon. Les appareils connectés le restent.',
      'Pour vous reconnecter, choisissez un nouveau mot de passe, comme si vous aviez oublié le vôtre. Utilisez un mot de passe que vous n’employez nulle part ailleurs.',
    ],
  },
  confirmationsLocked: {
    subject: 'Les modifications de votre compte sont bloquées',
    body: [
      'Un mot de passe erroné a été saisi 100 fois de suite pour modifier votre compte{at}, sur un appareil connecté ou avec un lien reçu par e-mail. Pour protéger le compte, plus aucun mot de passe n’y est accepté, pas même le bon.',
      'Si ce n’était pas vous, quelqu’un d’autre utilise votre compte ou lit vos e-mails.',
      'Choisissez un nouveau mot de passe, comme si vous aviez oublié le vôtre. Cela déconnecte tous les appareils. Utilisez un mot de passe que vous n’employez nulle part ailleurs.',
    ],
  },
  emailVerification: {
    subject: 'Confirmez votre adresse e-mail',
    body: [
      'Veuillez confirmer que cette adresse e-mail est celle de votre compte{at}. Le mot de passe du compte peut vous être demandé.',
      { button: 'Confirmer l’adresse e-mail' },
      'Ce lien fonctionne une seule fois et reste valable {duration}.',
      'Si vous n’avez pas créé de compte, vous pouvez ignorer cet e-mail. Sans ce lien, l’adresse n’est pas confirmée.',
    ],
  },
  registeredAgain: {
    subject: 'Confirmez votre adresse e-mail ou choisissez un nouveau mot de passe',
    body: [
      'Nous avons reçu une nouvelle demande de création d’un compte{at} avec cette adresse e-mail. Cette adresse a déjà un compte, que personne n’a encore confirmé.',
      'Si vous connaissez le mot de passe de ce compte, confirmez l’adresse\u00a0:',
      { button: 'Confirmer l’adresse e-mail' },
      'Ce lien fonctionne une seule fois et reste valable {duration}.',
      'Si vous ne connaissez pas le mot de passe, choisissez-en un nouveau. Cela confirme aussi l’adresse\u00a0:',
      { button: 'Choisir un nouveau mot de passe' },
      'Ce lien fonctionne une seule fois et reste valable {duration}.',
      'Si vous n’avez rien demandé, vous pouvez ignorer cet e-mail. Le compte reste alors non confirmé.',
    ],
  },
  emailChange: {
    subject: 'Confirmez votre nouvelle adresse e-mail',
    body: [
      'Nous avons reçu une demande pour utiliser cette adresse e-mail avec un compte{at}. Veuillez la confirmer. Le mot de passe du compte peut vous être demandé.',
      { button: 'Confirmer la nouvelle adresse e-mail' },
      'Ce lien fonctionne une seule fois et reste valable {duration}. Ensuite, connectez-vous avec la nouvelle adresse.',
      'Si quelqu’un d’autre a créé un autre compte avec cette adresse e-mail sans jamais la confirmer, ce compte est supprimé lorsque vous confirmez.',
      'Si vous n’avez rien demandé, vous pouvez ignorer cet e-mail. Personne ne peut utiliser votre adresse sans ce lien et le mot de passe.',
    ],
  },
  emailChangeAsked: {
    subject: 'Votre adresse e-mail va changer',
    body: [
      'Nous avons reçu une demande, avec le bon mot de passe, pour changer l’adresse e-mail de votre compte{at}. Le compte garde cette adresse tant que la nouvelle n’est pas confirmée.',
      'Pour la garder, connectez-vous et annulez le changement là où l’on change l’adresse e-mail.',
      'Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe. Cela annule le changement.',
    ],
  },
  emailChanged: {
    subject: 'Votre adresse e-mail a été modifiée',
    body: [
      'Votre compte{at} a maintenant une autre adresse e-mail et tous les appareils ont été déconnectés.',
      'Si ce n’était pas vous, quelqu’un d’autre connaît votre mot de passe. Contactez tout de suite notre assistance.',
    ],
  },
  accountExists: {
    subject: 'Vous avez déjà un compte',
    body: [
      'Nous avons reçu une demande de création d’un compte{at} avec cette adresse e-mail, ou de confirmation de cette adresse. Vous avez déjà un compte avec elle, et rien n’a changé.',
      'Vous pouvez vous connecter comme d’habitude. Si vous avez oublié votre mot de passe, vous pouvez en choisir un nouveau sur la page de connexion.',
      'Si vous n’avez rien demandé, vous pouvez ignorer cet e-mail.',
    ],
  },
  accountDeleted: {
    subject: 'Votre compte a été supprimé',
    body: [
      'Votre compte{at} a été supprimé avec le bon mot de passe. Cette action est irréversible.',
      'Si ce n’était pas vous, quelqu’un d’autre connaît votre mot de passe. Changez-le partout où vous l’utilisez.',
    ],
  },
} satisfies MailWords;
