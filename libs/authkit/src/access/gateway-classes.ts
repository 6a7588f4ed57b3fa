import { Injectable, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';

// Metadata of an optional peer, which is not imported for a string.
const GATEWAY_METADATA = 'websockets:is_gateway';

/** The WebSocket gateways of the app. */
@Injectable()
export class GatewayClasses {
  constructor(private readonly modules: ModulesContainer) {}

  /** Complete from the moment that the modules are scanned, before anything is instantiated. */
  list(): Type<object>[] {
    const classes = [...this.modules.values()]
      .flatMap(({ providers }) => [...providers.values()])
      .map(({ metatype }) => metatype as Type<object> | null)
      .filter((one): one is Type<object> => typeof one === 'function' && one.prototype !== undefined);
    return [...new Set(classes)].filter((one) => Reflect.hasMetadata(GATEWAY_METADATA, one));
  }
}
