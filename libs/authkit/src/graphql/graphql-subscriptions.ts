import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { nodeRequest, type RequestLike } from '../kernel/request-context.js';
import { GraphqlConnections, type Socket } from './graphql-connections.js';

/** What graphql-ws is given: the `'graphql-ws'` of Apollo's `subscriptions`. */
export interface GraphqlWsHooks {
  /** Whether the client may connect; its socket is closed with the reason otherwise. */
  onConnect(context: {
    readonly connectionParams?: Readonly<Record<string, unknown>>;
    readonly extra: unknown;
  }): Promise<boolean>;
}

/** What Mercurius is given: its `subscription`. */
export interface MercuriusHooks {
  /** Whether the client may connect; its socket is closed with the reason otherwise. */
  onConnect(message: { readonly payload?: unknown }): Promise<boolean>;
}

/** What Mercurius calls its hook on. */
interface MercuriusConnection {
  readonly socket?: Socket;
  readonly context?: { readonly request?: RequestLike };
}

/**
 * Connects GraphQL subscriptions with sessions: a WebSocket is authenticated when it is initialised, by the `authorization`
 * of its `connection_init`, its header or its cookie, and closed when the session ends (4401) or the user's rights change
 * (1012). Each operation on it is judged by the session as it is then.
 */
@Injectable()
export class GraphqlSubscriptions {
  constructor(private readonly connections: GraphqlConnections) {}

  /** For graphql-ws: `subscriptions: { 'graphql-ws': subscriptions.graphqlWs() }` in the options of Apollo's driver. */
  graphqlWs(): GraphqlWsHooks {
    return {
      onConnect: ({ connectionParams, extra }) => {
        const { socket, request } = extra as { socket: Socket; request: IncomingMessage };
        return this.connections.open(socket, request, authorizationOf(connectionParams));
      },
    };
  }

  /** For Mercurius: `subscription: subscriptions.mercurius()` in the options of its driver. */
  mercurius(): MercuriusHooks {
    const { connections } = this;
    return {
      async onConnect(this: MercuriusConnection, { payload }) {
        // Without them nobody can be let in, nor be thrown out again.
        if (!this.socket || !this.context?.request) return false;
        return connections.open(this.socket, nodeRequest(this.context.request), authorizationOf(payload));
      },
    };
  }
}

/** Browsers cannot set headers of a WebSocket, so clients send them as parameters. */
function authorizationOf(parameters: unknown): string | undefined {
  if (typeof parameters !== 'object' || parameters === null) return undefined;
  const { authorization, Authorization } = parameters as Record<string, unknown>;
  const found = authorization ?? Authorization;
  if (found === undefined || found === null) return undefined;
  // What is no text is a bad credential, and none is something else.
  return typeof found === 'string' ? found : '';
}
