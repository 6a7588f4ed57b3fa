import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { AuthKitModule, authKitOpenApi } from 'nest-authkit';
import { memoryStorage } from 'nest-authkit/testing';

/** What Swagger says of the kit's own routes, in an app with nothing else and no options. */
export async function openApiDocument(): Promise<OpenAPIObject> {
  @Module({
    imports: [AuthKitModule.forRoot({ storage: memoryStorage() })],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  try {
    return SwaggerModule.createDocument(app, authKitOpenApi(new DocumentBuilder()).build());
  } finally {
    await app.close();
  }
}
