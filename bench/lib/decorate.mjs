import 'reflect-metadata';

/** Applies decorators as TypeScript would, so that the bench needs no compiler of its own. */
export function decorate(type, onClass, onMethods = {}) {
  for (const [name, decorators] of Object.entries(onMethods)) {
    Reflect.decorate(decorators, type.prototype, name, Object.getOwnPropertyDescriptor(type.prototype, name));
  }
  Reflect.decorate(onClass, type);
  return type;
}
