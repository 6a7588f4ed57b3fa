import './fastify-static.js';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { DynamicModule, Type } from '@nestjs/common';
import {
  Args,
  Field,
  GraphQLModule,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import type { MercuriusDriverConfig } from '@nestjs/mercurius';
import { PubSub } from 'graphql-subscriptions';
import {
  Authenticated,
  CurrentPrincipal,
  CurrentUser,
  Permissions,
  Public,
  RequireFresh,
  Roles,
  type Principal,
} from 'nest-authkit';
import { GraphqlSubscriptions } from 'nest-authkit/graphql';
import type { Adapter } from './test-app.js';
import type { User } from './test-user.entity.js';

// A static import would be loaded before what is prepared for it.
const { MercuriusDriver } = await import('@nestjs/mercurius');

@ObjectType()
class Note {
  @Field(() => String)
  text: string;

  @Field(() => String, { nullable: true })
  secret?: string;

  @Field(() => String, { nullable: true })
  reader?: string;
}

export const notes = new PubSub();
/** How often a mutation has done what it is there for. */
export const writes = { count: 0 };

/** A host's own resolvers: one for each kind of rule. */
@Resolver(() => Note)
class NotesResolver {
  @Query(() => Note)
  plain(): Note {
    return { text: 'plain' };
  }

  @Query(() => String, { nullable: true })
  @Public()
  open(@CurrentPrincipal() principal: Principal | null): string | null {
    return principal?.id ?? null;
  }

  @Query(() => String, { nullable: true })
  @Authenticated({ optional: true })
  optional(@CurrentPrincipal() principal: Principal | null): string | null {
    return principal?.id ?? null;
  }

  @Query(() => String)
  me(@CurrentPrincipal() principal: Principal, @CurrentUser() user: User): string {
    return `${principal.id} ${user.email}`;
  }

  @Query(() => String)
  @Roles('admin')
  staff(): string {
    return 'staff';
  }

  @Query(() => String)
  @Permissions('posts:write')
  drafts(): string {
    return 'drafts';
  }

  @Query(() => String)
  @RequireFresh('5m')
  fresh(): string {
    return 'fresh';
  }

  @Mutation(() => String)
  write(@Args('text', { type: () => String }) text: string): string {
    writes.count += 1;
    return text;
  }

  /** Nest asks no guard about it, unless it is told to. */
  @ResolveField(() => String, { nullable: true })
  reader(@Parent() _note: Note, @CurrentPrincipal() principal: Principal | null): string | null {
    return principal?.id ?? null;
  }

  @Subscription(() => String)
  noted(@CurrentPrincipal() _principal: Principal) {
    return notes.asyncIterableIterator('noted');
  }

  @Subscription(() => String)
  @Roles('admin')
  audited() {
    return notes.asyncIterableIterator('audited');
  }

  @Subscription(() => String)
  @Public()
  ticked() {
    return notes.asyncIterableIterator('ticked');
  }
}

/** With a rule on a field. */
@Resolver(() => Note)
export class SecretResolver {
  @ResolveField(() => String, { nullable: true })
  @Roles('admin')
  secret(): string {
    return 'under the stone';
  }
}

export type Driver = 'apollo' | 'mercurius';
export const DRIVERS: readonly { driver: Driver; adapter: Adapter }[] = [
  { driver: 'apollo', adapter: 'express' },
  { driver: 'apollo', adapter: 'fastify' },
  { driver: 'mercurius', adapter: 'fastify' },
];

export interface GraphqlOptions {
  fieldResolverEnhancers?: ('guards' | 'interceptors' | 'filters')[];
}

/** With subscriptions, authenticated by the kit unless `bare`. */
export function subscribingModule(driver: Driver, bare = false): DynamicModule {
  return driver === 'apollo'
    ? GraphQLModule.forRootAsync<ApolloDriverConfig>({
        driver: ApolloDriver,
        inject: [GraphqlSubscriptions],
        useFactory: (subscriptions: GraphqlSubscriptions) => ({
          ...{ autoSchemaFile: true, graphiql: false, includeStacktraceInErrorResponses: false },
          subscriptions: { 'graphql-ws': bare ? {} : subscriptions.graphqlWs() },
        }),
      })
    : GraphQLModule.forRootAsync<MercuriusDriverConfig>({
        driver: MercuriusDriver,
        inject: [GraphqlSubscriptions],
        useFactory: (subscriptions: GraphqlSubscriptions) => ({
          ...{ autoSchemaFile: true },
          subscription: bare ? true : { ...subscriptions.mercurius(), fullWsTransport: true },
        }),
      });
}

export function graphqlModule(driver: Driver, options: GraphqlOptions = {}): DynamicModule {
  return driver === 'apollo'
    ? GraphQLModule.forRoot<ApolloDriverConfig>({
        ...{ driver: ApolloDriver, autoSchemaFile: true, graphiql: false, ...options },
        includeStacktraceInErrorResponses: false,
      })
    : GraphQLModule.forRoot<MercuriusDriverConfig>({ driver: MercuriusDriver, autoSchemaFile: true, ...options });
}

/** Resolvers are providers. */
export const RESOLVERS: Type<object>[] = [NotesResolver];
