import type { AuthKitFeature } from '../features/feature.js';
import { GraphqlConnections } from './graphql-connections.js';
import { GRAPHQL_OPTIONS, type GraphqlFeatureOptions } from './graphql-options.js';
import { GraphqlSubscriptions } from './graphql-subscriptions.js';

/**
 * Authenticates the WebSockets of GraphQL subscriptions, and closes them with their session; see
 * {@link GraphqlSubscriptions}. Queries and mutations over HTTP need no feature.
 */
export function graphql(options: GraphqlFeatureOptions = {}): AuthKitFeature {
  return {
    name: 'graphql',
    providers: [{ provide: GRAPHQL_OPTIONS, useValue: options }, GraphqlConnections, GraphqlSubscriptions],
    exports: [GraphqlSubscriptions],
  };
}
