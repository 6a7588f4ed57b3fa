import { Injectable, type Type } from '@nestjs/common';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { authKitEntities } from 'nest-authkit';
import { Column, DataSource, Entity, PrimaryColumn, type Repository } from 'typeorm';
import { ALL_DATABASES, describeOnDatabases, prepareDatabase, type TestDatabase } from '../support/databases.js';
import { createTestApp, PASSWORD, type TestApp } from '../support/test-app.js';
import { User } from '../support/test-user.entity.js';

@Entity('articles')
class Article {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar', length: 50 })
  title!: string;
}

@Injectable()
class Articles {
  constructor(
    @InjectRepository(Article) readonly articles: Repository<Article>,
    @InjectRepository(User, 'auth') readonly users: Repository<User>,
  ) {}
}

describeOnDatabases('the kit on a DataSource of its own, the host’s on the default', ALL_DATABASES, (database) => {
  let t: TestApp;
  const prepared: TestDatabase[] = [];
  beforeAll(async () => {
    const prepare = async (entities: Type<object>[]) => {
      const one = await prepareDatabase(database, entities);
      prepared.push(one);
      return one.options;
    };
    const [host, auth] = [await prepare([Article]), await prepare(authKitEntities({ userEntity: User }))];
    t = await createTestApp({
      adapter: 'express',
      authkit: { userEntity: User, dataSource: 'auth', storage: {} },
      imports: [
        TypeOrmModule.forRoot(host),
        TypeOrmModule.forRoot({ ...auth, name: 'auth' }),
        TypeOrmModule.forFeature([Article]),
        TypeOrmModule.forFeature([User], 'auth'),
      ],
      providers: [Articles],
    });
  });
  afterAll(async () => {
    await t.close();
    for (const { drop } of prepared) await drop();
  });

  it('registers, signs in, refreshes and revokes there', async () => {
    const ada = await t.signUp('ada@example.com', ['admin']);
    const { accessToken } = await t.auth.refresh(ada.refreshToken);
    expect((await t.client.get('/auth/me', { token: accessToken })).body.user.roles).toEqual(['admin']);
    await expect(t.auth.setActive(ada.id, false)).rejects.toMatchObject({ code: 'last_admin' });
    await t.auth.revokeAll(ada.id);
    expect((await t.client.get('/auth/me', { token: accessToken })).status).toBe(401);
    expect((await t.auth.login('ada@example.com', PASSWORD)).user.id).toBe(ada.id);
  });

  it('leaves the default one without a table of the kit, and the host may ask both', async () => {
    const { articles, users } = t.app.get(Articles);
    await articles.save({ id: 1, title: 'Two' });
    expect(await articles.count()).toBe(1);
    expect(await users.existsBy({ email: 'ada@example.com' })).toBe(true);
    const host = t.app.get(DataSource);
    expect(host.entityMetadatas.map(({ tableName }) => tableName)).toEqual(['articles']);
    await expect(host.createQueryBuilder().select('1').from('auth_sessions', 's').getRawMany()).rejects.toThrow();
  });
});
