import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ControllerRoutes } from '../http/controller-routes.js';
import { RawRoutes } from '../http/raw-routes.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import { GatewayCheck } from './gateway-check.js';
import { GatewayClasses } from './gateway-classes.js';
import { GraphqlResolvers } from './graphql-resolvers.js';
import { MessageHandlers } from './message-handlers.js';
import { ROUTE_INVENTORY } from './route-entry.js';
import { RouteInventory } from './route-inventory.js';
import { RouteNotes } from './route-notes.js';
import { summaryOf } from './route-words.js';
import { assertExplicit } from './strict-routes.js';

/** At boot: refuses handlers without a rule if it is to, and says how many routes there are and what no guard sees. */
@Injectable()
class RouteReport implements OnModuleInit, OnApplicationBootstrap {
  private readonly logger = new Logger('AuthKit');

  constructor(
    private readonly inventory: RouteInventory,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'strictRoutes'>,
  ) {}

  onModuleInit(): void {
    if (this.options.strictRoutes) assertExplicit(this.inventory.routes());
  }

  onApplicationBootstrap(): void {
    this.logger.log(summaryOf(this.inventory.routes()));
    for (const { level, text } of this.inventory.notes()) this.logger[level](text);
  }
}

/** The route table and what it is made of. */
export const ROUTE_PROVIDERS: Provider[] = [
  ...[ControllerRoutes, RawRoutes, RouteNotes, RouteInventory, RouteReport, GatewayClasses, GatewayCheck],
  ...[MessageHandlers, GraphqlResolvers],
  { provide: ROUTE_INVENTORY, useExisting: RouteInventory },
];
