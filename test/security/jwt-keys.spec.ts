import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { describeOn } from '../support/test-app.js';
import { forgeryTarget } from '../support/forgery-target.js';
import { forge, headerOf } from '../support/forge.js';
import { KEYS, P256, RSA, SHARED_SECRET } from '../support/keys.js';

const ASYMMETRIC = ['RS256', 'PS256', 'ES256'] as const;

describeOn('forged tokens where a public key verifies', {}, ({ adapter }) => {
  describe.each(ASYMMETRIC)('with %s', (alg) => {
    const target = forgeryTarget({ adapter, authkit: { accessToken: { keys: [KEYS[alg], KEYS.HS256] } } });

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
        'the JWKS as served': (await target.t.client.get('/.well-known/jwks.json')).text,
      };
      const tokens: Record<string, string> = {};
      for (const [what, material] of Object.entries(spellings)) {
        for (const claimed of ['HS256', 'HS384', 'HS512', alg]) {
          const hash = claimed === 'HS384' ? 'sha384' : claimed === 'HS512' ? 'sha512' : 'sha256';
          const token = forge(target.ada.accessToken, { header: { alg: claimed }, key: Buffer.from(material), hash });
          tokens[`${what} as ${claimed}`] = token;
        }
      }
      await target.expectRefused(tokens);
    });

    it('JWT-03 one key’s name does not lend another key its algorithm', async () => {
      const shared = Buffer.from(SHARED_SECRET);
      expect(
        await target.status(forge(target.ada.accessToken, { header: { alg: 'HS256', kid: 'hs' }, key: shared })),
      ).toBe(200);
      await target.expectRefused({
        'the HMAC key under the name of the pair': forge(target.ada.accessToken, {
          header: { alg: 'HS256' },
          key: shared,
        }),
        'its own name with the algorithm of the pair': forge(target.ada.accessToken, {
          header: { kid: 'hs' },
          key: shared,
        }),
        'the genuine signature under the name of the HMAC key': relabelled({ kid: 'hs' }),
        'the genuine signature and HS256': relabelled({ alg: 'HS256' }),
        'the genuine signature and none': relabelled({ alg: 'none' }),
      });
    });

    it('JWT-08 every changed byte of the signature is refused', async () => {
      const [head, body, signature] = target.ada.accessToken.split('.');
      const bytes = Buffer.from(signature, 'base64url');
      const tokens: Record<string, string> = {};
      for (let at = 0; at < bytes.length; at += 7) {
        const changed = Buffer.from(bytes);
        changed[at] ^= 1;
        tokens[`byte ${at}`] = `${head}.${body}.${changed.toString('base64url')}`;
      }
      tokens['all zero'] = `${head}.${body}.${Buffer.alloc(bytes.length).toString('base64url')}`;
      await target.expectRefused(tokens);
    });

    function relabelled(header: object): string {
      const [, body, signature] = target.ada.accessToken.split('.');
      const head = Buffer.from(JSON.stringify({ ...headerOf(target.ada.accessToken), ...header })).toString(
        'base64url',
      );
      return `${head}.${body}.${signature}`;
    }
  });
});
