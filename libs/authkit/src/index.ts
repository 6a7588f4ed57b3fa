export { AuthKitModule, type AuthKitAsyncOptions } from './authkit.module.js';
export { AuthService, type SignIn } from './auth.service.js';
export type { EmailProof } from './account/email-verification.js';
export { AuthKitHealthIndicator, type AuthKitHealth } from './health.indicator.js';
export { ReadinessService } from './readiness.service.js';

export type { AccessTokenKey } from './options/access-token-key.js';
export type { CaptchaOptions, EmailPolicy, RateLimit, RateLimits } from './options/abuse-options.js';
export type {
  AuthKitOptions,
  AuthKitRuntimeOptions,
  AuthKitStaticOptions,
  RoleDefinition,
} from './options/authkit-options.js';
export { optionsFromEnv } from './options/options-from-env.js';
export { resolveOptions, type ResolvedOptions } from './options/resolve-options.js';
export { RESOLVED_OPTIONS, STATIC_OPTIONS } from './options/tokens.js';

export { ProblemFilter } from './http/problem.filter.js';
export { AuthKitGuard } from './access/authkit.guard.js';
export { Authenticator, type Authentication } from './access/authenticator.js';
export {
  AllowCredentials,
  Authenticated,
  CurrentPrincipal,
  CurrentUser,
  Permissions,
  Public,
  RequireFresh,
  Roles,
  VerifiedEmail,
} from './access/decorators.js';
export { ApiProblem, authKitOpenApi, ProblemDto, type AuthKitOpenApiOptions } from './access/openapi.js';
export { Grants, RolePolicy } from './access/role-policy.js';
export type { RouteEntry, RouteNote } from './access/route-entry.js';
export { RouteInventory } from './access/route-inventory.js';
export { ruleOf, type RouteRule } from './access/route-rule.js';

export { RevocationBus, type BusLine } from './bus/revocation-bus.js';
export { postgresBus, type PostgresBusOptions } from './storage/typeorm/postgres.bus.js';

export { AuthUserDto, RegisterDto } from './account/account.dto.js';
export { AccountWiper, assertProven, type WipeCause } from './account/account-wipers.js';
export type { Registration, RegistrationGrants } from './account/registrations.js';
export { canonicalEmail } from './account/email-address.js';
export { canonicalUsername } from './account/username.js';
export { UserView } from './account/user-view.js';

export type { AuthKitFeature } from './features/feature.js';
export type { ImportProblem, ImportReport, ImportUser } from './importing/import-user.js';
export { jsonLines, SourceRow } from './importing/json-lines.js';
export { UserImporter, type ImportOptions } from './importing/user-importer.js';
export { KnownDevice } from './login/known-device.js';
export { SecondFactor } from './login/second-factor.js';

export { Clock, SystemClock } from './kernel/clock.js';
export type { CredentialTransport } from './kernel/credential-transport.js';
export type { Duration } from './kernel/duration.js';
export {
  AuthKitConfigError,
  AuthKitError,
  PROBLEMS,
  type AuthKitErrorOptions,
  type FieldProblem,
  type Problem,
  type ProblemCode,
} from './kernel/errors.js';
export {
  AuthEvents,
  type AnyAuthEvent,
  type AuthEvent,
  type AuthEventDetails,
  type AuthEventListener,
  type AuthEventType,
  type EventDevice,
  type MailFailure,
  type EventParties,
  type RevocationReason,
} from './kernel/events.js';
export type { HookContext } from './kernel/hook-context.js';
export { OnAuthEvent } from './kernel/on-auth-event.decorator.js';
export type { MaybePromise } from './kernel/maybe-promise.js';
export type { Principal, PrincipalKind } from './kernel/principal.js';
export { RequestContext } from './kernel/request-context.js';

export { AuthPages } from './pages/auth-pages.js';
export { PageFrame, type PageView } from './pages/page-frame.js';
export { Html, html, type HtmlValue } from './pages/html.js';
export type { PageMessages } from './pages/messages/en.js';
export type { PageLanguage } from './pages/page-language.js';
export type { PageName } from './pages/page-names.js';
export { field, form, link, outcome, type Field, type Form } from './pages/page-parts.js';
export { PageRenderer } from './pages/page-renderer.js';
export { BreachCheck } from './passwords/breach-check.js';
export { hibpRangeCheck, type HibpRangeCheckOptions } from './passwords/hibp-range-check.js';
export { PasswordPolicy, type PasswordOwner } from './passwords/password-policy.service.js';
export type { PepperKey } from './passwords/pepper.js';
export type { MailMessages, MailOrigin, MailTemplate } from './mail/mail-messages.js';
export type { MailTemplates, OwnMailContext } from './mail/mail-templates.js';
export type { SmtpOptions } from './mail/mail-transport.js';
export { Mailer, MailRejectedError, type OutgoingMail } from './mail/mailer.js';
export { escapeHtml, type RenderedMail } from './mail/templates/layout.js';
export type { MailContext } from './mail/templates/mail-text.js';

export { bcrypt } from './passwords/bcrypt.hasher.js';
export { firebaseHash, type FirebaseParameters } from './passwords/firebase.scheme.js';
export { deviseHash, importedHashes, type ImportedHashesOptions } from './passwords/imported.hasher.js';
export { PasswordHasher, type HashJob, type RunHashJob } from './passwords/password-hasher.js';

export type { SigningAlgorithm } from './kernel/signing-key.js';

export type { AccessClaims } from './sessions/access-token.js';
export { KeyInventory, type KeyReport } from './sessions/key-inventory.js';
export type { TokenPair } from './sessions/token-pair.js';

export {
  OneTimeTokenStore,
  type LinkPurpose,
  type OneTimePurpose,
  type OneTimeTokenRecord,
} from './storage/one-time-token.store.js';
export { OutboxStore, type ClaimedMail, type OutboxMail } from './storage/outbox.store.js';
export { AttemptStore, type AttemptCount } from './storage/attempt.store.js';
export { DeletionStore, type DeletionRecord } from './storage/deletion.store.js';
export { UserStateStore } from './storage/user-state.store.js';
export { DeviceStore, type DeviceRecord, type DeviceSighting } from './storage/device.store.js';
export { SessionStore, type SessionRecord, type SessionWithUser } from './storage/session.store.js';
export {
  UserConflictError,
  UserStore,
  type AuthUser,
  type Change,
  type CreateOutcome,
  type EmailChange,
  type GuardedChange,
  type KnownUser,
  type LoginIdentifier,
  type NewUser,
  type OptionalUserMethod,
  type PasswordChange,
  type UserCondition,
  type UserRecord,
} from './storage/user.store.js';
export { AuthUserBase, withAuthUser, type AuthUserColumnNames } from './storage/typeorm/auth-user.base.js';
export { authKitEntities } from './storage/typeorm/entities.js';
export { authKitMigrations, type AuthKitMigrationsOptions } from './storage/typeorm/migrations/authkit-migrations.js';
export type { MigrationClass } from './storage/typeorm/migrations/migration-class.js';
