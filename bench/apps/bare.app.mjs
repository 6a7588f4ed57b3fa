import { Module } from '@nestjs/common';
import { decorate } from '../lib/decorate.mjs';
import { helloController } from './hello.controller.mjs';

/** Nest with nothing to guard. */
export function build() {
  return { module: decorate(class BareModule {}, [Module({ controllers: [helloController()] })]) };
}
