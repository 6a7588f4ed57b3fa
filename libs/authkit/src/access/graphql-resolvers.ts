import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { FIELD_METADATA } from './graphql-request.js';
import { ruleOf, type Handler, type RouteRule } from './route-rule.js';

// Of an optional peer, which is not imported for a string.
const RESOLVER_METADATA = 'graphql:resolver_type';

/** A query, mutation, subscription or field resolver, and who may call it. */
export interface GraphqlResolver {
  readonly owner: Type<object>;
  readonly handler: Handler;
  /** As it is named in messages. */
  readonly name: string;
  readonly isField: boolean;
  readonly rule: RouteRule;
}

/** The resolvers of the app. */
@Injectable()
export class GraphqlResolvers {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** Throws AuthKitConfigError for a rule that contradicts itself. */
  list(): GraphqlResolver[] {
    const owners = this.discovery
      .getProviders()
      .map(({ metatype }) => metatype as Type<object> | null)
      .filter((one): one is Type<object> => typeof one === 'function' && one.prototype !== undefined);
    return [...new Set(owners)].flatMap((owner) => this.resolversOf(owner));
  }

  private resolversOf(owner: Type<object>): GraphqlResolver[] {
    const prototype = owner.prototype as Record<string, Handler>;
    return this.scanner
      .getAllMethodNames(prototype)
      .map((method) => ({ owner, handler: prototype[method], name: `${owner.name}.${method}` }))
      .map((found) => ({ ...found, isField: Reflect.hasMetadata(FIELD_METADATA, found.handler) }))
      .filter(({ handler, isField }) => isField || Reflect.hasMetadata(RESOLVER_METADATA, handler))
      .map((found) => ({ ...found, rule: ruleOf(found.handler, owner) }));
  }
}
