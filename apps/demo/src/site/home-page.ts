import { documentOf } from './page.js';

/** A link with what is behind it. */
interface Step {
  readonly href: string;
  readonly name: string;
  readonly about: string;
}

const MAILBOX: Step = {
  href: '/mailbox',
  name: 'Development mailbox',
  about: 'Every mail that the demo has written, with links that work.',
};

const ACCOUNT: readonly Step[] = [
  {
    href: '/auth/pages/sessions',
    name: 'Your account',
    about: 'Sign in on a second browser too, and see both here. Password, address, data, and the way out.',
  },
  {
    href: '/auth/pages/forgot',
    name: 'Forgotten password',
    about: 'A link by mail, good for half an hour and for one new password.',
  },
];

const PRODUCT: readonly Step[] = [
  { href: '/notes', name: 'Your notes', about: 'As JSON, for those who are signed in.' },
  { href: '/chat', name: 'Chat', about: 'A socket that lives with your session. Sign in first.' },
  { href: '/greeting', name: 'A greeting', about: 'For everybody; by name for those who are signed in.' },
  { href: '/docs', name: 'Swagger', about: 'Every call to try: press Authorize, sign in with address and password.' },
  { href: '/docs-json', name: 'OpenAPI document', about: 'The same, for programs.' },
];

/** The landing page. */
export const homePage = (hasMailbox: boolean): string =>
  documentOf(
    'Notes',
    `<p class="brand">Notes</p>
<h1>Notes of your own</h1>
<p class="intro">A small product on nest-authkit. Make an account, open the mail, sign in on a second browser, forget your
password: everything an account goes through is here to try.</p>
<p class="buttons">
<a class="button" href="/auth/pages/register">Create an account</a>
<a class="button secondary" href="/auth/pages/sign-in">Sign in</a>
</p>
${listOf('The account', [...(hasMailbox ? [MAILBOX] : []), ...ACCOUNT])}
${listOf('The product', PRODUCT)}`,
  );

const listOf = (title: string, steps: readonly Step[]): string => `<section>
<h2>${title}</h2>
<ul class="list">
${steps
  .map(
    ({ href, name, about }) =>
      `<li><div><a class="name" href="${href}">${name}</a><p class="quiet">${about}</p></div></li>`,
  )
  .join('\n')}
</ul>
</section>`;
