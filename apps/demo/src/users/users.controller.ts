import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import { ApiProblem, AuthKitError, AuthService, Roles, UserStore, UserView } from 'nest-authkit';
import type { Repository } from 'typeorm';
import { PageDto } from '../page.dto.js';
import { SetRolesDto, UserDto, UserSummaryDto } from './user.dto.js';
import { User } from './user.entity.js';

/** What an admin does with other people's accounts. */
@ApiTags('users')
@Controller('users')
@Roles('admin')
export class UsersController {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly store: UserStore,
    private readonly auth: AuthService,
    private readonly view: UserView,
  ) {}

  @Get()
  @ApiOperation({ summary: 'All users, oldest first' })
  @ApiOkResponse({ type: [UserSummaryDto] })
  list(@Query() page: PageDto): Promise<UserSummaryDto[]> {
    return this.users.find({
      select: { id: true, email: true, fullName: true, createdAt: true },
      order: { id: 'ASC' },
      ...page.slice,
    });
  }

  @Get(':id')
  @ApiOperation({ summary: 'One user, roles included' })
  @ApiOkResponse({ type: UserDto })
  @ApiProblem(404, 'There is no such user.')
  async get(@Param('id', ParseUUIDPipe) id: string): Promise<object> {
    const found = await this.store.findById(id);
    if (!found) throw new AuthKitError('user_not_found');
    return this.view.of(found.user);
  }

  @Put(':id/roles')
  @ApiOperation({ summary: 'Replace the roles; in force at the next request' })
  @ApiOkResponse({ type: UserDto })
  @ApiProblem(404, 'There is no such user.')
  @ApiProblem(409, 'The last admin stays one.')
  async setRoles(@Param('id', ParseUUIDPipe) id: string, @Body() { roles }: SetRolesDto): Promise<object> {
    await this.auth.setRoles(id, roles);
    return this.get(id);
  }

  @Delete(':id/sessions')
  @HttpCode(204)
  @ApiOperation({ summary: 'Sign the user out everywhere' })
  @ApiNoContentResponse()
  @ApiProblem(404, 'There is no such user.')
  async signOut(@Param('id', ParseUUIDPipe) id: string): Promise<void> {
    await this.auth.revokeAll(id);
  }
}
