import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { AuthService, RouteInventory, type RouteEntry, type RouteRule, type SignIn } from 'nest-authkit';
import { createDemoApp } from '../../apps/demo/src/create-app.js';
import { ROLES, type Role } from '../../apps/demo/src/roles.js';
import { Client } from '../support/client.js';
import { prepareDemo } from '../support/demo-app.js';
import { describeOn, PASSWORD } from '../support/test-app.js';

const CALLERS = ['anonymous', 'user', 'editor', 'admin'] as const;
type Caller = (typeof CALLERS)[number];
type Admission = 'admitted' | '401' | '403';

/** Roles as the demo defines them, spelled out here so that the kit's own arithmetic is not its own judge. */
const HELD: Record<Role, { roles: string[]; can: (permission: string) => boolean }> = {
  user: { roles: ['user'], can: () => false },
  editor: { roles: ['editor'], can: (permission) => permission === 'notes:read' },
  admin: { roles: ['admin', 'editor'], can: () => true },
};

/** Where an empty body is a missing credential to the handler itself. */
const BODIES: Record<string, (session: SignIn) => object> = {
  '/auth/refresh': ({ refreshToken }) => ({ refreshToken }),
};

/** What the table alone says. */
function expectedOf({ rule, guarded }: { rule: RouteRule; guarded: boolean }, caller: Caller): Admission {
  if (!guarded || rule.public) return 'admitted';
  if (caller === 'anonymous') return rule.optional ? 'admitted' : '401';
  const { roles, can } = HELD[caller];
  const hasRoles = rule.roles.every((anyOf) => anyOf.some((role) => roles.includes(role)));
  return rule.credentials.includes('user') && hasRoles && rule.permissions.every(can) ? 'admitted' : '403';
}

describeOn('every route of the demo', {}, ({ adapter }) => {
  let demo: Awaited<ReturnType<typeof prepareDemo>>;
  let app: INestApplication;
  let client: Client;
  let routes: readonly RouteEntry[];
  let bystander: { id: string };
  const accounts = new Map<Caller, { id: string }>();

  beforeAll(async () => {
    demo = await prepareDemo(adapter, 'sqlite');
    app = await createDemoApp(demo.env);
    await app.listen(0, '127.0.0.1');
    client = Client.of(app);
    routes = app.get(RouteInventory).routes();
    const auth = app.get(AuthService);
    // Whom the routes with an id act upon, so that no caller is signed out or demoted by another.
    bystander = await auth.register({ email: 'bystander@example.com', password: PASSWORD });
    for (const role of Object.keys(ROLES) as Role[]) {
      accounts.set(role, await auth.register({ email: `${role}@example.com`, password: PASSWORD }, { roles: [role] }));
    }
  });
  afterAll(async () => {
    await app.close();
    await demo.drop();
  });

  /** What really happens: refused as a stranger, refused for want of a role, or let through to the handler. */
  async function observe({ method, path }: RouteEntry, caller: Caller): Promise<Admission> {
    const auth = app.get(AuthService);
    // A session of its own for each request: some routes end the session that calls them.
    const session = await auth.issueFor(accounts.get(caller) ?? bystander);
    const reply = await client.call(method, path.replace(/:\w+/g, bystander.id), {
      ...(caller !== 'anonymous' && { token: session.accessToken }),
      ...(method !== 'GET' && method !== 'DELETE' && { body: BODIES[path]?.(session) ?? {} }),
    });
    if (/^Cannot /.test(String(reply.body.message))) throw new Error(`${method} ${path} is not served`);
    if (reply.status === 401) return '401';
    const isRefusal = ['insufficient_scope', 'credential_not_allowed'].includes(reply.body.code as string);
    return reply.status === 403 && isRefusal ? '403' : 'admitted';
  }

  it('admits whom the table says, and nobody else', async () => {
    const expected: string[] = [];
    const observed: string[] = [];
    for (const route of routes) {
      const line = (admissions: Admission[]) => [`${route.method} ${route.path}`, ...admissions].join(' | ');
      const seen: Admission[] = [];
      for (const caller of CALLERS) seen.push(await observe(route, caller));
      expected.push(line(CALLERS.map((caller) => expectedOf(route, caller))));
      observed.push(line(seen));
    }
    expect(observed.join('\n')).toBe(expected.join('\n'));
    // The demo has every kind of answer, so that the comparison means something.
    for (const kind of ['admitted | admitted', '401 | admitted', '401 | 403']) {
      expect(observed.some((line) => line.includes(kind))).toBe(true);
    }
  });

  it('is in the table, and the table has no others', async () => {
    const { paths } = (await client.get('/docs-json')).body as OpenAPIObject;
    const documented = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(routes.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(documented.sort());
    expect(new Set(routes.map(({ own }) => own))).toEqual(new Set([true, false]));
  });
});
