import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { AuthKitConfigError } from '../kernel/errors.js';
import { GraphqlResolvers } from './graphql-resolvers.js';

// Of an optional peer, which is not imported for a string.
const MODULE_OPTIONS = 'GqlModuleOptions';

/** Refuses to start an app with rules on field resolvers that Nest would never ask a guard about. */
@Injectable()
export class GraphqlCheck implements OnModuleInit {
  constructor(
    private readonly resolvers: GraphqlResolvers,
    private readonly discovery: DiscoveryService,
  ) {}

  onModuleInit(): void {
    const ruled = this.resolvers.list().filter(({ isField, rule }) => isField && rule.explicit && !rule.public);
    if (ruled.length === 0 || this.guardsFields()) return;
    throw new AuthKitConfigError(
      'GraphQLModule.fieldResolverEnhancers',
      `the rules of ${ruled.map(({ name }) => name).join(', ')} are not in force: Nest asks no guard about field resolvers`,
      "Add 'guards' to fieldResolverEnhancers, or move the rules to queries and mutations.",
    );
  }

  private guardsFields(): boolean {
    const options = this.discovery.getProviders().filter(({ token }) => token === MODULE_OPTIONS);
    return options.every(({ instance }) => {
      const enhancers = (instance as { fieldResolverEnhancers?: string[] } | null)?.fieldResolverEnhancers ?? [];
      return enhancers.includes('guards');
    });
  }
}
