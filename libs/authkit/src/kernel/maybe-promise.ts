/** A value or a promise of it: store ports accept both, so that a synchronous store needs no `async`. */
export type MaybePromise<T> = T | Promise<T>;
