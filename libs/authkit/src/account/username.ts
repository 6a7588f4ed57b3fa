/** ASCII only, so that no two usernames look the same; no `@`, so that none looks like an address. */
const USERNAME = /^[a-z0-9](?:[a-z0-9]|[._-](?=[a-z0-9])){2,31}$/;

/** Names that speak for the operator, or stand where a path expects something else. */
const RESERVED = new Set(
  `abuse account accounts admin administrator api auth authkit billing contact daemon help hostmaster info login logout
  mail me moderator nobody noreply null official operator owner postmaster privacy register root security self service
  session sessions settings signin signup staff superuser support system team undefined user users webmaster www`.split(
    /\s+/,
  ),
);

/** The canonical form (trimmed, lower case) of a username of 3 to 32 letters, digits and single `.` `_` `-`; else null. */
export function canonicalUsername(raw: string): string | null {
  const name = raw.trim();
  // ASCII before lower-casing: the Kelvin sign would become a k.
  if (!/^[\x21-\x7e]+$/.test(name)) return null;
  const folded = name.toLowerCase();
  return USERNAME.test(folded) ? folded : null;
}

/** Whether nobody may register this canonical username. */
export function isReservedUsername(username: string, more: readonly string[]): boolean {
  return RESERVED.has(username) || more.some((reserved) => reserved.toLowerCase() === username);
}
