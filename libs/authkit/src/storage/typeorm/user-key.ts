import type { Type } from '@nestjs/common';
import { ForeignKey } from 'typeorm';

/** Makes a column refer to the host's user, whose rows take this one along; nothing where users live elsewhere. */
export function UserKey(userEntity: Type<object> | undefined): PropertyDecorator {
  return userEntity ? ForeignKey(() => userEntity, 'id', { onDelete: 'CASCADE' }) : () => undefined;
}

/** Characters of a user's id: ours are UUIDs, those of a host's own store may be longer. */
export function userIdLength(userEntity: Type<object> | undefined): number {
  return userEntity ? 36 : 64;
}
