import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from './client.js';

/**
 * What a proxy that ends TLS leaves of a request: another Host, forwarding headers (below those the client has sent
 * itself), and plain HTTP. `strip` is a path prefix it takes away.
 */
export async function reverseProxy(port: number, strip = ''): Promise<{ client: Client; close(): void }> {
  const server: Server = createServer((incoming: IncomingMessage, reply) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        agent: false,
        method: incoming.method,
        path: incoming.url!.slice(strip.length),
        headers: {
          'x-forwarded-for': '203.0.113.7',
          'x-forwarded-proto': 'https',
          'x-forwarded-host': 'app.example.com',
          ...incoming.headers,
          host: 'internal:3000',
        },
      },
      (answer) => {
        reply.writeHead(answer.statusCode!, answer.rawHeaders);
        answer.pipe(reply);
      },
    );
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { client: new Client((server.address() as AddressInfo).port), close: () => void server.close() };
}
