import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthKitModule } from 'nest-authkit';
import { passport } from 'nest-authkit/passport';
import { webSockets } from 'nest-authkit/websocket';
import { ChatModule } from './chat/chat.module.js';
import { databaseOptions } from './database.js';
import type { DemoConfig } from './demo-config.js';
import { HomeController } from './home.controller.js';
import { LegacyLoginDto } from './legacy/legacy-login.dto.js';
import { LegacyModule } from './legacy/legacy.module.js';
import { LegacyStrategy } from './legacy/legacy.strategy.js';
import { MailboxController } from './mailbox.controller.js';
import { NodeLinks } from './node-links.js';
import { NotesModule } from './notes/notes.module.js';
import { ROLES } from './roles.js';
import { DemoPages } from './site/demo-pages.js';
import { RegisterUserDto, UpdateProfileDto, UserDto } from './users/user.dto.js';
import { User } from './users/user.entity.js';
import { UsersModule } from './users/users.module.js';

type Config = ConfigService<DemoConfig, true>;

@Module({})
export class AppModule {
  static with(config: DemoConfig): DynamicModule {
    const links = new NodeLinks(config.nodes);
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot({
          isGlobal: true,
          ignoreEnvFile: true,
          skipProcessEnv: true,
          load: [() => ({ ...config })],
        }),
        TypeOrmModule.forRootAsync({
          inject: [ConfigService],
          useFactory: (one: Config) => databaseOptions(one.get('database', { infer: true })),
        }),
        AuthKitModule.forRootAsync<User>({
          userEntity: User,
          storage: links.storage,
          routes: { pages: DemoPages },
          dto: { register: RegisterUserDto, profile: UpdateProfileDto, user: UserDto },
          // Members of the former system sign in with what they have, and are users from then on.
          features: [
            passport({ signIn: { legacy: { strategy: LegacyStrategy, body: LegacyLoginDto, amr: ['pwd'] } } }),
            webSockets(),
          ],
          inject: [ConfigService],
          useFactory: (one: Config) => ({
            appName: 'Notes',
            roles: ROLES,
            strictRoutes: true,
            pages: { stylesheet: '/demo.css' },
            bus: links.bus,
            ...one.get('authkit', { infer: true }),
          }),
        }),
        ChatModule.with(config.sockets),
        LegacyModule,
        NotesModule,
        UsersModule,
      ],
      controllers: [HomeController, MailboxController],
      providers: [{ provide: NodeLinks, useValue: links }],
    };
  }
}
