/** Spanish, for all countries. */
import type { MailWords, PageWords } from './en.ts';

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

export const mails = {
  greeting: 'Hola:',
  atProduct: ' de {product}',
  copyLink: 'Si el botón no funciona, copia este enlace en tu navegador:',
  passwordReset: {
    subject: 'Restablece tu contraseña',
    body: [
      'Hemos recibido una solicitud para restablecer la contraseña de tu cuenta{at}.',
      { button: 'Crear una contraseña nueva' },
      'El enlace funciona una sola vez y es válido durante {duration}.',
      'Si no lo has solicitado, puedes ignorar este correo. Tu contraseña no cambia.',
    ],
  },
  passwordChanged: {
    subject: 'Tu contraseña se ha cambiado',
    body: [
      'La contraseña de tu cuenta{at} se ha cambiado y se ha cerrado la sesión en todos los demás dispositivos.',
      'Si no has sido tú, crea una contraseña nueva de inmediato en la página de inicio de sesión. Asegúrate también de que nadie más pueda leer tu correo.',
    ],
  },
  loginLocked: {
    subject: 'Tu cuenta está bloqueada',
    body: [
      'Se han introducido 100 contraseñas incorrectas seguidas en tu cuenta{at}. Para protegerla, ya no funciona ninguna contraseña, ni siquiera la correcta. Los dispositivos con la sesión iniciada la conservan.',
      'Para volver a iniciar sesión, crea una contraseña nueva, como si hubieras olvidado la tuya. Usa una contraseña que no utilices en ningún otro sitio.',
    ],
  },
  confirmationsLocked: {
    subject: 'Los cambios en tu cuenta están bloqueados',
    body: [
      'Se han introducido 100 contraseñas incorrectas seguidas para hacer cambios en tu cuenta{at}, en un dispositivo con la sesión iniciada o con un enlace de un correo. Para proteger la cuenta, ahí ya no se acepta ninguna contraseña, ni siquiera la correcta.',
      'Si no has sido tú, otra persona usa tu cuenta o lee tu correo.',
      'Crea una contraseña nueva, como si hubieras olvidado la tuya. Así se cierra la sesión en todos los dispositivos. Usa una contraseña que no utilices en ningún otro sitio.',
    ],
  },
  emailVerification: {
    subject: 'Verifica tu dirección de correo',
    body: [
      'Verifica que esta dirección de correo pertenece a tu cuenta{at}. Es posible que necesites la contraseña de la cuenta.',
      { button: 'Verificar la dirección de correo' },
      'El enlace funciona una sola vez y es válido durante {duration}.',
      'Si no has creado ninguna cuenta, puedes ignorar este correo. Sin este enlace, la dirección queda sin verificar.',
    ],
  },
  registeredAgain: {
    subject: 'Verifica tu dirección de correo o crea una contraseña nueva',
    body: [
      'Hemos recibido otra solicitud para crear una cuenta{at} con esta dirección de correo. La dirección ya tiene una cuenta que nadie ha verificado todavía.',
      'Si conoces la contraseña de esa cuenta, verifica la dirección:',
      { button: 'Verificar la dirección de correo' },
      'Este enlace funciona una sola vez y es válido durante {duration}.',
      'Si no conoces la contraseña, crea una nueva. Así también se verifica la dirección:',
      { button: 'Crear una contraseña nueva' },
      'Este enlace funciona una sola vez y es válido durante {duration}.',
      'Si no lo has solicitado, puedes ignorar este correo. La cuenta queda entonces sin verificar.',
    ],
  },
  emailChange: {
    subject: 'Confirma tu nueva dirección de correo',
    body: [
      'Hemos recibido una solicitud para usar esta dirección de correo en una cuenta{at}. Confírmala. Es posible que necesites la contraseña de la cuenta.',
      { button: 'Confirmar la nueva dirección de correo' },
      'El enlace funciona una sola vez y es válido durante {duration}. A partir de entonces, inicia sesión con la nueva dirección.',
      'Si otra persona creó otra cuenta con esta dirección de correo y nunca la verificó, esa cuenta se elimina cuando confirmes.',
      'Si no lo has solicitado, puedes ignorar este correo. Nadie puede usar tu dirección sin este enlace y la contraseña.',
    ],
  },
  emailChangeAsked: {
    subject: 'Tu dirección de correo va a cambiar',
    body: [
      'Hemos recibido una solicitud, con la contraseña correcta, para cambiar la dirección de correo de tu cuenta{at}. La cuenta conserva esta dirección hasta que se confirme la nueva.',
      'Para conservarla, inicia sesión y cancela el cambio donde se cambia la dirección de correo.',
      'Si no has sido tú, crea una contraseña nueva de inmediato. Así se detiene el cambio.',
    ],
  },
  emailChanged: {
    subject: 'Tu dirección de correo se ha cambiado',
    body: [
      'Tu cuenta{at} tiene ahora otra dirección de correo y se ha cerrado la sesión en todos los dispositivos.',
      'Si no has sido tú, otra persona conoce tu contraseña. Ponte en contacto con nuestro servicio de asistencia de inmediato.',
    ],
  },
  accountExists: {
    subject: 'Ya tienes una cuenta',
    body: [
      'Hemos recibido una solicitud para crear una cuenta{at} con esta dirección de correo o para verificarla. Ya tienes una cuenta con ella y no ha cambiado nada.',
      'Puedes iniciar sesión como siempre. Si has olvidado tu contraseña, allí puedes crear una nueva.',
      'Si no lo has solicitado, puedes ignorar este correo.',
    ],
  },
  accountDeleted: {
    subject: 'Tu cuenta se ha eliminado',
    body: [
      'Tu cuenta{at} se ha eliminado con la contraseña correcta. Esta acción no se puede deshacer.',
      'Si no has sido tú, otra persona conoce tu contraseña. Cámbiala en todos los sitios en los que la uses.',
    ],
  },
} satisfies MailWords;
