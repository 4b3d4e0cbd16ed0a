/** French, formal. */
import type { PageWords } from './en.ts';

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
