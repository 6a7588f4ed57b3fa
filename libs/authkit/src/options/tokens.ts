/** Injection token of the resolved options. */
export const RESOLVED_OPTIONS = Symbol.for('nest-authkit:resolved-options');
/** Injection token of the static half of the options. */
export const STATIC_OPTIONS = Symbol.for('nest-authkit:static-options');

/** Injection token of the DataSource the kit uses; absent when no store of it is TypeORM's. */
export const AUTH_DATA_SOURCE = Symbol.for('nest-authkit:data-source');
