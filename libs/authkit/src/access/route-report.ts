import { Injectable, Logger, type OnApplicationBootstrap, type Provider } from '@nestjs/common';
import { ControllerRoutes } from '../http/controller-routes.js';
import { RawRoutes } from '../http/raw-routes.js';
import { ROUTE_INVENTORY } from './route-entry.js';
import { RouteInventory } from './route-inventory.js';
import { RouteNotes } from './route-notes.js';
import { summaryOf } from './route-words.js';

/** Says at boot how many routes there are and who may call them, and what no guard sees. */
@Injectable()
export class RouteReport implements OnApplicationBootstrap {
  private readonly logger = new Logger('AuthKit');

  constructor(private readonly inventory: RouteInventory) {}

  onApplicationBootstrap(): void {
    this.logger.log(summaryOf(this.inventory.routes()));
    for (const { level, text } of this.inventory.notes()) this.logger[level](text);
  }
}

/** The route table and what it is made of. */
export const ROUTE_PROVIDERS: Provider[] = [
  ...[ControllerRoutes, RawRoutes, RouteNotes, RouteInventory, RouteReport],
  { provide: ROUTE_INVENTORY, useExisting: RouteInventory },
];
