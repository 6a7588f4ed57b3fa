import type { MailLanguage } from './mail-text.js';

export const es: MailLanguage = {
  facts: {
    title: 'Cuándo y desde dónde:',
    time: 'Fecha',
    ip: 'Dirección IP',
    device: 'Dispositivo',
    unknown: 'desconocido',
  },
  copyLink: 'O copia esta dirección en tu navegador:',
  footer: (appName) => `Recibes este correo por una cuenta en ${appName}. Nadie lee las respuestas.`,
  mails: {
    verify_email: ({ data, appName, goodFor }) => ({
      subject: `Confirma tu dirección de correo para ${appName}`,
      parts: [
        `Se ha creado una cuenta en ${appName} con esta dirección. ¿Es tuya? Entonces confirma la dirección:`,
        { label: 'Confirmar la dirección', url: data.link },
        `El enlace es válido durante ${goodFor}.`,
        'Si no has sido tú, dínoslo y nadie podrá usar tu dirección:',
        { label: 'No he sido yo', url: data.disownLink },
      ],
    }),
    already_registered: ({ appName }) => ({
      subject: `Ya tienes una cuenta en ${appName}`,
      parts: [
        `Alguien ha intentado registrarse en ${appName} con esta dirección. Ya tiene una cuenta; no se ha cambiado nada.`,
        'Si has sido tú, simplemente inicia sesión. Si has olvidado tu contraseña, pide una nueva en la página de inicio de sesión.',
        'Si no has sido tú, no tienes que hacer nada.',
      ],
    }),
    reset_password: ({ data, appName, goodFor }) => ({
      subject: `Elige una nueva contraseña para ${appName}`,
      parts: [
        `Alguien ha pedido una nueva contraseña para tu cuenta en ${appName}. Si has sido tú, elige una:`,
        { label: 'Elegir una nueva contraseña', url: data.link },
        `El enlace es válido una sola vez, durante ${goodFor}. Se cerrarán todas tus sesiones.`,
        'Si no has sido tú, ignora este correo. Tu contraseña sigue siendo la misma.',
      ],
    }),
    set_password: ({ data, appName, goodFor }) => ({
      subject: `Elige tu contraseña para ${appName}`,
      parts: [
        `Hay una cuenta para ti en ${appName}. Para empezar, elige su contraseña:`,
        { label: 'Elegir una contraseña', url: data.link },
        `El enlace es válido una sola vez, durante ${goodFor}.`,
      ],
    }),
    password_changed: ({ appName }) => ({
      subject: `Se ha cambiado tu contraseña de ${appName}`,
      parts: [
        `Se ha cambiado la contraseña de tu cuenta en ${appName}.`,
        'Si no has sido tú, pide enseguida una nueva en la página de inicio de sesión. Así se cierran las sesiones de los demás.',
      ],
    }),
    change_email: ({ data, appName, goodFor }) => ({
      subject: `Confirma tu nueva dirección de correo para ${appName}`,
      parts: [
        `Esta va a ser la nueva dirección de una cuenta en ${appName}. Confírmala:`,
        { label: 'Confirmar la nueva dirección', url: data.link },
        `El enlace es válido una sola vez, durante ${goodFor}.`,
        'Si no lo has pedido, ignora este correo.',
      ],
    }),
    email_change_requested: ({ data, appName }) => ({
      subject: `Tu dirección de correo de ${appName} va a cambiar`,
      parts: [
        `Alguien con una sesión abierta en tu cuenta de ${appName} ha pedido cambiar su dirección por ${data.newEmail}.`,
        'Si has sido tú, no tienes que hacer nada. Si no, detenlo y elige una nueva contraseña:',
        { label: 'Detener el cambio', url: data.cancelLink },
      ],
    }),
    email_changed: ({ data, appName }) => ({
      subject: `Se ha cambiado tu dirección de correo de ${appName}`,
      parts: [
        `La dirección de tu cuenta en ${appName} es ahora ${data.newEmail}. Esta ya no pertenece a la cuenta.`,
        'Si no has sido tú, escribe a quien gestiona el servicio.',
      ],
    }),
    username_changed: ({ data, appName }) => ({
      subject: `Se ha cambiado tu nombre de usuario de ${appName}`,
      parts: [
        `El nombre de usuario de tu cuenta en ${appName} es ahora ${data.username}.`,
        'Si no has sido tú, pide enseguida una nueva contraseña en la página de inicio de sesión.',
      ],
    }),
    new_device: ({ data, appName, goodFor }) => ({
      subject: `Nuevo inicio de sesión en ${appName}`,
      parts: [
        `Alguien ha iniciado sesión en tu cuenta de ${appName} en un dispositivo que no se había usado antes para ello.`,
        'Si has sido tú, no tienes que hacer nada. Si no, cierra todas las sesiones y elige una nueva contraseña:',
        { label: 'No he sido yo', url: data.notMeLink },
        `El enlace es válido durante ${goodFor}.`,
      ],
    }),
    session_stolen: ({ appName }) => ({
      subject: `Se ha cerrado una de tus sesiones en ${appName}`,
      parts: [
        `Una parte de una de tus sesiones en ${appName} se ha usado dos veces, lo que ocurre cuando alguien la ha copiado. La sesión se ha cerrado.`,
        'Vuelve a iniciar sesión. Si no sabes cómo ha podido ocurrir, cambia también tu contraseña.',
      ],
    }),
    login_disabled: ({ data, appName, goodFor }) => ({
      subject: `El acceso a ${appName} con tu contraseña está desactivado`,
      parts: [
        `Se ha probado muchas veces una contraseña incorrecta para tu cuenta en ${appName}. Para protegerla, la contraseña ya no funciona.`,
        'Elige una nueva para volver a iniciar sesión:',
        { label: 'Elegir una nueva contraseña', url: data.link },
        `El enlace es válido una sola vez, durante ${goodFor}. Después, pide otro en la página de inicio de sesión.`,
      ],
    }),
    deletion_requested: ({ data, appName, time }) => ({
      subject: `Tu cuenta en ${appName} se va a eliminar`,
      parts: [
        `Tu cuenta en ${appName} se va a eliminar, con todo lo que contiene: ${time(data.deletionAt)}.`,
        'Para conservarla, detenlo antes:',
        { label: 'Conservar mi cuenta', url: data.cancelLink },
      ],
    }),
    account_deleted: ({ appName }) => ({
      subject: `Se ha eliminado tu cuenta en ${appName}`,
      parts: [
        `Se ha eliminado tu cuenta en ${appName}, con todo lo que contenía. Este es el último correo sobre ella.`,
      ],
    }),
  },
};
