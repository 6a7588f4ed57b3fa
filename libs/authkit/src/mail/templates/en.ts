import type { MailLanguage } from './mail-text.js';

export const en: MailLanguage = {
  facts: { title: 'When and from where:', time: 'Time', ip: 'IP address', device: 'Device', unknown: 'unknown' },
  copyLink: 'Or copy this address into your browser:',
  footer: (appName) => `You get this mail because of an account at ${appName}. Nobody reads replies to it.`,
  mails: {
    verify_email: ({ data, appName, goodFor }) => ({
      subject: `Confirm your e-mail address for ${appName}`,
      parts: [
        `An account at ${appName} was made with this address. Is it yours? Then confirm the address:`,
        { label: 'Confirm address', url: data.link },
        `The link is good for ${goodFor}.`,
        'If you did not do this, tell us, and nobody will be able to use your address:',
        { label: 'This was not me', url: data.disownLink },
      ],
    }),
    already_registered: ({ appName }) => ({
      subject: `You already have an account at ${appName}`,
      parts: [
        `Somebody tried to register at ${appName} with this address. It has an account already; nothing was changed.`,
        'If it was you, just sign in. If you have forgotten your password, ask for a new one on the sign-in page.',
        'If it was not you, there is nothing you need to do.',
      ],
    }),
    reset_password: ({ data, appName, goodFor }) => ({
      subject: `Choose a new password for ${appName}`,
      parts: [
        `Somebody asked for a new password for your account at ${appName}. If it was you, choose one:`,
        { label: 'Choose a new password', url: data.link },
        `The link is good once, for ${goodFor}. You will be signed out everywhere.`,
        'If it was not you, ignore this mail. Your password stays as it is.',
      ],
    }),
    set_password: ({ data, appName, goodFor }) => ({
      subject: `Choose your password for ${appName}`,
      parts: [
        `There is an account for you at ${appName}. Choose its password to start:`,
        { label: 'Choose a password', url: data.link },
        `The link is good once, for ${goodFor}.`,
      ],
    }),
    password_changed: ({ appName }) => ({
      subject: `Your password for ${appName} was changed`,
      parts: [
        `The password of your account at ${appName} was changed.`,
        'If it was not you, ask for a new password on the sign-in page at once. That signs everybody else out.',
      ],
    }),
    change_email: ({ data, appName, goodFor }) => ({
      subject: `Confirm your new e-mail address for ${appName}`,
      parts: [
        `This is to be the new address of an account at ${appName}. Confirm it:`,
        { label: 'Confirm new address', url: data.link },
        `The link is good once, for ${goodFor}.`,
        'If you did not ask for this, ignore this mail.',
      ],
    }),
    email_change_requested: ({ data, appName }) => ({
      subject: `Your e-mail address for ${appName} is about to change`,
      parts: [
        `Somebody who is signed in to your account at ${appName} asked to change its address to ${data.newEmail}.`,
        'If it was you, there is nothing you need to do. If it was not you, stop it and choose a new password:',
        { label: 'Stop the change', url: data.cancelLink },
      ],
    }),
    email_changed: ({ data, appName }) => ({
      subject: `Your e-mail address for ${appName} was changed`,
      parts: [
        `The address of your account at ${appName} is now ${data.newEmail}. This address does not belong to it any more.`,
        'If it was not you, write to the people who run it.',
      ],
    }),
    username_changed: ({ data, appName }) => ({
      subject: `Your username for ${appName} was changed`,
      parts: [
        `The username of your account at ${appName} is now ${data.username}.`,
        'If it was not you, ask for a new password on the sign-in page at once.',
      ],
    }),
    new_device: ({ data, appName, goodFor }) => ({
      subject: `New sign-in to ${appName}`,
      parts: [
        `Somebody signed in to your account at ${appName} on a device that was not used for it before.`,
        'If it was you, there is nothing you need to do. If it was not you, end all sessions and choose a new password:',
        { label: 'This was not me', url: data.notMeLink },
        `The link is good for ${goodFor}.`,
      ],
    }),
    session_stolen: ({ appName }) => ({
      subject: `A session of yours at ${appName} was ended`,
      parts: [
        `A part of a session of yours at ${appName} was used twice, which happens when somebody has copied it. The session was ended.`,
        'Sign in again. If you do not know why this may have happened, change your password too.',
      ],
    }),
    login_disabled: ({ data, appName, goodFor }) => ({
      subject: `Signing in to ${appName} with your password is switched off`,
      parts: [
        `A wrong password was tried for your account at ${appName} very often. To protect it, the password does not work any more.`,
        'Choose a new one to sign in again:',
        { label: 'Choose a new password', url: data.link },
        `The link is good once, for ${goodFor}. Later, ask for another on the sign-in page.`,
      ],
    }),
    deletion_requested: ({ data, appName, time }) => ({
      subject: `Your account at ${appName} will be deleted`,
      parts: [
        `Your account at ${appName}, with all that belongs to it, will be deleted on ${time(data.deletionAt)}.`,
        'To keep it, stop that before then:',
        { label: 'Keep my account', url: data.cancelLink },
      ],
    }),
    account_deleted: ({ appName }) => ({
      subject: `Your account at ${appName} was deleted`,
      parts: [`Your account at ${appName} was deleted, with all that belonged to it. This is the last mail about it.`],
    }),
  },
};
