import { Inject, Injectable, Optional, type OnModuleInit } from '@nestjs/common';
import { AuthKitConfigError } from '../kernel/errors.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import { CALL_READERS, type CallReader } from './call-reader.js';
import { GatewayClasses } from './gateway-classes.js';

/** Refuses to start an app whose gateways nothing guards: before Nest 12 no global guard sees their messages. */
@Injectable()
export class GatewayCheck implements OnModuleInit {
  constructor(
    private readonly gateways: GatewayClasses,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'dangerouslyUnguardedSockets'>,
    @Optional() @Inject(CALL_READERS) private readonly readers: readonly CallReader[] | null,
  ) {}

  onModuleInit(): void {
    if (this.options.dangerouslyUnguardedSockets || this.readers?.some(({ type }) => type === 'ws')) return;
    const [gateway] = this.gateways.list();
    if (!gateway) return;
    throw new AuthKitConfigError(
      gateway.name,
      'it is a WebSocket gateway, and nothing guards its connections',
      "Add webSockets() of 'nest-authkit/websocket' to AuthKitModule's features, or set dangerouslyUnguardedSockets: true.",
    );
  }
}
