/** A key of the access tokens. Other services verify with the public half (JWKS), or share an HS256 secret. */
export type AccessTokenKey = {
  /** Names the key in tokens and in the JWKS. */
  kid: string;
  /** Published and verifying at once, signing only from then on: verifiers know a new key before they meet it. @default at once */
  signsFrom?: Date | string;
} & (
  | {
      alg: 'RS256' | 'ES256' | 'PS256';
      /** A private key in PEM; a public key only verifies. RSA of 2048 bits or more, EC on P-256. */
      pem: string;
    }
  | {
      alg: 'HS256';
      /** At least 32 random bytes, used as they are. */
      secret: string;
    }
);
