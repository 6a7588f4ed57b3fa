import {
  ConfigurableModuleBuilder,
  Module,
  UseGuards,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { AUTHENTICATORS } from './access/authenticator.js';
import { AuthKitGuard } from './access/authkit.guard.js';
import { CALL_READERS } from './access/call-reader.js';
import { GraphqlCallReader } from './access/graphql-call.reader.js';
import { GraphqlCheck } from './access/graphql-check.js';
import { GLOBAL_GUARD, GuardCheck } from './access/guard-check.js';
import { RolePolicy } from './access/role-policy.js';
import { RouteInventory } from './access/route-inventory.js';
import { ROUTE_PROVIDERS } from './access/route-report.js';
import { SessionAuthenticator } from './access/session.authenticator.js';
import { AccountService } from './account/account.service.js';
import { DataExport } from './account/data-export.js';
import { DeletionWiper } from './account/deletion-wiper.js';
import { Deletions } from './account/deletions.js';
import { EmailChanges } from './account/email-changes.js';
import { Erasures } from './account/erasures.js';
import { OneTimeTokens } from './account/one-time-tokens.js';
import { EmailPolicyGate } from './account/email-policy.js';
import { UsernameChanges } from './account/username-changes.js';
import { ACCOUNT_WIPERS, AccountWipers } from './account/account-wipers.js';
import { EmailVerification } from './account/email-verification.js';
import { PasswordResets } from './account/password-resets.js';
import { Registrations } from './account/registrations.js';
import { SecurityNotices } from './account/security-notices.js';
import { UserView } from './account/user-view.js';
import { AuthService } from './auth.service.js';
import { BootCheck } from './boot-check.js';
import { BusLink } from './bus/bus-link.js';
import { Cleanup } from './cleanup/cleanup.js';
import { DeviceWiper } from './devices/device-wiper.js';
import { DeviceTokens } from './devices/device-tokens.js';
import { DisownedLogins } from './devices/disowned-logins.js';
import { KnownDevices } from './devices/known-devices.js';
import { NewDeviceNotice } from './devices/new-device-notice.js';
import { AuthKitHealthIndicator } from './health.indicator.js';
import { HttpGate } from './http/http-gate.js';
import { OWN_CONTROLLERS, OwnRoutes } from './http/own-routes.js';
import { ProblemWriter } from './http/problem-writer.js';
import { AfterReply } from './kernel/after-reply.js';
import { Clock } from './kernel/clock.js';
import { ImportCheck } from './importing/import-check.js';
import { UserImporter } from './importing/user-importer.js';
import { AuthEvents, type AuthEventListener } from './kernel/events.js';
import { KeyRing } from './kernel/key-ring.js';
import { AuthEventExplorer } from './kernel/on-auth-event.decorator.js';
import { AttemptCounters } from './login/attempt-counters.js';
import { AttemptLimiter } from './login/attempt-limiter.js';
import { CaptchaGate } from './login/captcha-gate.js';
import { LoginService } from './login/login.service.js';
import { SECOND_FACTORS } from './login/second-factor.js';
import { MailDelivery } from './mail/mail-delivery.js';
import { MailLocales } from './mail/mail-locale.js';
import { MailRenderer } from './mail/mail-renderer.js';
import { MailboxMailer } from './mail/mailbox.mailer.js';
import { MailboxRoute } from './mail/mailbox.route.js';
import { MAILER_PROVIDER } from './mail/mailer.provider.js';
import { OutboxWorker } from './mail/outbox-worker.js';
import { Outbox } from './mail/outbox.js';
import { SealedMails } from './mail/sealed-mail.js';
import type { AuthKitOptions, AuthKitRuntimeOptions, AuthKitStaticOptions } from './options/authkit-options.js';
import { resolveOptions, type ResolvedOptions } from './options/resolve-options.js';
import { RESOLVED_OPTIONS, STATIC_OPTIONS } from './options/tokens.js';
import { pageProviders } from './pages/page-providers.js';
import { PasswordPolicy } from './passwords/password-policy.service.js';
import { PasswordService } from './passwords/password.service.js';
import { controllersOf } from './module-controllers.js';
import { storageOf } from './module-storage.js';
import { ReadinessService } from './readiness.service.js';
import { AccessTokenKeys } from './sessions/access-token-keys.js';
import { AccessTokens } from './sessions/access-token.js';
import { ChangeFeed } from './sessions/change-feed.js';
import { AuthCookies } from './sessions/cookies.js';
import { JwksRoute } from './sessions/jwks.route.js';
import { KeyInventory } from './sessions/key-inventory.js';
import { RefreshTokens } from './sessions/refresh-token.js';
import { SessionCache } from './sessions/session-cache.js';
import { SessionIssuer } from './sessions/session-issuer.js';
import { SessionService } from './sessions/session.service.js';
import { TokenPairs } from './sessions/token-pair.js';
import { TokenTransport } from './sessions/token-transport.js';
import { SessionStore } from './storage/session.store.js';
import { UserStore, type AuthUser } from './storage/user.store.js';

// Every key must be named here, or it would end up among the run-time options.
const STATIC_DEFAULTS: { [K in keyof Required<AuthKitStaticOptions>]: AuthKitStaticOptions[K] } = {
  userEntity: undefined,
  dto: undefined,
  features: undefined,
  storage: undefined,
  dataSource: undefined,
  routes: undefined,
  globalGuard: undefined,
};

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<AuthKitRuntimeOptions>()
  .setClassMethodName('forRoot')
  .setExtras<AuthKitStaticOptions>(STATIC_DEFAULTS, (definition, options) => compose(definition, options))
  .build();

/** Options of `AuthKitModule.forRootAsync()`: the static half beside a factory, class or existing provider of the rest. */
export type AuthKitAsyncOptions<U extends AuthUser = AuthUser> = ConfigurableModuleAsyncOptions<AuthKitRuntimeOptions> &
  AuthKitStaticOptions<U>;

/** Authentication and authorization for the whole app. Import it once; it is global. */
@Module({})
export class AuthKitModule extends ConfigurableModuleClass {
  static override forRoot<U extends AuthUser = AuthUser>(options: AuthKitOptions<U>): DynamicModule {
    return super.forRoot(options);
  }

  static override forRootAsync<U extends AuthUser = AuthUser>(options: AuthKitAsyncOptions<U>): DynamicModule {
    return super.forRootAsync(options);
  }
}

function compose(definition: DynamicModule, options: AuthKitStaticOptions): DynamicModule {
  const features = options.features ?? [];
  const controllers = controllersOf(options, features);
  // Without the global guard the kit's own routes must still be guarded.
  if (options.globalGuard === false) controllers.forEach((controller) => UseGuards(AuthKitGuard)(controller));
  const storage = storageOf(options);
  return {
    ...definition,
    global: true,
    imports: [...(definition.imports ?? []), ...(options.storage?.imports ?? []), DiscoveryModule, ...storage.imports],
    controllers,
    providers: [
      ...(definition.providers ?? []),
      { provide: STATIC_OPTIONS, useValue: options },
      {
        provide: RESOLVED_OPTIONS,
        inject: [MODULE_OPTIONS_TOKEN],
        useFactory: (raw: AuthKitRuntimeOptions) => resolveOptions(raw),
      },
      { provide: GLOBAL_GUARD, useValue: options.globalGuard !== false },
      { provide: OWN_CONTROLLERS, useValue: controllers },
      {
        provide: KeyRing,
        inject: [RESOLVED_OPTIONS],
        useFactory: ({ secrets }: ResolvedOptions) => new KeyRing(secrets),
      },
      ...storage.providers,
      ...[AuthService, AccountService, LoginService, SessionService, SessionIssuer, PasswordPolicy, PasswordService],
      ...[AttemptCounters, AttemptLimiter, CaptchaGate, EmailPolicyGate],
      ...[AccessTokenKeys, AccessTokens, JwksRoute, KeyInventory, RefreshTokens, TokenPairs, TokenTransport],
      ...[AuthCookies, SessionCache, ChangeFeed, BusLink],
      ...[AuthKitGuard, GuardCheck, GraphqlCheck, RolePolicy, UserView, AuthEvents, AuthEventExplorer],
      ...[HttpGate, OwnRoutes, ProblemWriter, BootCheck, ReadinessService, AuthKitHealthIndicator],
      ...[UserImporter, ImportCheck, Cleanup],
      ...[OneTimeTokens, AfterReply],
      ...[MAILER_PROVIDER, MailboxMailer, MailboxRoute, MailLocales, MailRenderer, MailDelivery, SealedMails],
      ...[Outbox, OutboxWorker],
      ...[DeviceTokens, KnownDevices, NewDeviceNotice, DisownedLogins],
      ...[AccountWipers, Registrations, EmailVerification, PasswordResets],
      ...[EmailChanges, UsernameChanges, Deletions, Erasures, DataExport],
      ...pageProviders(options),
      ...ROUTE_PROVIDERS,
      ...features.flatMap((feature) => feature.providers ?? []),
      ...collected(AUTHENTICATORS, [...features.map(({ authenticator }) => authenticator), SessionAuthenticator]),
      ...collected(CALL_READERS, [GraphqlCallReader, ...features.map(({ callReader }) => callReader)]),
      ...collected(
        SECOND_FACTORS,
        features.map(({ secondFactor }) => secondFactor),
      ),
      ...collected(ACCOUNT_WIPERS, [DeviceWiper, DeletionWiper, ...features.map(({ accountWiper }) => accountWiper)]),
      ...subscribed([SecurityNotices, ...features.map(({ listener }) => listener)]),
      ...(options.globalGuard === false ? [] : [{ provide: APP_GUARD, useExisting: AuthKitGuard }]),
    ],
    exports: [
      ...[
        AuthService,
        AuthKitGuard,
        AuthEvents,
        Clock,
        UserStore,
        SessionStore,
        RolePolicy,
        RouteInventory,
        UserView,
        UserImporter,
        ReadinessService,
        AuthKitHealthIndicator,
        KeyInventory,
        ProblemWriter,
        PasswordPolicy,
      ],
      AUTHENTICATORS,
      CALL_READERS,
      RESOLVED_OPTIONS,
      STATIC_OPTIONS,
      ...features.flatMap((feature) => feature.exports ?? []),
    ],
  };
}

/** Provides each class, and all their instances as a list under one token. */
function collected(token: symbol, classes: (Type<object> | undefined)[]): Provider[] {
  const present = classes.filter((one) => one !== undefined);
  return [...present, { provide: token, inject: present, useFactory: (...instances: object[]) => instances }];
}

const SUBSCRIPTIONS = Symbol.for('nest-authkit:subscriptions');

function subscribed(listeners: (Type<AuthEventListener> | undefined)[]): Provider[] {
  const present = listeners.filter((one) => one !== undefined);
  const useFactory = (events: AuthEvents, ...instances: AuthEventListener[]) => {
    for (const listener of instances) events.subscribe(listener);
    return instances.length;
  };
  return [...present, { provide: SUBSCRIPTIONS, inject: [AuthEvents, ...present], useFactory }];
}
