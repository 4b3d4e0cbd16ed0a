/** Spanish, for all countries. */
import type { PageWords } from './en.ts';

export const pages = {
  signIn: 'Iniciar sesión',
  signUp: 'Crear cuenta',
  forgot: 'Restablecer la contraseña',
  reset: 'Establecer una contraseña nueva',
  verify: 'Verificar el correo electrónico',
  settings: 'Tu cuenta',
  notFound: 'Página no encontrada',

  email: 'Correo electrónico',
  newEmail: 'Correo electrónico nuevo',
  password: 'Contraseña',
  currentPassword: 'Contraseña actual',
  newPassword: 'Contraseña nueva',
  passwordHint: 'Al menos {count} caracteres',
  showPassword: 'Mostrar la contraseña',

  toSignIn: 'Iniciar sesión con una cuenta existente',
  toSignUp: 'Crear una cuenta',
  toForgot: '¿Olvidaste tu contraseña?',
  toVerify: 'Volver a enviar el correo de verificación',
  back: 'Volver a la aplicación',
  home: 'Inicio',
  terms: 'Términos de uso',
  privacy: 'Política de privacidad',
  languages: 'Idioma',
  noScript: 'Esta página necesita JavaScript. Actívalo y vuelve a cargar la página.',

  forgotText:
    'Escribe tu correo electrónico. Te enviaremos un enlace para establecer una contraseña nueva.',
  sendLink: 'Enviar el enlace',
  resetIncomplete:
    'Este enlace está incompleto. Abre el enlace entero del correo o solicita uno nuevo.',
  requestNewLink: 'Solicitar un enlace nuevo',
  verifyText: 'Pulsa el botón para verificar tu correo electrónico.',
  verifyButton: 'Verificar',
  verifyAgainText: 'Escribe tu correo electrónico. Te enviaremos un enlace nuevo para verificarlo.',
  verifyChangeText:
    'Si el enlace era para un correo electrónico nuevo, inicia sesión y vuelve a cambiarlo.',
  continue: 'Continuar',

  sendVerification: 'Enviar un correo de verificación',
  changeEmail: 'Cambiar el correo electrónico',
  callOff: 'Cancelar un cambio pendiente',
  changePassword: 'Cambiar la contraseña',
  sessions: 'Dispositivos',
  endOthers: 'Cerrar sesión en los demás dispositivos',
  signOut: 'Cerrar sesión',
  deleteAccount: 'Eliminar la cuenta',
  deleteText: 'Tu cuenta y sus datos se eliminarán definitivamente.',
  deleteConfirm: 'Quiero eliminar mi cuenta.',

  script: {
    required: 'Rellena este campo.',
    confirm: 'Marca esta casilla para continuar.',
    noAnswer:
      'No hubo respuesta, así que no sabemos si funcionó. Comprueba tu conexión e inténtalo de nuevo: no hay ningún riesgo.',
    tooManyAttempts: 'Demasiados intentos. Vuelve a intentarlo dentro de {wait}.',
    locked: 'Demasiadas contraseñas incorrectas. Restablece tu contraseña para continuar.',
    tooManyRequests: 'Hay demasiadas solicitudes en este momento. Inténtalo más tarde.',
    unavailable:
      'El servicio no está disponible en este momento. Inténtalo de nuevo dentro de un minuto.',
    sameEmail: 'Este ya es tu correo electrónico.',
    nothingPending: 'No hay ningún cambio pendiente.',
    expiredLink:
      'Este enlace ya no es válido: ha caducado, ya se ha utilizado o lo ha sustituido uno más reciente.',
    needsPassword:
      'Aquí no has iniciado sesión en esta cuenta. Escribe la contraseña de la cuenta.',
    linkSent:
      'Si existe una cuenta para {email}, te hemos enviado un correo. Mira también en la carpeta de correo no deseado.',
    registered:
      'Hemos enviado un correo a {email}. Abre el enlace que contiene para verificar tu correo electrónico y después inicia sesión.',
    verificationSent:
      'Hemos enviado un correo a {email}. Abre el enlace que contiene para verificar tu correo electrónico.',
    verified: '{email} está verificado.',
    changeSent:
      'Hemos enviado un correo a {email}. Abre el enlace que contiene para completar el cambio. Después, vuelve a iniciar sesión con el correo nuevo.',
    calledOff: 'Tu correo electrónico no cambia.',
    passwordChanged:
      'Tu contraseña ha cambiado. Se ha cerrado la sesión en los demás dispositivos.',
    passwordReset: 'Tu contraseña ha cambiado. Inicia sesión con la nueva.',
    signedOut: 'Has cerrado sesión.',
    deviceSignedOut: 'Sesión cerrada: {device}.',
    othersSignedOut: 'Se ha cerrado la sesión en los demás dispositivos.',
    deleted: 'Tu cuenta se ha eliminado.',
    device: '{browser}, {system}',
    unknownDevice: 'Dispositivo desconocido',
    thisDevice: 'Este dispositivo',
    lastUsed: 'Último uso: {time}',
    deviceButton: 'Cerrar sesión',
    signOutDevice: 'Cerrar sesión: {device}',
    codes: {
      invalid_email: 'Escribe un correo electrónico como nombre@example.com.',
      email_taken: 'Ya existe una cuenta con este correo electrónico.',
      wrong_credentials: 'El correo electrónico o la contraseña no son correctos.',
      wrong_credentials_or_not_verified:
        'El correo electrónico o la contraseña no son correctos, o el correo electrónico aún no está verificado.',
      wrong_password: 'La contraseña no es correcta.',
      account_disabled: 'Esta cuenta está desactivada.',
      password_too_short: 'Usa al menos {count} caracteres.',
      password_too_long: 'Usa una contraseña más corta.',
      password_too_common: 'Esta contraseña es fácil de adivinar. Elige otra.',
      password_breached: 'Esta contraseña apareció en una filtración de datos. Elige otra.',
      bad_reset_token:
        'Este enlace ya no es válido: ha caducado, ya se ha utilizado o lo ha sustituido uno más reciente. Solicita uno nuevo.',
      session_not_found: 'En este dispositivo ya se ha cerrado la sesión.',
      conflict: 'Tu cuenta se modificó al mismo tiempo en otro lugar. Inténtalo de nuevo.',
    },
  },
} satisfies PageWords;
