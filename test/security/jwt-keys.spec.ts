import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { createTestApp, describeOn, type SignedUp, type TestApp } from '../support/test-app.js';
import { forge, headerOf } from '../support/forge.js';
import { KEYS, P256, RSA, SHARED_SECRET } from '../support/keys.js';

const ASYMMETRIC = ['RS256', 'PS256', 'ES256'] as const;

describeOn('forged tokens where a public key verifies', {}, ({ adapter }) => {
  describe.each(ASYMMETRIC)('with %s', (alg) => {
    let t: TestApp;
    let ada: SignedUp;
    beforeAll(async () => {
      t = await createTestApp({ adapter, authkit: { accessToken: { keys: [KEYS[alg], KEYS.HS256] } } });
      ada = await t.signUp('ada@example.com', ['admin']);
    });
    afterAll(() => t.close());
    const status = async (token: string) => (await t.client.get('/auth/me', { token })).status;
    async function expectRefused(tokens: Record<string, string>): Promise<void> {
      for (const [what, token] of Object.entries(tokens)) expect([what, await status(token)]).toEqual([what, 401]);
      expect(await status(ada.accessToken)).toBe(200);
    }

    it('JWT-03 an HMAC keyed with any spelling of the public key is refused', async () => {
      const pem = alg === 'ES256' ? P256.publicKey : RSA.publicKey;
      const key = createPublicKey(pem);
      const jwk = { ...key.export({ format: 'jwk' }), kid: KEYS[alg].kid, alg, use: 'sig' } as JsonWebKey;
      const spellings: Record<string, string | Buffer> = {
        PEM: pem,
        'PEM without the newline at its end': pem.trimEnd(),
        'PEM with CRLF': pem.replaceAll('\n', '\r\n'),
        DER: key.export({ type: 'spki', format: 'der' }),
        'base64 of the DER': key.export({ type: 'spki', format: 'der' }).toString('base64'),
        'the JWK': JSON.stringify(jwk),
        'the JWKS': JSON.stringify({ keys: [jwk] }),
        'the JWKS as served': (await t.client.get('/.well-known/jwks.json')).text,
      };
      const tokens: Record<string, string> = {};
      for (const [what, material] of Object.entries(spellings)) {
        for (const claimed of ['HS256', 'HS384', 'HS512', alg]) {
          const hash = claimed === 'HS384' ? 'sha384' : claimed === 'HS512' ? 'sha512' : 'sha256';
          const token = forge(ada.accessToken, { header: { alg: claimed }, key: Buffer.from(material), hash });
          tokens[`${what} as ${claimed}`] = token;
        }
      }
      await expectRefused(tokens);
    });

    it('JWT-03 one key’s name does not lend another key its algorithm', async () => {
      const shared = Buffer.from(SHARED_SECRET);
      expect(await status(forge(ada.accessToken, { header: { alg: 'HS256', kid: 'hs' }, key: shared }))).toBe(200);
      await expectRefused({
        'the HMAC key under the name of the pair': forge(ada.accessToken, { header: { alg: 'HS256' }, key: shared }),
        'its own name with the algorithm of the pair': forge(ada.accessToken, {
          header: { kid: 'hs' },
          key: shared,
        }),
        'the genuine signature under the name of the HMAC key': relabelled({ kid: 'hs' }),
        'the genuine signature and HS256': relabelled({ alg: 'HS256' }),
        'the genuine signature and none': relabelled({ alg: 'none' }),
      });
    });

    it('JWT-08 every changed byte of the signature is refused', async () => {
      const [head, body, signature] = ada.accessToken.split('.');
      const bytes = Buffer.from(signature, 'base64url');
      const tokens: Record<string, string> = {};
      for (let at = 0; at < bytes.length; at += 7) {
        const changed = Buffer.from(bytes);
        changed[at] ^= 1;
        tokens[`byte ${at}`] = `${head}.${body}.${changed.toString('base64url')}`;
      }
      tokens['all zero'] = `${head}.${body}.${Buffer.alloc(bytes.length).toString('base64url')}`;
      await expectRefused(tokens);
    });

    function relabelled(header: object): string {
      const [, body, signature] = ada.accessToken.split('.');
      const head = Buffer.from(JSON.stringify({ ...headerOf(ada.accessToken), ...header })).toString('base64url');
      return `${head}.${body}.${signature}`;
    }
  });
});
