import {
  AllowCredentials,
  Authenticated,
  LiveSession,
  Permissions,
  Public,
  RequireFresh,
  VerifiedEmail,
  Roles,
} from './decorators.js';
import { ruleOf, standsFor, type Handler } from './route-rule.js';

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
      maxAge: null,
      verifiedEmail: false,
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

describe('@RequireFresh()', () => {
  @RequireFresh('15m')
  class Vault {
    door() {}
    @RequireFresh(60) safe() {}
    @RequireFresh('1h') hall() {}
    @RequireFresh('5m') @RequireFresh('90s') twice() {}
    @Public() street() {}
    @Authenticated({ optional: true }) wicket() {}
  }
  @RequireFresh('30s')
  class Inner extends Vault {}
  @Public()
  class Street {
    plain() {}
    @RequireFresh('15m') till() {}
  }

  it('means the shortest age of handler, class and base class, and the row of the session', () => {
    const ages = (controller: new () => object, ...names: string[]) =>
      names.map((name) => rule(controller, name).maxAge);
    expect(ages(Vault, 'door', 'safe', 'hall', 'twice', 'street')).toEqual([900, 60, 900, 90, 900]);
    expect(ages(Inner, 'door', 'safe')).toEqual([30, 30]);
    expect(rule(Vault, 'door')).toMatchObject({ public: false, liveSession: true, explicit: true });
    expect(rule(Vault, 'street').public).toBe(true);
    expect(rule(Plain, 'anyOf')).toMatchObject({ maxAge: null, liveSession: false });
  });

  it('lifts a class’s @Public(), and what is optional', () => {
    expect(rule(Street, 'plain').public).toBe(true);
    expect(rule(Street, 'till')).toMatchObject({ public: false, maxAge: 900, explicit: true });
    expect(rule(Vault, 'wicket')).toMatchObject({ optional: false, maxAge: 900 });
  });

  it('is refused beside @Public() and optional, and without an age of a second or more', () => {
    class Torn {
      @Public() @RequireFresh('15m') open() {}
      @Authenticated({ optional: true }) @RequireFresh('15m') half() {}
      @RequireFresh(0.9) now() {}
      @RequireFresh('15 min' as '15m') never() {}
    }
    expect(() => rule(Torn, 'open')).toThrow(/Torn\.open: @Public\(\) stands beside another rule/);
    expect(() => rule(Torn, 'half')).toThrow(/Torn\.half: .*optional: true.* stands beside @RequireFresh\(\)/);
    expect(() => rule(Torn, 'now')).toThrow(/Torn\.now: @RequireFresh\(0\.9\) is no age.*15m/);
    expect(() => rule(Torn, 'never')).toThrow(/Torn\.never: @RequireFresh\("15 min"\) is no age/);
  });
});

describe('@VerifiedEmail()', () => {
  @VerifiedEmail()
  class Members {
    hall() {}
    @Roles('a') office() {}
    @Public() street() {}
    @Authenticated({ optional: true }) wicket() {}
  }
  class Inner extends Members {
    cellar() {}
  }
  @Public()
  class Street {
    plain() {}
    @VerifiedEmail() till() {}
  }

  it('holds for handler, class and subclass, beside what else they ask for', () => {
    expect(rule(Members, 'hall')).toMatchObject({ verifiedEmail: true, public: false, explicit: true });
    expect(rule(Members, 'office')).toMatchObject({ verifiedEmail: true, roles: [['a']] });
    expect(rule(Inner, 'cellar')).toMatchObject({ verifiedEmail: true, liveSession: false });
    expect(rule(Plain, 'anyOf').verifiedEmail).toBe(false);
  });

  it('lifts a class’s @Public(), and what is optional', () => {
    expect(rule(Members, 'street').public).toBe(true);
    expect(rule(Street, 'plain').public).toBe(true);
    expect(rule(Street, 'till')).toMatchObject({ public: false, verifiedEmail: true, explicit: true });
    expect(rule(Members, 'wicket')).toMatchObject({ optional: false, verifiedEmail: true });
  });

  it('is refused beside @Public() and optional', () => {
    class Torn {
      @Public() @VerifiedEmail() open() {}
      @Authenticated({ optional: true }) @VerifiedEmail() half() {}
    }
    expect(() => rule(Torn, 'open')).toThrow(/Torn\.open: @Public\(\) stands beside another rule/);
    expect(() => rule(Torn, 'half')).toThrow(/Torn\.half: .*optional: true.* stands beside @VerifiedEmail\(\)/);
  });
});

describe('ruleOf in detail', () => {
  @Authenticated({ optional: true })
  class Lounge {
    sofa() {}
    @Authenticated() counter() {}
    @Roles('staff') bar() {}
    @Permissions('p') cellar() {}
    @LiveSession() till() {}
  }
  @LiveSession()
  class Live {
    any() {}
  }

  it('is worked out once for a handler in a class', () => {
    expect(rule(Plain, 'open')).toBe(rule(Plain, 'open'));
    expect(Object.isFrozen(rule(Plain, 'open'))).toBe(true);
  });

  it('takes optional from the class unless the handler says otherwise or demands something', () => {
    const optional = ['sofa', 'counter', 'bar', 'cellar'].map((name) => rule(Lounge, name).optional);
    expect(optional).toEqual([true, false, false, false]);
  });

  it('asks for a live session where handler or class do', () => {
    expect([rule(Lounge, 'till'), rule(Lounge, 'sofa'), rule(Live, 'any')].map((one) => one.liveSession)).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('is explicit where handler or class have declared anything', () => {
    @Permissions('p')
    class Narrow {
      any() {}
    }
    @AllowCredentials('api-key')
    class Machines {
      any() {}
    }
    class Loud extends Live {
      @Permissions('p') some() {}
      @AllowCredentials('api-key') keys() {}
      @Authenticated() members() {}
    }
    const explicit = (controller: new () => object, name: string) => rule(controller, name).explicit;
    expect([explicit(Lounge, 'sofa'), explicit(Open, 'door'), explicit(Narrow, 'any')]).toEqual([true, true, true]);
    expect([explicit(Machines, 'any'), explicit(Loud, 'some'), explicit(Loud, 'keys')]).toEqual([true, true, true]);
    expect([explicit(Loud, 'members'), explicit(Live, 'any')]).toEqual([true, false]);
  });

  it('inherits credentials and optional from a base class until the subclass has its own', () => {
    class Heir extends Closed {}
    @AllowCredentials('client')
    class Rebel extends Closed {}
    class Salon extends Lounge {}
    @Authenticated()
    class Club extends Lounge {}
    expect(rule(Heir, 'office').credentials).toEqual(['api-key']);
    expect(rule(Rebel, 'office')).toMatchObject({ credentials: ['client'], roles: [['staff']] });
    expect([rule(Salon, 'sofa').optional, rule(Club, 'sofa').optional]).toEqual([true, false]);
  });

  it('adds up permissions of base, class and handler', () => {
    @Permissions('base')
    class Base {
      @Permissions('own') any() {}
    }
    @Permissions('sub')
    class Sub extends Base {}
    expect(rule(Sub, 'any').permissions).toEqual(['base', 'sub', 'own']);
  });

  it('keeps a handler public that the ruled subclass itself has declared so', () => {
    @Roles('boss')
    class Strict extends Closed {
      @Public() override lobby() {}
    }
    expect(rule(Strict, 'lobby').public).toBe(true);
  });

  it('lifts an inherited @Public() at any distance', () => {
    @Authenticated()
    class Middle extends Closed {}
    class Far extends Middle {}
    expect(rule(Far, 'lobby').public).toBe(false);
    expect(rule(Middle, 'lobby').public).toBe(false);
  });

  it('takes a handler that is no method of the class by what stands on it', () => {
    class Nothing {}
    function free() {}
    Reflect.defineMetadata('authkit:public', true, free);
    expect(ruleOf(free, Nothing)).toMatchObject({ public: true, explicit: true });
  });

  it('says what to do about a contradiction, on a class too', () => {
    const told = (path: string, problem: string) =>
      expect.objectContaining({ path, problem, remedy: 'Keep one of them.' });
    @Public()
    @Permissions('p')
    class Torn {
      any() {}
    }
    @Authenticated({ optional: true })
    @Roles('a')
    class Half {
      any() {}
    }
    const optional = '@Authenticated({ optional: true }) stands beside a role or permission';
    expect(() => rule(Torn, 'any')).toThrow(told('Torn', '@Public() stands beside another rule'));
    expect(() => rule(Half, 'any')).toThrow(told('Half', optional));
  });
});

describe('a function that a constructor has put in the place of a method', () => {
  class Base {
    @Roles('admin') list() {}
    @Public() open() {}
  }
  class Sub extends Base {}
  const { list, open } = Base.prototype;

  it('has the rule of the method it is said to stand for', () => {
    const wrapper = () => list();
    standsFor(wrapper, list);
    expect(ruleOf(wrapper, Base)).toMatchObject({ roles: [['admin']], public: false });
    standsFor(open, open);
    expect(ruleOf(open, Base)).toMatchObject({ public: true });
  });

  it.each([Base, Sub])('has the method’s own rule when it is only bound, once or more (%p)', (controller) => {
    const bound = list.bind(new Base());
    expect(ruleOf(bound, controller)).toMatchObject({ roles: [['admin']], explicit: true });
    expect(ruleOf(bound.bind(null), controller)).toMatchObject({ roles: [['admin']], explicit: true });
    expect(ruleOf(open.bind(null), controller)).toMatchObject({ public: true });
  });

  it('lets nobody in when nobody can say what it is', () => {
    const replaced = (name: string) =>
      expect.objectContaining({
        path: `Base.${name}`,
        problem: expect.stringContaining('put another function in its'),
        message: expect.stringContaining('make the controller a singleton'),
      });
    function other() {}
    expect(() => ruleOf(() => list(), Base)).toThrow(replaced('(a method)'));
    expect(() => ruleOf(other, Base)).toThrow(replaced('other'));
    expect(() => ruleOf(other.bind(null), Base)).toThrow(replaced('bound other'));
    // Of the same name, and not the method.
    expect(() => ruleOf({ list: () => undefined }.list, Base)).toThrow(replaced('list'));
    // Metadata, but no rule.
    Reflect.defineMetadata('host:cached', true, other);
    expect(() => ruleOf(other, Base)).toThrow(replaced('other'));
  });

  it('has its own rule when it took the decorators over', () => {
    const wrapper = () => list();
    for (const key of Reflect.getOwnMetadataKeys(list)) {
      Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, list), wrapper);
    }
    expect(ruleOf(wrapper, Base)).toMatchObject({ roles: [['admin']], public: false });
  });
});
