/** Every mail the kit sends, and what it says besides when, from where and on what device that was asked for. */
export interface MailMessages {
  /** Prove the address. `disownLink` is for an owner who has not registered. */
  verify_email: { link: string; lifetime: number; disownLink: string };
  /** Somebody tried to register with an address that has an account. */
  already_registered: Record<never, never>;
  /** Choose a new password. */
  reset_password: { link: string; lifetime: number };
  /** Choose the first password. */
  set_password: { link: string; lifetime: number };
  /** The password was changed. */
  password_changed: Record<never, never>;
  /** To the new address: confirm it. */
  change_email: { link: string; lifetime: number };
  /** To the old address: a change was asked for. */
  email_change_requested: { newEmail: string; cancelLink: string };
  /** To the old address: the change is done. */
  email_changed: { newEmail: string };
  /** The username was changed. */
  username_changed: { username: string };
  /** A login on a device not seen before. */
  new_device: { notMeLink: string; lifetime: number };
  /** An old refresh token came back: somebody may have copied it. */
  session_stolen: Record<never, never>;
  /** Too many failures: the password works again after a reset. */
  login_disabled: { link: string; lifetime: number };
  /** The account will be deleted at `deletionAt` (epoch milliseconds). */
  deletion_requested: { deletionAt: number; cancelLink: string };
  /** The account is gone. */
  account_deleted: Record<never, never>;
}

export type MailTemplate = keyof MailMessages;

const ALL: Readonly<Record<MailTemplate, true>> = {
  verify_email: true,
  already_registered: true,
  reset_password: true,
  set_password: true,
  password_changed: true,
  change_email: true,
  email_change_requested: true,
  email_changed: true,
  username_changed: true,
  new_device: true,
  session_stolen: true,
  login_disabled: true,
  deletion_requested: true,
  account_deleted: true,
};

/** The names of all mails. */
export const MAIL_TEMPLATES = Object.keys(ALL) as readonly MailTemplate[];

/** Who asked, when and where from; every mail tells it, so that its reader can judge. */
export interface MailOrigin {
  /** Epoch milliseconds. */
  at: number;
  ip: string | null;
  userAgent: string | null;
}

/** One mail before it is rendered. */
export interface MailIntent<T extends MailTemplate = MailTemplate> {
  to: string;
  template: T;
  data: MailMessages[T];
  /** The language to write in, one of `mail.locales`. */
  locale: string;
  origin: MailOrigin;
}
