import type { MailLanguage } from './mail-text.js';

export const fr: MailLanguage = {
  facts: {
    title: 'Quand et d’où :',
    time: 'Date',
    ip: 'Adresse IP',
    device: 'Appareil',
    unknown: 'inconnu',
  },
  copyLink: 'Ou copiez cette adresse dans votre navigateur :',
  footer: (appName) => `Vous recevez ce message à cause d’un compte chez ${appName}. Personne ne lit les réponses.`,
  mails: {
    verify_email: ({ data, appName, goodFor }) => ({
      subject: `Confirmez votre adresse e-mail pour ${appName}`,
      parts: [
        `Un compte chez ${appName} a été créé avec cette adresse. Est-ce le vôtre ? Alors confirmez l’adresse :`,
        { label: 'Confirmer l’adresse', url: data.link },
        `Le lien est valable ${goodFor}.`,
        'Si ce n’était pas vous, dites-le-nous, et personne ne pourra utiliser votre adresse :',
        { label: 'Ce n’était pas moi', url: data.disownLink },
      ],
    }),
    already_registered: ({ appName }) => ({
      subject: `Vous avez déjà un compte chez ${appName}`,
      parts: [
        `Quelqu’un a voulu s’inscrire chez ${appName} avec cette adresse. Elle a déjà un compte ; rien n’a été modifié.`,
        'Si c’était vous, connectez-vous simplement. Si vous avez oublié votre mot de passe, demandez-en un nouveau sur la page de connexion.',
        'Si ce n’était pas vous, vous n’avez rien à faire.',
      ],
    }),
    reset_password: ({ data, appName, goodFor }) => ({
      subject: `Choisissez un nouveau mot de passe pour ${appName}`,
      parts: [
        `Quelqu’un a demandé un nouveau mot de passe pour votre compte chez ${appName}. Si c’était vous, choisissez-en un :`,
        { label: 'Choisir un nouveau mot de passe', url: data.link },
        `Le lien est valable une seule fois, pendant ${goodFor}. Vous serez déconnecté partout.`,
        'Si ce n’était pas vous, ignorez ce message. Votre mot de passe reste le même.',
      ],
    }),
    set_password: ({ data, appName, goodFor }) => ({
      subject: `Choisissez votre mot de passe pour ${appName}`,
      parts: [
        `Un compte chez ${appName} vous attend. Choisissez d’abord son mot de passe :`,
        { label: 'Choisir un mot de passe', url: data.link },
        `Le lien est valable une seule fois, pendant ${goodFor}.`,
      ],
    }),
    password_changed: ({ appName }) => ({
      subject: `Votre mot de passe pour ${appName} a été modifié`,
      parts: [
        `Le mot de passe de votre compte chez ${appName} a été modifié.`,
        'Si ce n’était pas vous, demandez-en tout de suite un nouveau sur la page de connexion. Tous les autres seront déconnectés.',
      ],
    }),
    change_email: ({ data, appName, goodFor }) => ({
      subject: `Confirmez votre nouvelle adresse e-mail pour ${appName}`,
      parts: [
        `Cette adresse doit devenir celle d’un compte chez ${appName}. Confirmez-la :`,
        { label: 'Confirmer la nouvelle adresse', url: data.link },
        `Le lien est valable une seule fois, pendant ${goodFor}.`,
        'Si vous n’avez rien demandé, ignorez ce message.',
      ],
    }),
    email_change_requested: ({ data, appName }) => ({
      subject: `Votre adresse e-mail pour ${appName} va changer`,
      parts: [
        `Quelqu’un qui est connecté à votre compte chez ${appName} a demandé de remplacer son adresse par ${data.newEmail}.`,
        'Si c’était vous, vous n’avez rien à faire. Sinon, empêchez-le et choisissez un nouveau mot de passe :',
        { label: 'Empêcher le changement', url: data.cancelLink },
      ],
    }),
    email_changed: ({ data, appName }) => ({
      subject: `Votre adresse e-mail pour ${appName} a été modifiée`,
      parts: [
        `L’adresse de votre compte chez ${appName} est maintenant ${data.newEmail}. Celle-ci n’en fait plus partie.`,
        'Si ce n’était pas vous, écrivez à l’exploitant du service.',
      ],
    }),
    username_changed: ({ data, appName }) => ({
      subject: `Votre nom d’utilisateur pour ${appName} a été modifié`,
      parts: [
        `Le nom d’utilisateur de votre compte chez ${appName} est maintenant ${data.username}.`,
        'Si ce n’était pas vous, demandez tout de suite un nouveau mot de passe sur la page de connexion.',
      ],
    }),
    new_device: ({ data, appName, goodFor }) => ({
      subject: `Nouvelle connexion à ${appName}`,
      parts: [
        `Quelqu’un s’est connecté à votre compte chez ${appName} sur un appareil qui n’avait jamais servi pour cela.`,
        'Si c’était vous, vous n’avez rien à faire. Sinon, mettez fin à toutes les sessions et choisissez un nouveau mot de passe :',
        { label: 'Ce n’était pas moi', url: data.notMeLink },
        `Le lien est valable ${goodFor}.`,
      ],
    }),
    session_stolen: ({ appName }) => ({
      subject: `Une de vos sessions chez ${appName} a été fermée`,
      parts: [
        `Une partie d’une de vos sessions chez ${appName} a été utilisée deux fois, ce qui arrive quand quelqu’un l’a copiée. La session a été fermée.`,
        'Connectez-vous de nouveau. Si vous ne savez pas comment cela a pu arriver, changez aussi votre mot de passe.',
      ],
    }),
    login_disabled: ({ data, appName, goodFor }) => ({
      subject: `La connexion à ${appName} par mot de passe est désactivée`,
      parts: [
        `Un mauvais mot de passe a été essayé très souvent pour votre compte chez ${appName}. Pour le protéger, le mot de passe ne fonctionne plus.`,
        'Choisissez-en un nouveau pour vous connecter :',
        { label: 'Choisir un nouveau mot de passe', url: data.link },
        `Le lien est valable une seule fois, pendant ${goodFor}. Ensuite, demandez-en un autre sur la page de connexion.`,
      ],
    }),
    deletion_requested: ({ data, appName, time }) => ({
      subject: `Votre compte chez ${appName} sera supprimé`,
      parts: [
        `Votre compte chez ${appName} sera supprimé, avec tout ce qui en fait partie : ${time(data.deletionAt)}.`,
        'Pour le garder, empêchez-le avant cette date :',
        { label: 'Garder mon compte', url: data.cancelLink },
      ],
    }),
    account_deleted: ({ appName }) => ({
      subject: `Votre compte chez ${appName} a été supprimé`,
      parts: [
        `Votre compte chez ${appName} a été supprimé, avec tout ce qui en faisait partie. Ceci est le dernier message à son sujet.`,
      ],
    }),
  },
};
