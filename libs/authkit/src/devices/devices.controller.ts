import { Controller, Delete, Get, HttpCode, Param, Post, Req, UseFilters, type Type } from '@nestjs/common';
import { ApiBody, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentPrincipal, LiveSession, Public } from '../access/decorators.js';
import { ApiProblem } from '../access/openapi.js';
import { AuthBody } from '../http/auth-body.decorator.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { AuthKitError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { nodeRequest, type RequestLike } from '../kernel/request-context.js';
import { deviceNameOf } from '../sessions/device-name.js';
import { TokenTransport } from '../sessions/token-transport.js';
import { DeviceListDto, NotMeDto } from './devices.dto.js';
import { DisownedLogins } from './disowned-logins.js';
import { KnownDevices } from './known-devices.js';

// An interface, so that no pipe of the host touches the body.
interface NotMeBody extends NotMeDto {}

/** GET devices, DELETE devices/:id and POST devices/not-me, below the given path: where a user has signed in. */
export function devicesController(path: string): Type<object> {
  @ApiTags('auth')
  @Controller(path)
  @UseFilters(ProblemFilter)
  class DevicesController {
    constructor(
      private readonly devices: KnownDevices,
      private readonly disowned: DisownedLogins,
      private readonly transport: TokenTransport,
    ) {}

    @Get('devices')
    @Authenticated()
    @LiveSession()
    @ApiOperation({ summary: 'Devices on which the user has signed in' })
    @ApiOkResponse({ type: DeviceListDto })
    async list(@CurrentPrincipal() principal: Principal, @Req() incoming: unknown): Promise<DeviceListDto> {
      const current = this.devices.idIn(nodeRequest(incoming as RequestLike), principal.id);
      const devices = await this.devices.list(principal.id);
      return {
        items: devices.map(({ id, userAgent, ip, createdAt, lastSeenAt }) => ({
          ...{ id, current: id === current, name: deviceNameOf(userAgent), ip },
          createdAt: new Date(createdAt),
          lastSeenAt: new Date(lastSeenAt),
        })),
      };
    }

    @Delete('devices/:id')
    @HttpCode(204)
    @Authenticated()
    @LiveSession()
    @ApiOperation({ summary: "Forget one of the user's devices; its sessions go on" })
    @ApiParam({ name: 'id', type: String, format: 'uuid' })
    @ApiNoContentResponse()
    @ApiProblem(404, 'The user has no such device.')
    async forget(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<void> {
      if (!(await this.devices.forget(id, principal.id))) throw new AuthKitError('device_not_found');
    }

    @Post('devices/not-me')
    @HttpCode(204)
    @Public()
    @ApiOperation({ summary: 'Say by the link of a mail that a login was somebody else', security: [] })
    @ApiBody({ type: NotMeDto })
    @ApiNoContentResponse({ description: 'The session is over, and a link to choose another password is on its way.' })
    @ApiProblem(403, 'The request may come from another site.')
    @ApiProblem(410, 'The link was used, has expired or is not genuine.')
    @ApiProblem(422, 'The token is missing.')
    async notMe(@AuthBody(NotMeDto) { token }: NotMeBody, @Req() incoming: unknown): Promise<void> {
      this.transport.assertSameSite(nodeRequest(incoming as RequestLike), false);
      await this.disowned.disown(token);
    }
  }
  return DevicesController;
}
