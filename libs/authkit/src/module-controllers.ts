import type { Type } from '@nestjs/common';
import type { AuthKitFeature } from './features/feature.js';
import { accountController } from './account/account.controller.js';
import { AuthUserDto, NoProfileDto, RegisterDto } from './account/account.dto.js';
import { accountLifecycleController } from './account/account-lifecycle.controller.js';
import { emailChangeController } from './account/email-change.controller.js';
import { emailController } from './account/email.controller.js';
import { passwordController } from './account/password.controller.js';
import { devicesController } from './devices/devices.controller.js';
import { loginController } from './login/login.controller.js';
import { stepUpController } from './login/step-up.controller.js';
import { tokenController } from './login/token.controller.js';
import { pagesController } from './pages/pages.controller.js';
import { sessionsController } from './sessions/sessions.controller.js';
import type { AuthKitStaticOptions } from './options/authkit-options.js';

/** The kit's controllers and those of its features, each below its path. */
export function controllersOf(
  { routes = {}, dto = {} }: AuthKitStaticOptions,
  features: readonly AuthKitFeature[],
): Type<object>[] {
  if (routes === false) return [];
  const path = routes.prefix ?? 'auth';
  const user = dto.user ?? AuthUserDto;
  const core = [
    loginController(path, user),
    tokenController(path),
    stepUpController(path),
    accountController(path, { register: dto.register ?? RegisterDto, profile: dto.profile ?? NoProfileDto, user }),
    passwordController(path),
    emailController(path),
    sessionsController(path),
    devicesController(path),
    emailChangeController(path),
    accountLifecycleController(path, user),
    ...(routes.pages === false ? [] : [pagesController(path)]),
  ];
  return features.reduce((all, feature) => {
    const at = routes.features?.[feature.name] ?? feature.defaultPath ?? feature.name;
    return at === false ? all : [...all, ...(feature.controllers?.(at) ?? [])];
  }, core);
}
