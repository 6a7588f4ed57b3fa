import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { AuthKitConfigError } from '../kernel/errors.js';
import { FIELD_METADATA } from './graphql-request.js';
import { ruleOf, type Handler } from './route-rule.js';

// Of an optional peer, which is not imported for two strings.
const RESOLVER_METADATA = 'graphql:resolver_type';
const MODULE_OPTIONS = 'GqlModuleOptions';

/** Refuses to start an app with rules on field resolvers that Nest would never ask a guard about. */
@Injectable()
export class GraphqlCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  onModuleInit(): void {
    // A rule that contradicts itself throws when it is worked out.
    const ruled = this.resolvers().filter(({ handler, owner }) => {
      const rule = ruleOf(handler, owner);
      return Reflect.hasMetadata(FIELD_METADATA, handler) && rule.explicit && !rule.public;
    });
    if (ruled.length === 0 || this.guardsFields()) return;
    const names = ruled.map(({ handler, owner }) => `${owner.name}.${handler.name}`).join(', ');
    throw new AuthKitConfigError(
      'GraphQLModule.fieldResolverEnhancers',
      `the rules of ${names} are not in force: Nest asks no guard about field resolvers`,
      "Add 'guards' to fieldResolverEnhancers, or move the rules to queries and mutations.",
    );
  }

  private resolvers(): { handler: Handler; owner: Type<object> }[] {
    const owners = this.discovery
      .getProviders()
      .map(({ metatype }) => metatype as Type<object> | null)
      .filter((one): one is Type<object> => typeof one === 'function' && one.prototype !== undefined);
    return [...new Set(owners)].flatMap((owner) => {
      const prototype = owner.prototype as Record<string, Handler>;
      const isOnes = (handler: Handler) =>
        Reflect.hasMetadata(RESOLVER_METADATA, handler) || Reflect.hasMetadata(FIELD_METADATA, handler);
      return this.scanner
        .getAllMethodNames(prototype)
        .map((name) => prototype[name])
        .filter(isOnes)
        .map((handler) => ({ handler, owner }));
    });
  }

  private guardsFields(): boolean {
    const options = this.discovery.getProviders().filter(({ token }) => token === MODULE_OPTIONS);
    return options.every(({ instance }) => {
      const enhancers = (instance as { fieldResolverEnhancers?: string[] } | null)?.fieldResolverEnhancers ?? [];
      return enhancers.includes('guards');
    });
  }
}
