/** Options of `graphql()`. */
export interface GraphqlFeatureOptions {
  /** Lets clients open a WebSocket without a credential; they get to public subscriptions only. @default false */
  anonymous?: boolean;
}

/** Injection token of the feature's options. */
export const GRAPHQL_OPTIONS = Symbol.for('nest-authkit:graphql-options');
