import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { AuthKitConfigError } from './errors.js';
import { AuthEvents, type AnyAuthEvent, type AuthEventType } from './events.js';

const OnEvents = Reflector.createDecorator<AuthEventType[]>({ key: 'authkit:on-event' });

/** Calls a provider's method for each event of the given types, or for every event when none is given. Not awaited. */
export function OnAuthEvent(...types: AuthEventType[]): MethodDecorator {
  return OnEvents(types);
}

type Handler = (event: AnyAuthEvent) => unknown;

/** Finds the host's `@OnAuthEvent()` methods at boot and calls them. */
@Injectable()
export class AuthEventExplorer implements OnModuleInit {
  private readonly logger = new Logger('AuthKit');

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly events: AuthEvents,
  ) {}

  onModuleInit(): void {
    const seen = new Set<unknown>(); // useExisting shows one instance twice
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      const instance: unknown = wrapper.instance;
      const prototype: unknown = instance && typeof instance === 'object' ? Object.getPrototypeOf(instance) : null;
      if (!prototype || seen.has(instance)) continue;
      seen.add(instance);
      const methods = instance as Record<string, Handler>;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const types = this.reflector.get(OnEvents, methods[name]);
        if (!types) continue;
        if (!wrapper.isDependencyTreeStatic()) {
          throw new AuthKitConfigError(
            `${wrapper.name}.${name}`,
            '@OnAuthEvent() stands in a request-scoped provider',
            'Make it a singleton.',
          );
        }
        this.listen((event) => methods[name](event), types);
      }
    }
  }

  private listen(handler: Handler, types: AuthEventType[]): void {
    this.events.subscribe({
      onAuthEvent: (event) => {
        if (types.length > 0 && !types.includes(event.type)) return;
        // Not awaited: a host's slow handler must not slow a login down.
        void Promise.resolve()
          .then(() => handler(event))
          .catch((error: unknown) => this.logger.error(`@OnAuthEvent of ${event.type} failed: ${String(error)}`));
      },
    });
  }
}
