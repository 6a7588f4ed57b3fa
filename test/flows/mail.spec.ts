import { Outbox } from '../../libs/authkit/src/mail/outbox.js';
import { ALL_DATABASES } from '../support/databases.js';
import { createTestApp, describeOn, type TestApp } from '../support/test-app.js';

describeOn('mails', { databases: ['memory', ...ALL_DATABASES] }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp(place);
  });
  afterAll(() => t.close());

  it('are sent to the address of the user, newest first', async () => {
    const user = await t.kit.user({ email: 'ada@example.com' });
    const outbox = t.app.get(Outbox, { strict: false });
    await outbox.enqueue(user, 'reset_password', { link: 'http://localhost:3000/r#token=a', lifetime: 1_800_000 });
    t.clock.advance(1);
    await outbox.enqueue(user, 'password_changed', {});
    const mails = await t.mails();
    expect(mails.map(({ subject }) => subject)).toEqual([
      'Your password for app was changed',
      'Choose a new password for app',
    ]);
    expect(mails[1]).toMatchObject({ to: 'ada@example.com', text: expect.stringContaining('/r#token=a') });
    expect(mails[1].text).toContain('30 minutes');
    expect(t.events.map(({ type }) => type)).toContain('mail.sent');
  });
});
