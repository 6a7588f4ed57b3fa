import type { Provider, Type } from '@nestjs/common';
import type { AccountWiper } from '../account/account-wipers.js';
import type { Authenticator } from '../access/authenticator.js';
import type { CallReader } from '../access/call-reader.js';
import type { AuthEventListener } from '../kernel/events.js';
import type { SecondFactor } from '../login/second-factor.js';

/** An optional part of the kit: data that plugs into three points, so that the core names no feature. */
export interface AuthKitFeature {
  /** Also its entry in `routes.features`. */
  readonly name: string;
  readonly entities?: readonly Type<object>[];
  /** Migrations (TypeORM's `MigrationInterface`) that make its tables, given the host's user entity if there is one. */
  readonly migrations?: (userEntity: Type<object> | undefined) => readonly Type<object>[];
  readonly providers?: readonly Provider[];
  /** Those of its providers that host code may inject. */
  readonly exports?: readonly Type<object>[];
  /** Its controllers below a path. */
  readonly controllers?: (path: string) => readonly Type<object>[];
  /** Path of the controllers when the host names none. @default the feature's name */
  readonly defaultPath?: string;
  /** Asked at login before any session exists. */
  readonly secondFactor?: Type<SecondFactor>;
  /** Turns a further kind of credential into a principal. */
  readonly authenticator?: Type<Authenticator>;
  /** Finds the credential of calls that are no HTTP requests. */
  readonly callReader?: Type<CallReader>;
  /** Takes what it keeps for a user away when the account changes hands. */
  readonly accountWiper?: Type<AccountWiper>;
  /** Hears every event before the reply is sent. */
  readonly listener?: Type<AuthEventListener>;
}
