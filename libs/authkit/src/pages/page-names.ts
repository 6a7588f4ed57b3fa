/** The kit's own pages, by the last part of their path. */
export const PAGE_NAMES = [
  'sign-in',
  'register',
  'forgot',
  'reset',
  'verify',
  'confirm-email',
  'cancel-email',
  'not-me',
  'cancel-deletion',
  'sessions',
] as const;

export type PageName = (typeof PAGE_NAMES)[number];

/** Key of the metadata that says which page a handler shows. */
export const PAGE = 'authkit:page';
