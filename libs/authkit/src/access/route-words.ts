import type { RouteEntry } from './route-entry.js';
import type { RouteRule } from './route-rule.js';

/** Who may call a route: `public`, `anyone`, `signed in`, `role a or b`, `permission x and y`; `unguarded` for all. */
export function whoMayCall({ rule, guarded }: Pick<RouteEntry, 'rule' | 'guarded'>): string {
  if (rule.public) return 'public';
  if (guarded) return wordsOf(rule);
  return rule.explicit ? `unguarded, despite its rule: ${wordsOf(rule)}` : 'unguarded';
}

function wordsOf({ optional, roles, permissions, credentials, maxAge, verifiedEmail }: RouteRule): string {
  const words = [
    ...roles.map((anyOf) => `role ${anyOf.join(' or ')}`),
    ...(permissions.length > 0 ? [`permission ${permissions.join(' and ')}`] : []),
  ];
  if (words.length === 0) words.push(optional ? 'anyone' : 'signed in');
  if (credentials.join() !== 'user') words.push(`by ${credentials.join(' or ')}`);
  if (verifiedEmail) words.push('e-mail proven');
  if (maxAge !== null) words.push(`authenticated within ${spanOf(maxAge)}`);
  return words.join(', ');
}

function spanOf(seconds: number): string {
  if (seconds % 86_400 === 0) return `${seconds / 86_400} d`;
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

/** One line of counts: `37 routes: 9 public, 3 optional, 18 signed in (4 of them without a decorator), ...`. */
export function summaryOf(routes: readonly RouteEntry[]): string {
  const counts = { public: 0, optional: 0, signedIn: 0, undecorated: 0, granted: 0, unguarded: 0 };
  for (const { rule, guarded } of routes) {
    if (rule.public) counts.public += 1;
    else if (!guarded) counts.unguarded += 1;
    else if (rule.optional) counts.optional += 1;
    else if (rule.roles.length + rule.permissions.length > 0) counts.granted += 1;
    else {
      counts.signedIn += 1;
      if (!rule.explicit) counts.undecorated += 1;
    }
  }
  const undecorated = counts.undecorated > 0 ? ` (${counts.undecorated} of them without a decorator)` : '';
  const parts = [
    [counts.public, 'public'],
    [counts.optional, 'optional'],
    [counts.signedIn, `signed in${undecorated}`],
    [counts.granted, 'by role or permission'],
    [counts.unguarded, 'unguarded'],
  ] as const;
  const present = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const total = `${routes.length} ${routes.length === 1 ? 'route' : 'routes'}`;
  return present.length > 0 ? `${total}: ${present.join(', ')}` : total;
}

/** At most ten of the names, and how many more there are. */
export function namesOf(names: Iterable<string>): string {
  const all = [...new Set(names)];
  const shown = all.slice(0, 10).join(', ');
  return all.length > 10 ? `${shown} and ${all.length - 10} more` : shown;
}
