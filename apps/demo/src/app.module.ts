import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthKitModule } from 'nest-authkit';
import { databaseOptions } from './database.js';
import type { DemoConfig } from './demo-config.js';
import { HomeController } from './home.controller.js';
import { NotesModule } from './notes/notes.module.js';
import { ROLES } from './roles.js';
import { RegisterUserDto, UpdateProfileDto, UserDto } from './users/user.dto.js';
import { User } from './users/user.entity.js';
import { UsersModule } from './users/users.module.js';

type Config = ConfigService<DemoConfig, true>;

@Module({})
export class AppModule {
  static with(config: DemoConfig): DynamicModule {
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
          dto: { register: RegisterUserDto, profile: UpdateProfileDto, user: UserDto },
          inject: [ConfigService],
          useFactory: (one: Config) => ({
            appName: 'Notes',
            roles: ROLES,
            strictRoutes: true,
            ...one.get('authkit', { infer: true }),
          }),
        }),
        NotesModule,
        UsersModule,
      ],
      controllers: [HomeController],
    };
  }
}
