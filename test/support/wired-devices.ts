import { Links } from '../../libs/authkit/src/account/links.js';
import type { ControllerRoutes } from '../../libs/authkit/src/http/controller-routes.js';
import { OneTimeTokens } from '../../libs/authkit/src/account/one-time-tokens.js';
import { DeviceTokens } from '../../libs/authkit/src/devices/device-tokens.js';
import { KnownDevices } from '../../libs/authkit/src/devices/known-devices.js';
import { NewDeviceNotice } from '../../libs/authkit/src/devices/new-device-notice.js';
import type { MailTemplate } from '../../libs/authkit/src/mail/mail-messages.js';
import type { Outbox } from '../../libs/authkit/src/mail/outbox.js';
import { MemoryDeviceStore } from '../../libs/authkit/src/storage/memory/memory-device.store.js';
import { MemoryOneTimeTokenStore } from '../../libs/authkit/src/storage/memory/memory-one-time-token.store.js';
import { MemoryUnitOfWork } from '../../libs/authkit/src/storage/memory/memory-unit-of-work.js';
import type { AuthUser } from '../../libs/authkit/src/storage/user.store.js';
import type { Wiring } from './wiring.js';

/** Known devices on stores in memory, and the mails they write. */
export function devicesOf(w: Wiring) {
  const store = new MemoryDeviceStore();
  const mails: { to: string; template: MailTemplate }[] = [];
  const outbox = {
    enqueue: (user: AuthUser, template: MailTemplate) => Promise.resolve(void mails.push({ to: user.email, template })),
  } as unknown as Outbox; // keeps what it is given instead of sealing it
  const oneTimeTokens = new OneTimeTokens(new MemoryOneTimeTokenStore(), w.clock, w.options);
  const notMe = `${w.options.baseUrl}/auth/pages/not-me`;
  // Without Nest there are no routes to find the kit's page among.
  const routes = { list: () => [] } as unknown as ControllerRoutes;
  const links = new Links({ ...w.options, links: { ...w.options.links, notMe } }, routes);
  const notice = new NewDeviceNotice(store, new MemoryUnitOfWork(), oneTimeTokens, links, outbox);
  const tokens = new DeviceTokens(w.keys);
  const devices = new KnownDevices(store, w.sessions, w.users, tokens, w.cookies, notice, w.events, w.clock);
  return { store, mails, tokens, devices };
}
