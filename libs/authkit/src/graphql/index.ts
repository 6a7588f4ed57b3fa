export { graphql } from './graphql.feature.js';
export type { GraphqlFeatureOptions } from './graphql-options.js';
export { GraphqlSubscriptions, type GraphqlWsHooks, type MercuriusHooks } from './graphql-subscriptions.js';
