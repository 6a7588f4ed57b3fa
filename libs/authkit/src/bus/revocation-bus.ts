import type { MaybePromise } from '../kernel/maybe-promise.js';

/** What the kit gives a bus that is to be opened. */
export interface BusLine {
  /** Letters, digits and `_`, at most 63; the same on all nodes of an app, and on no other app's. */
  readonly channel: string;
  /** The kit's TypeORM DataSource; null when no store is TypeORM's. */
  readonly source: object | null;
  /** To be called with every message on the channel, this node's own among them. */
  readonly receive: (message: string) => void;
  /** To be called when messages may have been missed, or will be; the bus is closed and opened again then. */
  readonly lost: (cause: unknown) => void;
}

/**
 * Carries short texts between the nodes of an app. It needs to be neither reliable nor in order: a message says what to
 * read again, and the change feed finds what was lost. One instance serves one app.
 */
export abstract class RevocationBus {
  /** Resolves once whatever is published from now on will be received; rejects when it cannot. */
  abstract open(line: BusLine): Promise<void>;

  /** Sends a text of at most 1,000 bytes to all nodes; rejects when it was not sent. */
  abstract publish(message: string): Promise<void>;

  /** Ends what `open` began, whatever came of that. */
  abstract close(): MaybePromise<void>;
}
