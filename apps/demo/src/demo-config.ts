import { optionsFromEnv, type AuthKitRuntimeOptions } from 'nest-authkit';

export type Environment = Readonly<Record<string, string | undefined>>;
export type Adapter = 'express' | 'fastify';
export type Sockets = 'socket.io' | 'ws';

/** What `ConfigService` gives the rest of the demo. */
export interface DemoConfig {
  port: number;
  host: string;
  adapter: Adapter;
  sockets: Sockets;
  adminEmail: string;
  database: DatabaseConfig;
  nodes: NodesConfig;
  authkit: AuthKitRuntimeOptions;
}

/** What more than one node needs. */
export interface NodesConfig {
  /** How nodes tell each other what has changed. */
  bus: 'none' | 'postgres' | 'redis';
  /** Where failed attempts are counted; without it in the database. */
  redisUrl?: string;
}

export interface DatabaseConfig {
  /** PostgreSQL, MariaDB or MySQL; without it SQLite in `file`. */
  url?: string;
  /** PostgreSQL's. */
  schema?: string;
  file: string;
  /** Whether TypeORM makes the tables from the entities; in production the migrations do. */
  synchronize: boolean;
}

/** Reads the environment; every variable has a default. Throws when one makes no sense. */
export function readDemoConfig(env: Environment): DemoConfig {
  return {
    port: portOf(env['PORT'] || '3000'),
    // Only this machine, until somebody asks for more: HOST=0.0.0.0.
    host: env['HOST'] || '127.0.0.1',
    adapter: adapterOf(env['ADAPTER'] || 'express'),
    sockets: socketsOf(env['SOCKETS'] || 'socket.io'),
    adminEmail: env['ADMIN_EMAIL'] || 'admin@example.com',
    database: {
      url: databaseUrlOf(env['DATABASE_URL']),
      schema: env['DATABASE_SCHEMA'] || undefined,
      file: env['SQLITE_FILE'] || 'demo.sqlite',
      synchronize: env['NODE_ENV'] !== 'production',
    },
    nodes: nodesOf(env),
    authkit: optionsFromEnv(env),
  };
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`PORT: ${text} is not a port.`);
  return port;
}

function adapterOf(name: string): Adapter {
  if (name !== 'express' && name !== 'fastify') throw new Error(`ADAPTER: ${name} is neither express nor fastify.`);
  return name;
}

function socketsOf(name: string): Sockets {
  if (name !== 'socket.io' && name !== 'ws') throw new Error(`SOCKETS: ${name} is neither socket.io nor ws.`);
  return name;
}

function nodesOf({ BUS: bus = 'none', REDIS_URL: redisUrl, DATABASE_URL: databaseUrl }: Environment): NodesConfig {
  if (bus !== 'none' && bus !== 'postgres' && bus !== 'redis')
    throw new Error(`BUS: ${bus} is none of postgres, redis and none.`);
  if (bus === 'redis' && !redisUrl) throw new Error('REDIS_URL: BUS=redis needs it.');
  if (bus === 'postgres' && !databaseUrl?.startsWith('postgres'))
    throw new Error('DATABASE_URL: BUS=postgres needs one of PostgreSQL.');
  return { bus, redisUrl: redisUrl || undefined };
}

function databaseUrlOf(url: string | undefined): string | undefined {
  // The URL may hold a password, so it is not repeated.
  if (url && !/^(postgres(ql)?|mysql|mariadb):\/\//.test(url))
    throw new Error('DATABASE_URL: give postgres://user@host:5432/name, or mysql:// or mariadb://.');
  return url || undefined;
}
