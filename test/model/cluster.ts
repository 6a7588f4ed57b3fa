import type { IncomingMessage } from 'node:http';
import type { Scheduler } from 'fast-check';
import { AuthKitError, SessionStore, UserStore } from 'nest-authkit';
import { SessionAuthenticator } from '../../libs/authkit/src/access/session.authenticator.js';
import { AccountService } from '../../libs/authkit/src/account/account.service.js';
import { ChangeFeed } from '../../libs/authkit/src/sessions/change-feed.js';
import { SessionCache } from '../../libs/authkit/src/sessions/session-cache.js';
import { SessionService } from '../../libs/authkit/src/sessions/session.service.js';
import { TokenPairs, type TokenPair } from '../../libs/authkit/src/sessions/token-pair.js';
import { temporaryFile, type Database } from '../support/databases.js';
import { createTestApp, type TestApp } from '../support/test-app.js';
import type { HeldAccess, HeldToken, Observed, Operation } from './operations.js';
import { LIMITS, type KeyName, type Ring } from './world.js';

const SECRETS: Record<KeyName, string> = {
  old: 'k7Qw2Zr9Xv4Tn1Lb8Hs5Yd3Mf6Pc0Gj-Ue',
  new: 'Vb3Nw8Kd1Rt6Yq4Zs9Lx2Hf7Jm5Cg0Pa_Ti',
};

/** Every stage of replacing a secret, node by node: the new one second everywhere, then first, then the old one goes. */
export const RINGS: readonly Ring[] = [['old'], ['old', 'new'], ['new', 'old'], ['new']];

const GATED: readonly [typeof SessionStore | typeof UserStore, readonly string[]][] = [
  [SessionStore, ['insert', 'findWithUser', 'rotate', 'restamp', 'revoke', 'revokeAll']],
  [UserStore, ['findById', 'findByIdentifier', 'changePassword', 'setActive', 'setRoles', 'endSessions']],
];

/** What a client gets out of a login or a refresh. */
export interface Received {
  token: HeldToken;
  access: HeldAccess;
}

/** Nodes of one service over one database, each with the secrets of a stage of the rollout. */
export class Cluster {
  private scheduler: Scheduler | null = null;

  private constructor(
    readonly database: Database,
    readonly nodes: readonly TestApp[],
  ) {
    for (const node of nodes) {
      for (const [store, methods] of GATED) for (const method of methods) this.gate(node, store, method);
    }
  }

  static async start(database: Database): Promise<Cluster> {
    const nodes: TestApp[] = [];
    const file = temporaryFile();
    for (const ring of RINGS) {
      const authkit = {
        secret: ring.map((name) => SECRETS[name]),
        session: { maxPerUser: 0, idleTimeout: LIMITS.idle / 1000, absoluteTimeout: LIMITS.absolute / 1000 },
        passwords: { workers: 1 },
      };
      nodes.push(await createTestApp({ database, file, authkit, beside: nodes[0] }));
    }
    // The timers stop; the model polls where it matters.
    for (const node of nodes) await node.app.get(ChangeFeed).onApplicationShutdown();
    // No power is going to fail, and waiting for the disk is most of the time.
    if (database === 'sqlite') for (const { source } of nodes) await source.query('PRAGMA synchronous = OFF');
    return new Cluster(database, nodes);
  }

  async stop(): Promise<void> {
    for (const node of [...this.nodes].reverse()) await node.close();
  }

  get clock() {
    return this.nodes[0].clock;
  }

  get source() {
    return this.nodes[0].source;
  }

  /** Runs calls at the same time; the scheduler decides which of them comes next to the database or back from it. */
  async race<T>(scheduler: Scheduler, calls: readonly (() => Promise<T>)[]): Promise<T[]> {
    this.scheduler = scheduler;
    try {
      return await scheduler.waitFor(Promise.all(calls.map((call) => call())));
    } finally {
      this.scheduler = null;
    }
  }

  /** Makes one call; never throws: what is no declared refusal becomes a code that the model knows not. */
  async perform(
    userId: string,
    email: string,
    operation: Operation,
  ): Promise<{ observed: Observed; received?: Received }> {
    try {
      return await this.call(this.nodes[operation.node], userId, email, operation);
    } catch (error) {
      return { observed: { code: error instanceof AuthKitError ? error.code : `crash: ${String(error)}` } };
    }
  }

  private async call(
    { app, auth }: TestApp,
    userId: string,
    email: string,
    operation: Operation,
  ): Promise<{ observed: Observed; received?: Received }> {
    const sessions = app.get(SessionService);
    const enter = async ({ text }: HeldAccess, reread = true) => {
      const request = { headers: { authorization: `Bearer ${text}` }, rawHeaders: [] as string[] };
      return (await app.get(SessionAuthenticator).authenticate(request as unknown as IncomingMessage, reread))!
        .principal;
    };
    const ok = (rest: Partial<Observed> = {}) => ({ observed: { code: 'ok', ...rest } });
    switch (operation.kind) {
      case 'login':
        return this.received(await auth.login(email, operation.password, operation.transport), operation.node);
      case 'refresh': {
        const live = await sessions.refresh(operation.token.text, operation.via, operation.companion);
        return this.received(app.get(TokenPairs).of(live), operation.node);
      }
      case 'access':
        return ok({ roles: (await enter(operation.access, operation.reread)).roles });
      case 'logout':
        return ok({ ended: await auth.logout(operation.access.text) });
      case 'logoutByRefresh':
        return ok({ ended: await auth.logout(operation.token.text) });
      case 'revokeOthers': {
        const { sessionId } = await enter(operation.access);
        await sessions.revokeOthers(userId, sessionId!, 'revoked_by_user');
        return ok();
      }
      case 'revokeAll':
        return ok((await auth.revokeAll(userId), {}));
      case 'revokeAllAndDie':
        await (app.get(UserStore) as UserStore).endSessions!(userId, this.clock.now());
        // Its cache dies with it.
        await app.get(SessionCache).forgetAll();
        return ok();
      case 'setActive':
        return ok((await auth.setActive(userId, operation.active), {}));
      case 'setRoles':
        return ok((await auth.setRoles(userId, operation.roles), {}));
      case 'setPassword':
        return ok((await auth.setPassword(userId, operation.password), {}));
      case 'changePassword': {
        const { sessionId } = await enter(operation.access);
        await app.get(AccountService).changePassword(userId, sessionId!, operation.current, operation.next);
        return ok();
      }
    }
  }

  private received({ accessToken, refreshToken, refreshExpiresIn }: TokenPair, node: number) {
    const bytes = Buffer.from(refreshToken.slice('nar_'.length), 'base64url');
    const sessionId = bytes.toString('hex', 1, 17).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    const token = { text: refreshToken, sessionId, generation: bytes.readUInt32BE(17) };
    const second = Math.floor(this.clock.now() / 1000) * 1000;
    const access = { text: accessToken, sessionId, key: RINGS[node][0], expiresAt: second + LIMITS.accessTtl };
    return { observed: { code: 'ok', token, goodFor: refreshExpiresIn }, received: { token, access } };
  }

  /** Before and after the real work: what a call does between two statements may be overtaken too. */
  private gate(node: TestApp, store: typeof SessionStore | typeof UserStore, method: string): void {
    const target = node.app.get(store as never) as Record<string, (...args: unknown[]) => unknown>;
    const real = target[method].bind(target);
    target[method] = async (...args) => {
      await this.scheduler?.schedule(Promise.resolve(), `before ${method}`);
      const result = await real(...args);
      await this.scheduler?.schedule(Promise.resolve(), `after ${method}`);
      return result;
    };
  }
}
