import { AllowCredentials, Authenticated, Permissions, Public, Roles } from './decorators.js';
import { ruleOf, type Handler } from './route-rule.js';

class Plain {
  undecorated() {}
  @Public() open() {}
  @Roles('a', 'b') anyOf() {}
  @Roles('a') @Roles('b') bothOf() {}
  @Permissions('p:1') @Permissions('p:2') permitted() {}
  @Authenticated({ optional: true }) optional() {}
  @AllowCredentials('api-key', 'user') keys() {}
}

@Public()
class Open {
  door() {}
  @Roles('admin') staff() {}
  @Authenticated() members() {}
  @AllowCredentials('client') machines() {}
}

@Roles('staff')
@AllowCredentials('api-key')
class Closed {
  office() {}
  @Roles('chief') safe() {}
  @Public() lobby() {}
  @Authenticated({ optional: true }) wicket() {}
  @AllowCredentials('user') desk() {}
}

const rule = (controller: new () => object, name: string) =>
  ruleOf((controller.prototype as Record<string, Handler>)[name], controller);

describe('ruleOf', () => {
  it('demands an authenticated user where nothing is declared', () => {
    expect(rule(Plain, 'undecorated')).toEqual({
      public: false,
      optional: false,
      roles: [],
      permissions: [],
      credentials: ['user'],
      liveSession: false,
      explicit: false,
    });
  });

  it('reads each decorator', () => {
    expect(rule(Plain, 'open')).toMatchObject({ public: true, explicit: true });
    expect(rule(Plain, 'anyOf').roles).toEqual([['a', 'b']]);
    expect(rule(Plain, 'optional')).toMatchObject({ public: false, optional: true, explicit: true });
    expect(rule(Plain, 'keys').credentials).toEqual(['api-key', 'user']);
  });

  it('adds up decorators repeated on one target', () => {
    expect([...rule(Plain, 'bothOf').roles].sort()).toEqual([['a'], ['b']]);
    expect([...rule(Plain, 'permitted').permissions].sort()).toEqual(['p:1', 'p:2']);
  });

  it('never lets a public class open a handler with a rule of its own', () => {
    expect(rule(Open, 'door').public).toBe(true);
    for (const name of ['staff', 'members', 'machines']) expect(rule(Open, name).public).toBe(false);
  });

  it('demands what the class and what the handler ask for', () => {
    expect(rule(Closed, 'office').roles).toEqual([['staff']]);
    expect(rule(Closed, 'safe').roles).toEqual([['staff'], ['chief']]);
    expect(rule(Closed, 'desk').credentials).toEqual(['user']);
    expect(rule(Closed, 'safe').credentials).toEqual(['api-key']);
  });

  it('lets a handler be public in a closed class, but not optional where a role is demanded', () => {
    expect(rule(Closed, 'lobby').public).toBe(true);
    expect(rule(Closed, 'wicket').optional).toBe(false);
  });

  it('works out a shared handler once for each class', () => {
    class Sub extends Closed {}
    @Roles('boss')
    class Boss extends Open {}
    @Roles('boss')
    class Stricter extends Closed {}
    @Public()
    class Laxer extends Closed {}
    expect(rule(Sub, 'office').roles).toEqual([['staff']]);
    expect(rule(Boss, 'staff').roles).toEqual([['boss'], ['admin']]);
    expect(rule(Boss, 'door')).toMatchObject({ public: false, roles: [['boss']] });
    expect(rule(Open, 'staff').roles).toEqual([['admin']]);
    expect(rule(Stricter, 'office').roles).toEqual([['staff'], ['boss']]);
    expect(rule(Laxer, 'office').public).toBe(true);
    expect(rule(Laxer, 'safe').roles).toEqual([['chief']]);
    // A subclass with a rule lifts what its base left open, handlers included.
    expect(rule(Stricter, 'lobby')).toMatchObject({ public: false, roles: [['staff'], ['boss']] });
    expect(rule(Sub, 'lobby').public).toBe(true);
  });

  it('refuses rules that contradict each other on one target', () => {
    class Torn {
      @Public() @Roles('a') both() {}
      @Authenticated({ optional: true }) @Permissions('x') half() {}
    }
    expect(() => rule(Torn, 'both')).toThrow(/Torn\.both: @Public\(\) stands beside another rule/);
    expect(() => rule(Torn, 'half')).toThrow(/Torn\.half: @Authenticated\(\{ optional: true \}\) stands beside/);
  });
});
