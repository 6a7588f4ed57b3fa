import { request, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  /** Set-Cookie values. */
  cookies: string[];
  /** Parsed when it is JSON, else the text. */
  body: any;
  text: string;
}

export interface CallOptions {
  /** Sent as JSON, unless it is a string or a Buffer, which go as they are. */
  body?: unknown;
  /** Arrays are sent as repeated headers. */
  headers?: Record<string, string | string[]>;
  /** Access token for the Authorization header. */
  token?: string;
  /** Value of the Cookie header. */
  cookie?: string;
}

/** Plain HTTP to a listening app, nothing normalised on the way. */
export class Client {
  constructor(readonly port: number) {}

  static of(app: INestApplication): Client {
    return new Client((app.getHttpServer().address() as AddressInfo).port);
  }

  get(path: string, options?: CallOptions): Promise<Reply> {
    return this.call('GET', path, options);
  }

  post(path: string, body?: unknown, options: CallOptions = {}): Promise<Reply> {
    return this.call('POST', path, { ...options, body });
  }

  patch(path: string, body?: unknown, options: CallOptions = {}): Promise<Reply> {
    return this.call('PATCH', path, { ...options, body });
  }

  delete(path: string, options?: CallOptions): Promise<Reply> {
    return this.call('DELETE', path, options);
  }

  /** An OAuth2 form. */
  form(path: string, fields: Record<string, string> | string, options: CallOptions = {}): Promise<Reply> {
    const body = typeof fields === 'string' ? fields : new URLSearchParams(fields).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', ...options.headers };
    return this.call('POST', path, { ...options, headers, body });
  }

  call(method: string, path: string, { body, headers = {}, token, cookie }: CallOptions = {}): Promise<Reply> {
    const raw = typeof body === 'string' || Buffer.isBuffer(body) || body === undefined;
    const payload = raw ? (body as string | Buffer | undefined) : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          agent: false,
          port: this.port,
          method,
          path,
          headers: {
            ...(!raw && { 'content-type': 'application/json' }),
            ...(payload !== undefined && { 'content-length': Buffer.byteLength(payload) }),
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
            ...(cookie !== undefined && { cookie }),
            ...headers,
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            const isJson = /json/.test(incoming.headers['content-type'] ?? '') && text !== '';
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              cookies: incoming.headers['set-cookie'] ?? [],
              body: isJson ? (JSON.parse(text) as unknown) : text,
              text,
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
  }
}

/** A Cookie header out of Set-Cookie values. */
export function cookieHeader(setCookies: string[]): string {
  return setCookies.map((cookie) => cookie.split(';')[0]).join('; ');
}
