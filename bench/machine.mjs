import { readFileSync } from 'node:fs';
import { cpus, totalmem, type } from 'node:os';
import { pinned } from './lib/child.mjs';

const PACKAGES = [
  '@nestjs/core',
  '@nestjs/jwt',
  'express',
  'fastify',
  'typeorm',
  'libsql',
  'pg',
  'bcrypt',
  'jsonwebtoken',
  'passport-jwt',
];

/** Where it is measured, and with which versions. */
export const machine = {
  node: process.version,
  system: `${type()} ${process.arch}`,
  cpu: cpus()[0].model.trim(),
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  pinned,
  versions: Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
};

function versionOf(name) {
  const path = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')).version;
}
