import type { AddressInfo, Server } from 'node:net';
import { Controller, Get, type INestApplication, type INestMicroservice, type Type } from '@nestjs/common';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
  type ClientProxy,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import {
  AllowCredentials,
  AuthKitError,
  CurrentPrincipal,
  CurrentUser,
  Public,
  RequireFresh,
  Roles,
  type Principal,
} from 'nest-authkit';
import type { RpcClient } from 'nest-authkit/rpc';
import { firstValueFrom, Subject, type Observable } from 'rxjs';
import type { User } from './test-user.entity.js';

/** What events have reached their handler. */
export const heard = new Subject<{ who: string; data: unknown }>();
/** What has reached the second handler of an event. */
export const alsoHeard = new Subject<{ who: string; data: unknown }>();

/** Another service's handlers: one for each kind of rule, and a route. */
@Controller('sums')
export class SumsController {
  @MessagePattern({ cmd: 'sum', v: 1 })
  sum(@Payload() numbers: number[], @CurrentPrincipal() who: Principal, @CurrentUser() user: User | null) {
    return { sum: numbers.reduce((a, b) => a + b, 0), who: who.id, email: user?.email ?? null, roles: who.roles };
  }

  @MessagePattern('open')
  @Public()
  open(@Payload() data: unknown, @CurrentPrincipal() who: Principal | null) {
    return { data: data ?? null, who: who?.id ?? null };
  }

  @MessagePattern('admin')
  @Roles('admin')
  admin() {
    return { ok: true };
  }

  @MessagePattern('fresh')
  @RequireFresh('5m')
  fresh() {
    return { ok: true };
  }

  @MessagePattern('jobs')
  @AllowCredentials('client')
  jobs(@CurrentPrincipal() who: Principal) {
    return { kind: who.kind, who: who.id };
  }

  @MessagePattern('taken')
  taken() {
    throw new AuthKitError('conflict', { detail: 'Choose another.', reason: 'not to be told' });
  }

  @EventPattern('noted')
  // Nest wants all parameters but the first to be of any type.
  noted(@Payload() data: unknown, @CurrentPrincipal() who: any) {
    heard.next({ who: (who as Principal).id, data });
  }

  @EventPattern(['shared', 'other'])
  // As above.
  sharedByOne(@Payload() data: unknown, @CurrentPrincipal() who: any) {
    heard.next({ who: (who as Principal).id, data });
  }

  @EventPattern('shared')
  sharedByAnother(@Payload() data: unknown, @CurrentPrincipal() who: any) {
    alsoHeard.next({ who: (who as Principal).id, data });
  }

  @Get()
  @Public()
  overHttp() {
    return { ok: true };
  }
}

/** Connects it and listens; the client to reach it by. TCP picks a port of its own. */
export async function connectService(
  app: INestApplication,
  transport: 'tcp' | { redis: string },
  options: { inheritAppConfig?: boolean } = {},
): Promise<ClientProxy> {
  const service =
    transport === 'tcp'
      ? app.connectMicroservice<MicroserviceOptions>(
          { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } },
          options,
        )
      : app.connectMicroservice<MicroserviceOptions>(
          { transport: Transport.REDIS, options: redisOptions(transport.redis) },
          options,
        );
  await app.startAllMicroservices();
  if (transport !== 'tcp') {
    return ClientProxyFactory.create({ transport: Transport.REDIS, options: redisOptions(transport.redis) });
  }
  return ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port: portOf(service) } });
}

/** Where a microservice over TCP listens. */
export function portOf(service: INestMicroservice): number {
  return (service.unwrap<Server>().address() as AddressInfo).port;
}

function redisOptions(url: string) {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) || 6379 };
}

/** The reply, or the error that came instead. */
export async function answer(reply: Observable<unknown>): Promise<Record<string, unknown>> {
  try {
    return (await firstValueFrom(reply)) as Record<string, unknown>;
  } catch (error) {
    return error as Record<string, unknown>;
  }
}

/** A controller of the calling service, which speaks for whoever calls it. */
export function callerController(other: () => RpcClient): Type<object> {
  @Controller('calls')
  class CallsController {
    @Get('sum')
    sum() {
      return other().send({ v: 1, cmd: 'sum' }, [1, 2, 3]);
    }

    @Get('admin')
    admin() {
      return answer(other().send('admin'));
    }
  }
  return CallsController;
}
