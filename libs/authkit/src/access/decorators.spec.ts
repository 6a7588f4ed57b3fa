import { Controller, Get, type ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import type { Principal } from '../kernel/principal.js';
import { RequestContext } from '../kernel/request-context.js';
import {
  AllowCredentials,
  Authenticated,
  CurrentPrincipal,
  CurrentUser,
  LiveSession,
  Permissions,
  Public,
  RequireFresh,
  Roles,
} from './decorators.js';

@Controller()
class Routes {
  @Get() @Public() open() {}
  @Get() @Authenticated() members() {}
  @Get() @Authenticated({}) membersToo() {}
  @Get() @Authenticated({ optional: true }) optional() {}
  @Get() @Roles('a', 'b') anyOf() {}
  @Get() @Permissions('p:1', 'p:2') allOf() {}
  @Get() @AllowCredentials('api-key', 'user') keys() {}
  @Get() @LiveSession() live() {}
  @Get() @RequireFresh('15m') fresh() {}
  @Get() @RequireFresh(60) @Roles('a') freshToo() {}
  @Get() whoAmI(@CurrentPrincipal() _principal: unknown) {}
  @Get() me(@CurrentUser() _user: unknown) {}
}

type Method = keyof Routes;
const read = (method: Method, key: string): unknown => Reflect.getMetadata(key, Routes.prototype[method]);
const responses = (method: Method) => read(method, 'swagger/apiResponse') as Record<string, { description: string }>;

describe('a decorator', () => {
  it.each<[method: Method, key: string, value: unknown]>([
    ['open', 'authkit:public', true],
    ['members', 'authkit:authenticated', { optional: false }],
    ['membersToo', 'authkit:authenticated', { optional: false }],
    ['optional', 'authkit:authenticated', { optional: true }],
    ['anyOf', 'authkit:roles', [['a', 'b']]],
    ['allOf', 'authkit:permissions', ['p:1', 'p:2']],
    ['keys', 'authkit:credentials', ['api-key', 'user']],
    ['live', 'authkit:live-session', true],
    ['fresh', 'authkit:fresh', ['15m']],
  ])('on %s writes %s: %j', (method, key, value) => {
    expect(read(method, key)).toEqual(value);
  });

  it('says in the OpenAPI document what is needed', () => {
    expect(read('open', 'swagger/apiOperation')).toMatchObject({ security: [] });
    expect(responses('open')).toBeUndefined();
    for (const method of ['members', 'optional', 'keys'] as const) {
      expect(Object.keys(responses(method))).toEqual(expect.arrayContaining(['401', '403']));
    }
    expect(responses('anyOf')['403'].description).toBe('Needs role a or b.');
    expect(responses('allOf')['403'].description).toBe('Needs permission p:1 and p:2.');
    expect(responses('fresh')['403'].description).toBe('Needs an authentication at most 15m old.');
    expect(responses('freshToo')['403'].description).toBe('Needs role a.\n\nNeeds an authentication at most 60 s old.');
  });
});

describe('a parameter decorator', () => {
  const request = () => ({ headers: {}, url: '/', method: 'GET' }) as never;
  /** What Nest hands to the handler. */
  const valueOf = (method: Method, ofRequest: never): unknown => {
    const [argument] = Object.values(
      Reflect.getMetadata(ROUTE_ARGS_METADATA, Routes, method) as Record<
        string,
        { factory: (data: unknown, context: ExecutionContext) => unknown }
      >,
    );
    const http = { getType: () => 'http', switchToHttp: () => ({ getRequest: () => ofRequest }) };
    const context = http as unknown as ExecutionContext;
    return argument.factory(undefined, context);
  };

  it('gives who acts, or null', () => {
    const one = request();
    expect(valueOf('whoAmI', one)).toBeNull();
    const principal = { kind: 'user', id: 'u1' } as Principal;
    RequestContext.of(one).principal = principal;
    expect(valueOf('whoAmI', one)).toBe(principal);
  });

  it("gives the user's row when it is asked for, or null", async () => {
    const one = request();
    expect(valueOf('me', one)).toBeNull();
    RequestContext.of(one).loadUser = () => Promise.resolve({ id: 'u1' });
    expect(await valueOf('me', one)).toEqual({ id: 'u1' });
  });
});
