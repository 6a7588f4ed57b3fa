import type { INestApplication } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { RESOLVED_OPTIONS, type ResolvedOptions } from 'nest-authkit';
import { createDemoApp } from './create-app.js';
import type { DemoConfig, Environment } from './demo-config.js';
import { SampleMember } from './legacy/sample-member.js';
import { FirstAdmin } from './users/first-admin.js';

/** Starts the demo and tells the operator where it is; SIGTERM and SIGINT let requests under way finish, then exit 0. */
export async function startDemo(env: Environment, print: (line: string) => void): Promise<INestApplication> {
  const app = await createDemoApp(env);
  try {
    app.enableShutdownHooks([], { useProcessExit: true });
    await app.init();
    // Before anything can go wrong with the port: nobody ever sees this password again.
    const admin = await app.get(FirstAdmin).ensure();
    if (admin) {
      print('The first admin. The password is shown this once:');
      print(`  e-mail    ${admin.email}`);
      print(`  password  ${admin.password}`);
      const member = await app.get(SampleMember).make();
      print('A member of the former system (POST /auth/passport/legacy), likewise:');
      print(`  username  ${member.number}`);
      print(`  password  ${member.password}`);
    }
    const config = app.get<ConfigService<DemoConfig, true>>(ConfigService);
    await app.listen(config.get('port', { infer: true }), config.get('host', { infer: true }));
  } catch (error) {
    await app.close();
    throw error;
  }
  const { baseUrl } = app.get<ResolvedOptions>(RESOLVED_OPTIONS);
  print(`Notes    ${baseUrl}`);
  print(`Swagger  ${baseUrl}/docs`);
  return app;
}
