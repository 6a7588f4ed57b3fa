import { Inject, Injectable, Logger, Optional, type OnModuleInit, type Type } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import { DataSource } from 'typeorm';
import { PROTECTED_FIELDS } from './account/account-input.js';
import { AuthKitConfigError } from './kernel/errors.js';
import type { AuthKitStaticOptions } from './options/authkit-options.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import { AUTH_DATA_SOURCE, RESOLVED_OPTIONS, STATIC_OPTIONS } from './options/tokens.js';
import { dialectOf } from './storage/typeorm/dialect.js';
import { authKitEntities } from './storage/typeorm/entities.js';
import { UserStore } from './storage/user.store.js';

/** Everything that is better refused at start than found out later. */
@Injectable()
export class BootCheck implements OnModuleInit {
  private readonly logger = new Logger('AuthKit');

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(STATIC_OPTIONS) private readonly staticOptions: AuthKitStaticOptions,
    @Optional() @Inject(AUTH_DATA_SOURCE) private readonly source: DataSource | null,
  ) {}

  async onModuleInit(): Promise<void> {
    this.assertDtos();
    this.assertUserStore();
    this.assertEpochs();
    this.warnOfLocalAttempts();
    if (this.source) await this.assertDatabase(this.source);
    for (const warning of this.options.warnings) this.logger.warn(warning);
  }

  private assertDtos(): void {
    const { register, profile } = this.staticOptions.dto ?? {};
    const emailOwner = new Set(['email', 'username', 'password']);
    for (const [path, dto] of Object.entries({ 'dto.register': register, 'dto.profile': profile })) {
      const isForbidden = (field: string) =>
        PROTECTED_FIELDS.has(field) || (path === 'dto.profile' && emailOwner.has(field));
      const field = dto && validatedFields(dto).find(isForbidden);
      if (field !== undefined) {
        throw new AuthKitConfigError(
          path,
          `it declares ${field}, which no client may set`,
          'Remove the field from the DTO.',
        );
      }
    }
  }

  private assertUserStore(): void {
    const custom = this.staticOptions.storage?.users;
    if (
      custom &&
      this.options.registration.enabled &&
      (custom.prototype as UserStore).create === UserStore.prototype.create
    ) {
      throw new AuthKitConfigError(
        'registration.enabled',
        `${custom.name} has no create()`,
        'Write it, or set registration.enabled: false.',
      );
    }
  }

  /** Epochs in memory differ between nodes and start again with the process: good for tests only. */
  private assertEpochs(): void {
    const { users } = this.staticOptions.storage ?? {};
    if (this.options.production && users && !this.source && !(users.prototype as UserStore).endSessions) {
      throw new AuthKitConfigError(
        'storage.users',
        `${users.name} keeps no session epochs, and nothing else does`,
        'Return sessionEpoch, and write endSessions().',
      );
    }
  }

  private warnOfLocalAttempts(): void {
    const { users, sessions, attempts } = this.staticOptions.storage ?? {};
    if (this.options.production && this.options.rateLimits && users && sessions && !attempts) {
      this.logger.warn('storage.attempts: each process counts attempts for itself; with several, give redisAttempts()');
    }
  }

  private async assertDatabase(source: DataSource): Promise<void> {
    if (this.options.production && source.options.synchronize) {
      throw new AuthKitConfigError(
        'TypeOrmModule.synchronize',
        'it is true in production, where it may drop columns',
        'Use migrations.',
      );
    }
    await dialectOf(source).check(source);
    const { userEntity, features } = this.staticOptions;
    for (const entity of authKitEntities({ userEntity, features })) {
      if (!source.hasMetadata(entity)) {
        throw new AuthKitConfigError(
          'TypeOrmModule.entities',
          `${entity.name} is not registered with the DataSource`,
          'Set autoLoadEntities: true, or list ...authKitEntities({ userEntity, features }) in entities.',
        );
      }
      const { tablePath } = source.getMetadata(entity);
      try {
        await source.createQueryBuilder().select('1').from(entity, 'e').limit(1).getRawOne();
      } catch (error) {
        throw new AuthKitConfigError(
          `table ${tablePath}`,
          `it cannot be read (${(error as Error).message})`,
          'Run the migrations, or set synchronize: true in development.',
        );
      }
    }
  }
}

function validatedFields(dto: Type<object>): string[] {
  const metadata = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  return metadata.map(({ propertyName }) => propertyName);
}
