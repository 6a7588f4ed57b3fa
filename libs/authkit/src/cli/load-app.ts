import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { INestApplication } from '@nestjs/common';
import type { NestFactory } from '@nestjs/core';
import { Trouble } from './trouble.js';

const MODULE_KEYS = ['imports', 'controllers', 'providers', 'exports'];

/** The app that a built file makes: by a function it exports, or of a module class it exports. Not initialised. */
export async function loadApp(file: string, exported: string | undefined): Promise<INestApplication> {
  const path = resolve(file);
  if (!existsSync(path)) throw new Trouble(`${file} does not exist. Name a built JavaScript file.`);
  const maker = pick(await load(path), file, exported);
  if (!isModule(maker)) {
    const app: unknown = await (maker as () => unknown)();
    if (isApp(app)) return app;
    throw new Trouble(`${file}: what it makes is no Nest application. Return the one of NestFactory.create().`);
  }
  // The app's own copy of Nest, which need not be the one beside this file.
  const core = await load(createRequire(path).resolve('@nestjs/core'));
  return (core['NestFactory'] as typeof NestFactory).create(maker, { abortOnError: false });
}

async function load(path: string): Promise<Record<string, unknown>> {
  const loaded = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  // Of a CommonJS file only those exports have a name that Node could tell by reading it.
  const whole = loaded['module.exports'] ?? loaded['default'];
  return typeof whole === 'object' && whole !== null ? { ...whole, ...loaded, default: defaultOf(whole) } : loaded;
}

const defaultOf = (whole: object): unknown => ('default' in whole ? whole.default : whole);

function pick(exports: Record<string, unknown>, file: string, exported: string | undefined): object {
  const names = exported === undefined ? ['createApp', 'default', 'AppModule'] : [exported];
  const found = names.map((name) => exports[name]).find((one) => typeof one === 'function' || isModule(one));
  if (found) return found;
  throw new Trouble(
    `${file} exports no function and no module named ${names.join(', or ')}. Name the one to use by --export.`,
  );
}

/** A class with @Module(), or a dynamic module. */
function isModule(one: unknown): one is object {
  if (typeof one === 'object') return one !== null && 'module' in one;
  // Whatever loads Nest loads reflect-metadata; a file that does not holds no module.
  if (typeof one !== 'function' || !('hasOwnMetadata' in Reflect)) return false;
  return MODULE_KEYS.some((key) => Reflect.hasOwnMetadata(key, one));
}

function isApp(one: unknown): one is INestApplication {
  return typeof one === 'object' && one !== null && 'init' in one && 'getHttpAdapter' in one;
}
