import { Module } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { dataSourceOptions } from '../lib/database.mjs';
import { decorate } from '../lib/decorate.mjs';
import { helloController } from './hello.controller.mjs';

/** An app with TypeORM and Swagger, with the kit imported or without; for what the import adds. */
export async function build({ kit }) {
  const { entities, imports } = kit ? await withKit() : withoutKit();
  const module = decorate(class AppModule {}, [
    Module({
      imports: [TypeOrmModule.forRoot(dataSourceOptions('sqlite', entities)), ...imports],
      controllers: [helloController()],
    }),
  ]);
  const configure = (app) =>
    SwaggerModule.setup('api', app, SwaggerModule.createDocument(app, new DocumentBuilder().build()));
  return { module, configure };
}

function withoutKit() {
  class User {}
  PrimaryColumn({ type: 'varchar' })(User.prototype, 'id');
  Column({ type: 'varchar' })(User.prototype, 'email');
  const entities = [decorate(User, [Entity('users')])];
  return { entities, imports: [TypeOrmModule.forFeature(entities)] };
}

async function withKit() {
  const { authKitEntities, AuthKitModule, AuthUserBase } = await import('nest-authkit');
  const userEntity = decorate(class User extends AuthUserBase {}, [Entity('users')]);
  return { entities: authKitEntities({ userEntity }), imports: [AuthKitModule.forRoot({ userEntity })] };
}
