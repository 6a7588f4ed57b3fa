import { Controller, Get, Patch } from '@nestjs/common';
import {
  AllowCredentials,
  Authenticated,
  AuthKitConfigError,
  CurrentPrincipal,
  Permissions,
  Public,
  Roles,
  type Principal,
} from 'nest-authkit';
import { expectProblem, fieldsOf, stateOf } from '../support/attack.js';
import { DATABASES } from '../support/databases.js';
import { createTestApp, describeOn, type TestApp } from '../support/test-app.js';

@Controller('mixed')
@Public()
class MixedController {
  @Get('open') open() {
    return { ok: true };
  }
  @Get('role') @Roles('admin') role() {
    return { ok: true };
  }
  @Get('permission') @Permissions('posts:write') permission() {
    return { ok: true };
  }
  @Get('authenticated') @Authenticated() authenticated() {
    return { ok: true };
  }
  @Get('credential') @AllowCredentials('user') credential() {
    return { ok: true };
  }
}

@Controller('staff')
@Roles('editor')
class StaffController {
  @Get('shared') shared() {
    return { ok: true };
  }
  @Get('both') @Roles('auditor') both() {
    return { ok: true };
  }
  @Get('twice') @Roles('auditor') @Roles('author') twice() {
    return { ok: true };
  }
  @Get('permission') @Permissions('users:read') permission() {
    return { ok: true };
  }
  @Get('optional') @Authenticated({ optional: true }) optional() {
    return { ok: true };
  }
  @Get('open') @Public() open(@CurrentPrincipal() principal: Principal | null) {
    return { ok: true, principal };
  }
}

@Controller('grants')
class GrantsController {
  @Get('deep') @Permissions('posts:comments:delete') deep() {
    return { ok: true };
  }
  @Get('bare') @Permissions('posts') bare() {
    return { ok: true };
  }
  @Get('read') @Permissions('users:read') read() {
    return { ok: true };
  }
  @Get('several') @Permissions('users:read', 'posts:write') several() {
    return { ok: true };
  }
  @Get('twice') @Permissions('users:read') @Permissions('posts:write') twice() {
    return { ok: true };
  }
  @Get('middle') @Permissions('shops:42:close') middle() {
    return { ok: true };
  }
  @Get('other') @Permissions('shops:42:open') other() {
    return { ok: true };
  }
  @Patch('read') @Permissions('*') everything() {
    return { ok: true };
  }
}

@Roles('admin')
abstract class AdminBase {
  @Get('inherited') inherited() {
    return { ok: true };
  }
}

@Controller('derived')
class DerivedController extends AdminBase {
  @Get('own') own() {
    return { ok: true };
  }
}

const ROLES = {
  admin: { inherits: ['editor'], permissions: ['*'] },
  editor: { inherits: ['author'], permissions: ['posts:*'] },
  author: {},
  auditor: { permissions: ['users:read'] },
  keeper: { permissions: ['shops:*:close'] },
};

/** Who gets a 200; all others must get 403, and anonymous callers 401. */
const MATRIX: [path: string, allowed: string[]][] = [
  ['/mixed/open', ['anonymous', 'nobody', 'author', 'editor', 'auditor', 'keeper', 'both', 'admin']],
  ['/mixed/role', ['admin']],
  ['/mixed/permission', ['editor', 'both', 'admin']],
  ['/mixed/authenticated', ['nobody', 'author', 'editor', 'auditor', 'keeper', 'both', 'admin']],
  ['/mixed/credential', ['nobody', 'author', 'editor', 'auditor', 'keeper', 'both', 'admin']],
  ['/staff/shared', ['editor', 'both', 'admin']],
  ['/staff/both', ['both']],
  ['/staff/twice', ['both']],
  ['/staff/permission', ['both', 'admin']],
  ['/staff/optional', ['editor', 'both', 'admin']],
  ['/staff/open', ['anonymous', 'nobody', 'author', 'editor', 'auditor', 'keeper', 'both', 'admin']],
  ['/grants/deep', ['editor', 'both', 'admin']],
  ['/grants/bare', ['admin']],
  ['/grants/read', ['auditor', 'both', 'admin']],
  ['/grants/several', ['both', 'admin']],
  ['/grants/twice', ['both', 'admin']],
  ['/grants/middle', ['keeper', 'admin']],
  ['/grants/other', ['admin']],
  ['/derived/inherited', ['admin']],
  ['/derived/own', ['admin']],
  ['/probe/undecorated', ['nobody', 'author', 'editor', 'auditor', 'keeper', 'both', 'admin']],
  ['/probe/admin', ['admin']],
  ['/open/staff', ['admin']],
];

const PEOPLE: Record<string, string[]> = {
  nobody: ['constructor', '__proto__', 'user'],
  author: ['author'],
  editor: ['editor'],
  auditor: ['auditor'],
  keeper: ['keeper'],
  both: ['editor', 'auditor'],
  admin: ['admin'],
};

describeOn('authorization', {}, (place) => {
  let t: TestApp;
  const tokens: Record<string, string | undefined> = {};
  beforeAll(async () => {
    t = await createTestApp({
      ...place,
      controllers: [MixedController, StaffController, GrantsController, DerivedController],
      authkit: { roles: ROLES },
    });
    for (const [name, roles] of Object.entries(PEOPLE))
      tokens[name] = (await t.signUp(`${name}@example.com`, roles)).accessToken;
  });
  afterAll(() => t.close());

  it.each(MATRIX)('AUTHZ-01 %s is open to exactly those whom its rules name', async (path, allowed) => {
    const admitted: string[] = [];
    for (const name of ['anonymous', ...Object.keys(PEOPLE)]) {
      const reply = await t.client.get(path, { token: tokens[name] });
      if (reply.status === 200) admitted.push(name);
      else
        expectProblem(
          reply,
          name === 'anonymous' ? 401 : 403,
          name === 'anonymous' ? 'authentication_required' : 'insufficient_scope',
        );
    }
    expect(admitted).toEqual(allowed);
  });

  it('AUTHZ-07 a handler without any rule asks for an authenticated user', async () => {
    expectProblem(await t.client.get('/probe/undecorated'), 401, 'authentication_required');
    expectProblem(await t.client.post('/probe/echo', { a: 1 }), 401, 'authentication_required');
  });

  it('AUTHZ-12 a refusal does not say whether the handler, or the role, exists', async () => {
    const reply = await t.client.get('/probe/admin', { token: tokens['nobody'] });
    expect(reply.text).not.toMatch(/admin@|needs role|"reason"/);
    expect(t.events.at(-1)).toMatchObject({ type: 'authorization.denied', details: { reason: 'needs role admin' } });
  });
});

@Controller('contradiction')
class PublicBesideRoles {
  @Get() @Public() @Roles('admin') get() {
    return {};
  }
}

@Controller('contradiction')
class OptionalBesidePermission {
  @Get() @Authenticated({ optional: true }) @Permissions('a:b') get() {
    return {};
  }
}

@Controller('contradiction')
@Public()
@Roles('admin')
class PublicClassWithRoles {
  @Get() get() {
    return {};
  }
}

describeOn('contradictory rules', {}, (place) => {
  it.each([PublicBesideRoles, OptionalBesidePermission, PublicClassWithRoles])(
    'AUTHZ-08 %p does not start',
    async (controller) => {
      const start = createTestApp({ ...place, controllers: [controller] });
      await expect(start).rejects.toBeInstanceOf(AuthKitConfigError);
    },
  );
});

describeOn('authorization over users', { databases: DATABASES }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp(place);
  });
  afterAll(() => t.close());

  it('AUTHZ-02 a user cannot set their own role, activity, proof of address or hash', async () => {
    const { accessToken } = await t.signUp('self@example.com');
    const before = await stateOf(t);
    for (const field of [
      'role',
      'roles',
      'permissions',
      'active',
      'emailVerified',
      'id',
      'email',
      'username',
      'password',
      'passwordHash',
      'sessionEpoch',
    ]) {
      const reply = await t.client.patch(
        '/auth/me',
        { fullName: 'Me', [field]: field === 'roles' ? ['admin'] : 'admin' },
        { token: accessToken },
      );
      expectProblem(reply, 422, 'validation_failed');
      expect(fieldsOf(reply)).toEqual([field]);
    }
    expect(await stateOf(t)).toBe(before);
  });

  it('AUTHZ-03 no id in a path or a body reaches into another account', async () => {
    const [owner, thief] = [await t.signUp('owner@example.com'), await t.signUp('thief@example.com')];
    const before = await stateOf(t);
    expectProblem(
      await t.client.delete(`/auth/sessions/${owner.sessionId}`, { token: thief.accessToken }),
      404,
      'session_not_found',
    );
    expectProblem(await t.client.patch('/auth/me', { id: owner.id, fullName: 'x' }, { token: thief.accessToken }), 422);
    expectProblem(
      await t.client.patch(`/auth/me?id=${owner.id}`, { userId: owner.id }, { token: thief.accessToken }),
      422,
    );
    expect((await t.client.get(`/auth/me?id=${owner.id}`, { token: thief.accessToken })).body.user.id).toBe(thief.id);
    const { body } = await t.client.get(`/auth/sessions?userId=${owner.id}`, { token: thief.accessToken });
    expect((body.items as { id: string }[]).map(({ id }) => id)).toEqual([thief.sessionId]);
    expect(await stateOf(t)).toBe(before);
  });

  it('AUTHZ-04 a role given or taken counts at the next request, and a disabled user is out', async () => {
    const [{ id, accessToken: token }] = [
      await t.signUp('rising@example.com'),
      await t.signUp('boss@example.com', ['admin']),
    ];
    expectProblem(await t.client.get('/probe/admin', { token }), 403);
    await t.auth.setRoles(id, ['admin']);
    expect((await t.client.get('/probe/admin', { token })).status).toBe(200);
    await t.auth.setRoles(id, ['user']);
    expectProblem(await t.client.get('/probe/admin', { token }), 403);
    await t.auth.setActive(id, false);
    expectProblem(await t.client.get('/probe/principal', { token }), 401, 'token_revoked');
    await t.auth.setActive(id, true);
    expectProblem(await t.client.get('/probe/principal', { token }), 401, 'token_revoked');
  });
});
