import type { MailLanguage } from './mail-text.js';

export const de: MailLanguage = {
  facts: { title: 'Wann und von wo:', time: 'Zeit', ip: 'IP-Adresse', device: 'Gerät', unknown: 'unbekannt' },
  copyLink: 'Oder kopieren Sie diese Adresse in Ihren Browser:',
  footer: (appName) => `Sie erhalten diese E-Mail wegen eines Kontos bei ${appName}. Antworten darauf liest niemand.`,
  mails: {
    verify_email: ({ data, appName, goodFor }) => ({
      subject: `Bestätigen Sie Ihre E-Mail-Adresse für ${appName}`,
      parts: [
        `Mit dieser Adresse wurde ein Konto bei ${appName} angelegt. Ist es Ihres? Dann bestätigen Sie die Adresse:`,
        { label: 'Adresse bestätigen', url: data.link },
        `Der Link gilt ${goodFor}.`,
        'Waren Sie das nicht? Sagen Sie es uns, dann kann niemand Ihre Adresse verwenden:',
        { label: 'Das war ich nicht', url: data.disownLink },
      ],
    }),
    already_registered: ({ appName }) => ({
      subject: `Sie haben schon ein Konto bei ${appName}`,
      parts: [
        `Jemand wollte sich bei ${appName} mit dieser Adresse registrieren. Sie hat schon ein Konto; geändert wurde nichts.`,
        'Waren Sie das, melden Sie sich einfach an. Haben Sie das Passwort vergessen, fordern Sie auf der Anmeldeseite ein neues an.',
        'Waren Sie das nicht, brauchen Sie nichts zu tun.',
      ],
    }),
    reset_password: ({ data, appName, goodFor }) => ({
      subject: `Wählen Sie ein neues Passwort für ${appName}`,
      parts: [
        `Jemand hat ein neues Passwort für Ihr Konto bei ${appName} angefordert. Waren Sie das, wählen Sie eines:`,
        { label: 'Neues Passwort wählen', url: data.link },
        `Der Link gilt einmal, ${goodFor} lang. Sie werden dabei überall abgemeldet.`,
        'Waren Sie das nicht, beachten Sie diese E-Mail nicht weiter. Ihr Passwort bleibt, wie es ist.',
      ],
    }),
    set_password: ({ data, appName, goodFor }) => ({
      subject: `Wählen Sie Ihr Passwort für ${appName}`,
      parts: [
        `Für Sie gibt es ein Konto bei ${appName}. Wählen Sie zuerst sein Passwort:`,
        { label: 'Passwort wählen', url: data.link },
        `Der Link gilt einmal, ${goodFor} lang.`,
      ],
    }),
    password_changed: ({ appName }) => ({
      subject: `Ihr Passwort für ${appName} wurde geändert`,
      parts: [
        `Das Passwort Ihres Kontos bei ${appName} wurde geändert.`,
        'Waren Sie das nicht, fordern Sie sofort auf der Anmeldeseite ein neues an. Das meldet alle anderen ab.',
      ],
    }),
    change_email: ({ data, appName, goodFor }) => ({
      subject: `Bestätigen Sie Ihre neue E-Mail-Adresse für ${appName}`,
      parts: [
        `Dies soll die neue Adresse eines Kontos bei ${appName} werden. Bestätigen Sie sie:`,
        { label: 'Neue Adresse bestätigen', url: data.link },
        `Der Link gilt einmal, ${goodFor} lang.`,
        'Haben Sie das nicht veranlasst, beachten Sie diese E-Mail nicht weiter.',
      ],
    }),
    email_change_requested: ({ data, appName }) => ({
      subject: `Ihre E-Mail-Adresse für ${appName} soll geändert werden`,
      parts: [
        `Jemand, der in Ihrem Konto bei ${appName} angemeldet ist, möchte dessen Adresse in ${data.newEmail} ändern.`,
        'Waren Sie das, brauchen Sie nichts zu tun. Wenn nicht, halten Sie es auf und wählen Sie ein neues Passwort:',
        { label: 'Änderung aufhalten', url: data.cancelLink },
      ],
    }),
    email_changed: ({ data, appName }) => ({
      subject: `Ihre E-Mail-Adresse für ${appName} wurde geändert`,
      parts: [
        `Die Adresse Ihres Kontos bei ${appName} ist jetzt ${data.newEmail}. Diese hier gehört nicht mehr dazu.`,
        'Waren Sie das nicht, wenden Sie sich an den Betreiber.',
      ],
    }),
    username_changed: ({ data, appName }) => ({
      subject: `Ihr Benutzername für ${appName} wurde geändert`,
      parts: [
        `Der Benutzername Ihres Kontos bei ${appName} ist jetzt ${data.username}.`,
        'Waren Sie das nicht, fordern Sie sofort auf der Anmeldeseite ein neues Passwort an.',
      ],
    }),
    new_device: ({ data, appName, goodFor }) => ({
      subject: `Neue Anmeldung bei ${appName}`,
      parts: [
        `Jemand hat sich in Ihrem Konto bei ${appName} auf einem Gerät angemeldet, das dafür noch nicht benutzt wurde.`,
        'Waren Sie das, brauchen Sie nichts zu tun. Wenn nicht, beenden Sie alle Sitzungen und wählen Sie ein neues Passwort:',
        { label: 'Das war ich nicht', url: data.notMeLink },
        `Der Link gilt ${goodFor}.`,
      ],
    }),
    session_stolen: ({ appName }) => ({
      subject: `Eine Ihrer Sitzungen bei ${appName} wurde beendet`,
      parts: [
        `Ein Teil einer Ihrer Sitzungen bei ${appName} wurde zweimal benutzt. Das geschieht, wenn jemand ihn kopiert hat. Die Sitzung wurde beendet.`,
        'Melden Sie sich neu an. Wissen Sie nicht, wie es dazu kam, ändern Sie auch Ihr Passwort.',
      ],
    }),
    login_disabled: ({ data, appName, goodFor }) => ({
      subject: `Die Anmeldung bei ${appName} mit Ihrem Passwort ist abgeschaltet`,
      parts: [
        `Für Ihr Konto bei ${appName} wurde sehr oft ein falsches Passwort versucht. Zu seinem Schutz gilt das Passwort nicht mehr.`,
        'Wählen Sie ein neues, um sich wieder anzumelden:',
        { label: 'Neues Passwort wählen', url: data.link },
        `Der Link gilt einmal, ${goodFor} lang. Danach fordern Sie auf der Anmeldeseite einen neuen an.`,
      ],
    }),
    deletion_requested: ({ data, appName, time }) => ({
      subject: `Ihr Konto bei ${appName} wird gelöscht`,
      parts: [
        `Ihr Konto bei ${appName} wird mit allem, was dazugehört, gelöscht: ${time(data.deletionAt)}.`,
        'Möchten Sie es behalten, halten Sie das vorher auf:',
        { label: 'Konto behalten', url: data.cancelLink },
      ],
    }),
    account_deleted: ({ appName }) => ({
      subject: `Ihr Konto bei ${appName} wurde gelöscht`,
      parts: [`Ihr Konto bei ${appName} wurde mit allem, was dazugehörte, gelöscht. Dies ist die letzte E-Mail dazu.`],
    }),
  },
};
