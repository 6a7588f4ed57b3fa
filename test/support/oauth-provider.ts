import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Grant {
  redirectUri: string;
  challenge: string | null;
  account: Account;
}

export interface Account {
  id: string;
  email: string;
}

/** An OAuth2 provider (RFC 6749, 7636): codes for one use, bound to redirect URI and PKCE challenge. */
export class OAuthProvider {
  readonly clientId = 'notes';
  readonly clientSecret = randomBytes(16).toString('hex');
  /** Who says yes at the provider. */
  account: Account = { id: 'acme-1', email: 'ada@acme.example' };
  /** Of the token endpoint: answer, or fail as such things fail. */
  mood: 'well' | 'broken' | 'silent' = 'well';
  /** Requests that came to the token endpoint. */
  tokenRequests = 0;
  private readonly codes = new Map<string, Grant>();
  private readonly tokens = new Map<string, Account>();

  private constructor(private readonly server: Server) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.answer(request, response));
  }

  static async start(): Promise<OAuthProvider> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    server.unref();
    return new OAuthProvider(server);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What a browser gets that says yes at this authorization URL: the address to go back to. */
  approve(authorizationUrl: string): string {
    const { origin, pathname, searchParams: asked } = new URL(authorizationUrl);
    if (origin !== this.origin || pathname !== '/authorize') throw new Error(`not ours: ${authorizationUrl}`);
    if (asked.get('response_type') !== 'code' || asked.get('client_id') !== this.clientId)
      throw new Error('bad request');
    if (asked.has('code_challenge') && asked.get('code_challenge_method') !== 'S256') throw new Error('plain PKCE');
    const redirectUri = asked.get('redirect_uri')!;
    const code = randomBytes(16).toString('hex');
    this.codes.set(code, { redirectUri, challenge: asked.get('code_challenge'), account: this.account });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    if (asked.has('state')) back.searchParams.set('state', asked.get('state')!);
    return back.href;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const send = (status: number, body: object | string) => {
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    if (request.url === '/token') {
      this.tokenRequests += 1;
      if (this.mood === 'silent') return;
      if (this.mood === 'broken') return send(502, '<html>node_modules/secret.js:1 SELECT</html>');
      return this.redeem(new URLSearchParams(Buffer.concat(chunks).toString()), send);
    }
    const account = this.tokens.get(/^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '');
    return account && request.url === '/userinfo' ? send(200, account) : send(401, {});
  }

  private redeem(form: URLSearchParams, send: (status: number, body: object) => void): void {
    const grant = this.codes.get(form.get('code') ?? '');
    this.codes.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const isGood =
      grant !== undefined &&
      form.get('client_secret') === this.clientSecret &&
      form.get('redirect_uri') === grant.redirectUri &&
      (grant.challenge === null || grant.challenge === challenge);
    if (!isGood) return send(400, { error: 'invalid_grant', error_description: 'the code is not good' });
    const token = randomBytes(16).toString('hex');
    this.tokens.set(token, grant.account);
    send(200, { access_token: token, token_type: 'Bearer' });
  }
}
