import { createTestApp, type SignedUp, type TestApp, type TestAppOptions } from './test-app.js';

/** An app with an administrator who is signed in, for the tests of one describe that forge the access token. */
export interface ForgeryTarget {
  t: TestApp;
  ada: SignedUp;
  status(token: string): Promise<number>;
  /** All are refused, and the genuine token is still good. */
  expectRefused(tokens: Record<string, string>): Promise<void>;
}

export function forgeryTarget(options: TestAppOptions): ForgeryTarget {
  const target = {
    async status(token: string) {
      return (await target.t.client.get('/auth/me', { token })).status;
    },
    async expectRefused(tokens: Record<string, string>) {
      for (const [what, token] of Object.entries(tokens))
        expect([what, await target.status(token)]).toEqual([what, 401]);
      expect(await target.status(target.ada.accessToken)).toBe(200);
    },
  } as ForgeryTarget;
  beforeAll(async () => {
    target.t = await createTestApp(options);
    target.ada = await target.t.signUp('ada@example.com', ['admin']);
  });
  afterAll(() => target.t.close());
  return target;
}
