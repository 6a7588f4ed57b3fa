import { randomBytes } from 'node:crypto';
import { Module } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { authKitEntities, AuthKitModule, AuthService, AuthUserBase } from 'nest-authkit';
import { webSockets } from 'nest-authkit/websocket';
import { DataSource, Entity } from 'typeorm';
import { dataSourceOptions } from '../lib/database.mjs';
import { decorate } from '../lib/decorate.mjs';

/** A gateway of ws: under guard, or anybody's. */
export function build({ database = 'sqlite', guarded = true }) {
  const userEntity = decorate(class User extends AuthUserBase {}, [Entity('users')]);
  const features = guarded ? [webSockets()] : [];
  const imports = [
    TypeOrmModule.forRoot(dataSourceOptions(database, authKitEntities({ userEntity, features }))),
    AuthKitModule.forRoot({
      userEntity,
      features,
      secret: randomBytes(48).toString('base64url'),
      rateLimits: false,
      dangerouslyUnguardedSockets: !guarded,
    }),
  ];
  class ChatGateway {
    echo(_client, data) {
      return { event: 'echo', data };
    }
  }
  decorate(ChatGateway, [WebSocketGateway({ path: '/chat' })], { echo: [SubscribeMessage('echo')] });
  return {
    module: decorate(class AppModule {}, [Module({ imports, providers: [ChatGateway] })]),
    configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
    commands: (app) => ({
      signIn: (count) => signIn(app.get(AuthService), count),
      revokeEverything: () => revokeEverything(app.get(DataSource)),
    }),
  };
}

/** Access tokens of so many users, one session each. */
async function signIn(auth, count) {
  const tokens = [];
  for (let n = 0; n < count; n += 1) {
    const user = await auth.register({ email: `user${n}@example.com`, password: null }, { emailVerified: true });
    tokens.push((await auth.issueFor(user, { amr: ['pwd'] })).accessToken);
  }
  return tokens;
}

/** By one statement, as another node or an operator would: this node hears of it by its change feed. */
async function revokeEverything(source) {
  const { tablePath } = source.entityMetadatas.find(({ tableName }) => tableName === 'auth_sessions');
  const table = tablePath
    .split('.')
    .map((part) => `"${part}"`)
    .join('.');
  const now = Date.now();
  await source.query(
    `UPDATE ${table} SET revoked_at = ${now}, revoked_reason = 'revoked_by_host', changed_at = ${now}`,
  );
}
