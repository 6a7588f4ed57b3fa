import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { authKitOpenApi, RESOLVED_OPTIONS, type ResolvedOptions } from 'nest-authkit';

/** Swagger UI at /docs, the document at /docs-json. Authorize takes an e-mail and a password, or an access token. */
export function setUpSwagger(app: INestApplication): void {
  const { cookies } = app.get<ResolvedOptions>(RESOLVED_OPTIONS);
  const builder = new DocumentBuilder()
    .setTitle('Notes')
    .setDescription('A small product on nest-authkit: notes that belong to users.')
    .setVersion('1.0');
  authKitOpenApi(builder, { accessCookie: cookies.names.access });
  SwaggerModule.setup('docs', app, SwaggerModule.createDocument(app, builder.build()), { customSiteTitle: 'Notes' });
}
