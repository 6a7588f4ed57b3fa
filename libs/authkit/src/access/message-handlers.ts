import { Inject, Injectable, Optional, type OnModuleInit, type Type } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { AuthKitConfigError } from '../kernel/errors.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import { CALL_READERS, type CallReader } from './call-reader.js';
import { ruleOf, type Handler } from './route-rule.js';

// Metadata of an optional peer, which is not imported for a string.
const PATTERN_METADATA = 'microservices:pattern';

/** The message handlers of the app's microservices; refuses to start an app where nothing guards them. */
@Injectable()
export class MessageHandlers implements OnModuleInit {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly scanner: MetadataScanner,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'dangerouslyUnguardedSockets'>,
    @Optional() @Inject(CALL_READERS) private readonly readers: readonly CallReader[] | null,
  ) {}

  onModuleInit(): void {
    if (this.options.dangerouslyUnguardedSockets) return;
    const [name] = this.unguarded();
    if (name === undefined) return;
    throw new AuthKitConfigError(
      name,
      'it handles messages, and nothing guards it in a microservice connected without inheritAppConfig: true',
      "Add rpc() of 'nest-authkit/rpc' to the features, declare it @Public(), or set dangerouslyUnguardedSockets: true.",
    );
  }

  /** Names of those that are not public, where no feature guards them. */
  unguarded(): string[] {
    if (this.readers?.some(({ type }) => type === 'rpc')) return [];
    return this.controllers().flatMap((controller) => {
      const prototype = controller.prototype as Record<string, Handler>;
      return this.scanner
        .getAllMethodNames(prototype)
        .filter((name) => Reflect.hasMetadata(PATTERN_METADATA, prototype[name]))
        .filter((name) => !ruleOf(prototype[name], controller).public)
        .map((name) => `${controller.name}.${name}`);
    });
  }

  private controllers(): Type<object>[] {
    return [...this.modules.values()]
      .flatMap(({ controllers }) => [...controllers.values()])
      .map(({ metatype }) => metatype as Type<object> | null)
      .filter((one): one is Type<object> => typeof one === 'function' && one.prototype !== undefined);
  }
}
