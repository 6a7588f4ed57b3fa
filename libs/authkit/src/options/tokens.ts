/** Injection token of the resolved options. */
export const RESOLVED_OPTIONS = Symbol.for('nest-authkit:resolved-options');
/** Injection token of the static half of the options. */
export const STATIC_OPTIONS = Symbol.for('nest-authkit:static-options');
