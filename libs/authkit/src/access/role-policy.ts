import { Inject, Injectable } from '@nestjs/common';
import { AuthKitConfigError } from '../kernel/errors.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';

/** What a set of assigned roles amounts to. */
export class Grants {
  private readonly roleSet: ReadonlySet<string>;
  /** Answers already worked out; handlers ask for few permissions, always the same. */
  private readonly answers = new Map<string, boolean>();

  constructor(
    readonly roles: readonly string[],
    readonly permissions: readonly string[],
  ) {
    this.roleSet = new Set(roles);
  }

  hasRole(anyOf: readonly string[]): boolean {
    return anyOf.some((role) => this.roleSet.has(role));
  }

  can(allOf: readonly string[]): boolean {
    return allOf.every((permission) => this.covers(permission));
  }

  private covers(permission: string): boolean {
    let answer = this.answers.get(permission);
    if (answer === undefined) {
      answer = this.permissions.some((pattern) => patternCovers(pattern, permission));
      if (this.answers.size < 1_000) this.answers.set(permission, answer);
    }
    return answer;
  }
}

/**
 * Whether a granted pattern covers a permission, segment by segment between colons: `*` at the end covers every deeper
 * permission (`posts:*` covers `posts:write` and `posts:comments:delete`, not `posts`), elsewhere exactly one segment.
 */
export function patternCovers(pattern: string, permission: string): boolean {
  const granted = pattern.split(':');
  const asked = permission.split(':');
  const last = granted.length - 1;
  if (granted[last] === '*' ? asked.length < granted.length : asked.length !== granted.length) return false;
  return granted.every((segment, index) => segment === '*' || segment === asked[index]);
}

/** Turns assigned roles into grants by the configured hierarchy. */
@Injectable()
export class RolePolicy {
  private readonly cache = new Map<string, Grants>();

  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'roles'>) {
    for (const name of Object.keys(options.roles)) this.assertNoCycle(name, []);
  }

  grantsOf(assigned: readonly string[]): Grants {
    const key = JSON.stringify(assigned);
    let grants = this.cache.get(key);
    if (!grants) {
      const roles = new Set<string>();
      for (const role of assigned) this.addWithInherited(role, roles);
      const permissions = [...roles].flatMap((role) => this.definitionOf(role)?.permissions ?? []);
      grants = new Grants(Object.freeze([...roles]), Object.freeze([...new Set(permissions)]));
      if (this.cache.size < 1_000) this.cache.set(key, grants);
    }
    return grants;
  }

  private addWithInherited(role: string, into: Set<string>): void {
    if (into.has(role)) return;
    into.add(role);
    for (const parent of this.definitionOf(role)?.inherits ?? []) this.addWithInherited(parent, into);
  }

  private assertNoCycle(role: string, path: readonly string[]): void {
    if (path.includes(role)) {
      throw new AuthKitConfigError(
        `roles.${role}.inherits`,
        `it inherits itself: ${[...path, role].join(' > ')}`,
        'Break the circle.',
      );
    }
    for (const parent of this.definitionOf(role)?.inherits ?? []) this.assertNoCycle(parent, [...path, role]);
  }

  // Role names come from the database; `constructor` must not find Object's.
  private definitionOf(role: string) {
    return Object.hasOwn(this.options.roles, role) ? this.options.roles[role] : undefined;
  }
}
