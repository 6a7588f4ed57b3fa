import type { Scheduler } from 'fast-check';
import { ChangeFeed } from '../../libs/authkit/src/sessions/change-feed.js';
import { SessionCache } from '../../libs/authkit/src/sessions/session-cache.js';
import { RefreshTokens } from '../../libs/authkit/src/sessions/refresh-token.js';
import { PASSWORD } from '../support/test-app.js';
import { RINGS, type Cluster, type Received } from './cluster.js';
import { explain } from './explain.js';
import { INVALIDATIONS, type Call, type HeldAccess, type HeldToken, type Operation } from './operations.js';
import { deathIn, newWorld, type ModelSession, type World } from './world.js';

/** Nodes that take requests at each stage of the rollout. */
const STAGES: readonly (readonly number[])[] = [[0], [0, 1], [1], [1, 2], [2], [2, 3], [3]];

/** What one client has been given and not lost; the newest last. */
export class Holder {
  tokens: HeldToken[] = [];
  accesses: HeldAccess[] = [];

  receive({ token, access }: Received): void {
    this.tokens.push(token);
    this.accesses.push(access);
  }

  /** Whoever copies another's credentials: a second tab, or a thief. */
  copy(other: Holder): void {
    this.tokens = [...other.tokens];
    this.accesses = [...other.accesses];
  }
}

/** An operation, and the client who gets what it answers; null when the reply is lost on the way. */
export interface Planned {
  operation: Operation;
  receiver: Holder | null;
}

let users = 0;

/** One user's story: what may be true by the model, and what the clients hold. */
export class Run {
  /** Every state that explains what was observed so far. */
  worlds: World[] = [newWorld(PASSWORD)];
  readonly holders = [new Holder(), new Holder()] as const;
  readonly passwords = [PASSWORD];
  readonly story: string[] = [];
  private readonly used = new Set<number>();
  private latest: number;

  private constructor(
    readonly cluster: Cluster,
    readonly userId: string,
    readonly email: string,
    private stage: number,
  ) {
    this.latest = cluster.clock.now();
  }

  static async begin(cluster: Cluster, stage: number): Promise<Run> {
    const email = `model${(users += 1)}@example.com`;
    const { id } = await cluster.nodes[0].auth.register({ email, password: PASSWORD });
    return new Run(cluster, id, email, stage);
  }

  node(pick: number): number {
    const nodes = STAGES[this.stage];
    return nodes[pick % nodes.length];
  }

  rollOut(): void {
    this.stage = Math.min(this.stage + 1, STAGES.length - 1);
  }

  newPassword(): string {
    const password = `${PASSWORD} ${this.passwords.length}`;
    this.passwords.push(password);
    return password;
  }

  /** Moves the clock; back by no more than the clocks of two nodes may differ. */
  advance(ms: number): void {
    const { clock } = this.cluster;
    clock.advance(Math.max(ms, this.latest - 4_000 - clock.now()));
    this.latest = Math.max(this.latest, clock.now());
  }

  /** Makes calls, at the same time when there is a scheduler, and keeps the worlds that explain the answers. */
  async call(planned: readonly Planned[], scheduler?: Scheduler): Promise<void> {
    for (const { operation } of planned) await this.catchUp(operation);
    const now = this.cluster.clock.now();
    const make = planned.map(
      ({ operation }) =>
        () =>
          this.cluster.perform(this.userId, this.email, operation),
    );
    const results = scheduler ? await this.cluster.race(scheduler, make) : [await make[0]()];
    const invalidations = planned.reduce((sum, { operation: { kind } }) => sum + INVALIDATIONS[kind], 0);
    const calls = planned.map(({ operation }, i): Call => {
      const overtakings = invalidations - INVALIDATIONS[operation.kind];
      return { operation, observed: results[i].observed, ring: RINGS[operation.node], now, overtakings };
    });
    this.settle(calls.length > 1 ? 'at once' : 'then', calls, explain(this.worlds, calls));
    planned.forEach(({ receiver }, i) => results[i].received && receiver?.receive(results[i].received));
  }

  /** As after a backup was restored: the row is a generation behind what a client holds. */
  async restore(sessionId: string): Promise<void> {
    await this.cluster.source.query(
      `UPDATE ${this.table} SET generation = generation - 1 WHERE id = '${sessionId}' AND generation > 1`,
    );
    for (const { sessions } of this.worlds) {
      if (sessions[sessionId].generation > 1) sessions[sessionId].generation -= 1;
    }
    this.story.push(`restore ${sessionId}`);
  }

  /** Compares the rows with the model. Of a dead session only how it ended counts: nobody sees the rest any more. */
  async compareRows(): Promise<void> {
    const rows = (await this.cluster.source.query(
      `SELECT * FROM ${this.table} WHERE user_id = '${this.userId}'`,
    )) as Record<string, unknown>[];
    const now = this.cluster.clock.now();
    const [old] = this.cluster.nodes[0].app.get(RefreshTokens).keyIds;
    const agrees = (world: World, row: Record<string, unknown>, session: ModelSession | undefined) =>
      session !== undefined &&
      session.revoked === row['revoked_reason'] &&
      (deathIn(world, session, now) !== null ||
        (session.generation === Number(row['generation']) &&
          session.epoch === Number(row['epoch']) &&
          session.transport === row['transport'] &&
          session.key === (row['key_id'] === old ? 'old' : 'new') &&
          session.rotatedAt === (row['rotated_at'] === null ? null : Number(row['rotated_at'])) &&
          session.idleExpiresAt === Number(row['idle_expires_at']) &&
          session.absoluteExpiresAt === Number(row['absolute_expires_at'])));
    const explained = this.worlds.filter(
      (world) =>
        Object.keys(world.sessions).length === rows.length &&
        rows.every((row) => agrees(world, row, world.sessions[String(row['id'])])),
    );
    this.settle('rows', rows, explained);
  }

  /** The clock never goes back between users: what other nodes have cached of this one ends here. */
  end(): void {
    this.advance(this.latest - this.cluster.clock.now() + 120_000);
  }

  private get table(): string {
    return this.cluster.source.entityMetadatas.find(({ tableName }) => tableName === 'auth_sessions')!.tablePath;
  }

  /**
   * A cached answer is exact once the node has seen what the others have changed. When there are no others, the feed
   * only says so: a poll would hide what this node itself forgot to drop.
   */
  private async catchUp({ kind, node }: Operation): Promise<void> {
    this.used.add(node);
    if (kind !== 'access') return;
    const { app, clock } = this.cluster.nodes[node];
    if (this.used.size > 1) await app.get(ChangeFeed).poll();
    else app.get(SessionCache).confirm(clock.now());
  }

  private settle(when: string, seen: readonly object[], worlds: World[]): void {
    this.story.push(`${when} ${JSON.stringify(seen)}`);
    if (worlds.length === 0) {
      const before = JSON.stringify(this.worlds, null, 1);
      throw new Error(`no order explains what was seen:\n${this.story.join('\n')}\nfrom any of\n${before}`);
    }
    this.worlds = worlds;
  }
}
