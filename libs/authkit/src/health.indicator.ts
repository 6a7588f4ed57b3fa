import { Injectable } from '@nestjs/common';
import { ReadinessService } from './readiness.service.js';

/** What a health check of `@nestjs/terminus` says of the kit. */
export interface AuthKitHealth {
  status: 'up' | 'down';
  /** Why it is down. */
  problems?: string[];
  /** What is wrong while it is up: the bus is down, for example. */
  warnings?: string[];
}

/** For `@nestjs/terminus`: `health.check([() => authKit.isHealthy()])`. Down as long as `ReadinessService` has problems. */
@Injectable()
export class AuthKitHealthIndicator {
  constructor(private readonly readiness: ReadinessService) {}

  /** @param key what it is called in the report */
  isHealthy<K extends string = 'authkit'>(key: K = 'authkit' as K): Record<K, AuthKitHealth> {
    const [problems, warnings] = [this.readiness.problems(), this.readiness.warnings()];
    const health: AuthKitHealth = {
      status: problems.length === 0 ? 'up' : 'down',
      ...(problems.length > 0 && { problems }),
      ...(warnings.length > 0 && { warnings }),
    };
    return { [key]: health } as Record<K, AuthKitHealth>;
  }
}
