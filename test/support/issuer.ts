import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Serves a JWKS as a test says, and counts how often it was asked. */
export class FakeIssuer {
  requests = 0;
  answer: (response: ServerResponse) => void = (response) => response.writeHead(500).end();
  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeIssuer> {
    const server = createServer();
    const issuer = new FakeIssuer(server);
    server.on('request', (_request, response: ServerResponse) => {
      issuer.requests += 1;
      issuer.answer(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/jwks.json`;
  }

  publish(body: unknown): void {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    this.answer = (response) => response.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end(text);
  }

  stop(): Promise<unknown> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}
