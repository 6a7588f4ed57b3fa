import type { Type } from '@nestjs/common';
import { In, type DataSource, type QueryRunner } from 'typeorm';
import type { AuthUser, CreateOutcome, NewUser } from '../user.store.js';
import { isRefusedValue, isUniqueViolation } from './dialect.js';
import { entitiesFor } from './entities.js';
import type { TypeOrmUnitOfWork } from './typeorm-unit-of-work.js';

/** Parameters of one statement; SQLite takes 32,766 and PostgreSQL 65,535. */
const MAX_PARAMETERS = 30_000;

/** Ends a dry run's transaction. */
class DryRunOver extends Error {
  constructor(readonly outcomes: CreateOutcome[]) {
    super('a dry run writes nothing');
  }
}

/** The row of a new user. */
export function newUserRow(source: DataSource, userEntity: Type<AuthUser>, user: NewUser): object {
  return source.manager.create(userEntity, {
    ...user.fields,
    id: user.id,
    email: user.email,
    username: user.username,
    emailVerified: user.emailVerified,
    active: user.active ?? true,
    passwordHash: user.passwordHash,
    sessionEpoch: 0,
    createdAt: new Date(user.createdAt ?? user.at),
    changedAt: new Date(user.at),
  } as object);
}

/** Many users in one transaction, each wholly or not at all. A dry run does the same and rolls back. */
export async function createMany(
  source: DataSource,
  unit: TypeOrmUnitOfWork,
  userEntity: Type<AuthUser>,
  users: readonly NewUser[],
  dryRun: boolean,
): Promise<CreateOutcome[]> {
  try {
    return await unit.run(async (runner) => {
      const outcomes = await new Batch(source, userEntity, runner).create(users);
      if (dryRun) throw new DryRunOver(outcomes);
      return outcomes;
    });
  } catch (error) {
    if (error instanceof DryRunOver) return error.outcomes;
    throw error;
  }
}

class Batch {
  constructor(
    private readonly source: DataSource,
    private readonly userEntity: Type<AuthUser>,
    private readonly runner: QueryRunner,
  ) {}

  async create(users: readonly NewUser[]): Promise<CreateOutcome[]> {
    const outcomes = new Map<NewUser, CreateOutcome>();
    const taken = await this.taken(users);
    for (const user of users) {
      const conflict = taken(user);
      if (conflict) outcomes.set(user, conflict);
    }
    await this.attempt(
      users.filter((user) => !outcomes.has(user)),
      outcomes,
    );
    return users.map((user) => outcomes.get(user)!);
  }

  /** Inserts all at once, and when a value among them is refused, each half by itself, until the refused are alone. */
  private async attempt(users: readonly NewUser[], outcomes: Map<NewUser, CreateOutcome>): Promise<void> {
    if (users.length === 0) return;
    try {
      // Within a transaction this is a savepoint.
      await this.runner.manager.transaction(() => this.insert(users));
      for (const user of users) outcomes.set(user, { code: 'created' });
    } catch (error) {
      if (!isRefusedValue(error)) throw error;
      if (users.length === 1) {
        outcomes.set(users[0], await this.refusal(users[0], error as Error));
      } else {
        const middle = users.length >> 1;
        await this.attempt(users.slice(0, middle), outcomes);
        await this.attempt(users.slice(middle), outcomes);
      }
    }
  }

  private async insert(users: readonly NewUser[]): Promise<void> {
    const { userRole } = entitiesFor(this.userEntity);
    const roles = users.flatMap(({ id: userId, roles }) => [...new Set(roles)].map((role) => ({ userId, role })));
    await this.insertInto(
      this.userEntity,
      users.map((user) => newUserRow(this.source, this.userEntity, user)),
    );
    await this.insertInto(userRole, roles);
  }

  private async insertInto(entity: Type<object>, rows: readonly object[]): Promise<void> {
    const perStatement = Math.max(1, Math.floor(MAX_PARAMETERS / this.source.getMetadata(entity).columns.length));
    for (let from = 0; from < rows.length; from += perStatement) {
      const values = rows.slice(from, from + perStatement);
      const insert = this.runner.manager.createQueryBuilder().insert().into(entity).values(values);
      await insert.updateEntity(false).execute();
    }
  }

  private async refusal(user: NewUser, error: Error): Promise<CreateOutcome> {
    if (!isUniqueViolation(error)) return { code: 'rejected', detail: error.message };
    // Taken within this batch, or by another process since.
    return (await this.taken([user]))(user) ?? { code: 'conflict' };
  }

  /** What is taken already, soft-deleted users included: their values are taken too. */
  private async taken(users: readonly NewUser[]): Promise<(user: NewUser) => CreateOutcome | null> {
    const usernames = users.flatMap(({ username }) => (username === null ? [] : [username]));
    const rows = (await this.runner.manager.find(this.userEntity, {
      select: { id: true, email: true, username: true },
      where: [
        { id: In(users.map(({ id }) => id)) },
        { email: In(users.map(({ email }) => email)) },
        ...(usernames.length > 0 ? [{ username: In(usernames) }] : []),
      ],
      withDeleted: true,
      loadEagerRelations: false,
    })) as Pick<AuthUser, 'id' | 'email' | 'username'>[];
    const [ids, emails, names] = [
      rows.map(({ id }) => id),
      rows.map(({ email }) => email),
      rows.map((row) => row.username),
    ].map((values) => new Set<string | null | undefined>(values));
    return ({ id, email, username }) => {
      if (ids.has(id)) return { code: 'id_taken' };
      if (emails.has(email)) return { code: 'email_taken' };
      return username !== null && names.has(username) ? { code: 'username_taken' } : null;
    };
  }
}
