import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { HttpAdapterHost } from '@nestjs/core';
import { UserView } from '../../libs/authkit/src/account/user-view.js';
import { TokenTransport } from '../../libs/authkit/src/sessions/token-transport.js';
import type { Wiring } from './wiring.js';

/** What an adapter has been told to send. */
export interface FakeResponse {
  headers: [name: string, value: string][];
  body?: unknown;
  status?: number;
}
export const fakeResponse = (): FakeResponse => ({ headers: [] });

/** Of either adapter, as much as a unit needs. */
export const fakeAdapterHost = {
  httpAdapter: {
    appendHeader: (response: FakeResponse, name: string, value: string) => response.headers.push([name, value]),
    setHeader: (response: FakeResponse, name: string, value: string) => response.headers.push([name, value]),
    reply: (response: FakeResponse, body: unknown, status: number) => Object.assign(response, { body, status }),
    getType: () => 'fastify',
  },
} as unknown as HttpAdapterHost; // stands in for both adapters, whose other members nobody calls here

export const requestWith = (headers: IncomingHttpHeaders, method = 'POST'): IncomingMessage =>
  ({ headers, method, url: '/x', rawHeaders: Object.entries(headers).flat() }) as IncomingMessage;

/** Apart from the wiring, because it loads the OpenAPI and validation libraries, which few units need. */
export function transportOf({ cookies, service, pairs, options }: Wiring): TokenTransport {
  return new TokenTransport(fakeAdapterHost, cookies, service, pairs, new UserView({}), options);
}
