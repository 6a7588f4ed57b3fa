import {
  ClassSerializerInterceptor,
  ValidationPipe,
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { map } from 'rxjs';
import { expectProblem, fieldsOf } from '../support/attack.js';
import { createTestApp, describeOn, PASSWORD, type Adapter, type SignedUp, type TestApp } from '../support/test-app.js';

class Envelope implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

const bodies = (app: INestApplication, adapter: Adapter) =>
  adapter === 'express'
    ? (app as NestExpressApplication).useBodyParser('json', { limit: '2mb' })
    : (app as NestFastifyApplication).useBodyParser('application/json', { bodyLimit: 2_000_000 });

describeOn('beside a host with pipes, interceptors and body parsers of its own', {}, (place) => {
  let t: TestApp;
  let ada: SignedUp;
  beforeAll(async () => {
    t = await createTestApp({
      ...place,
      configure: (app) => {
        bodies(app, place.adapter);
        app.useGlobalPipes(
          new ValidationPipe({
            whitelist: true,
            forbidNonWhitelisted: true,
            transform: true,
            validateCustomDecorators: true,
          }),
        );
        app.useGlobalInterceptors(new Envelope(), new ClassSerializerInterceptor(app.get(Reflector)));
      },
    });
    ada = await t.signUp('ada@example.com');
  });
  afterAll(() => t.close());

  it('HOST-02 every route of the kit works, and the host wraps its reply', async () => {
    const registered = await t.client.post('/auth/register', {
      email: 'eve@example.com',
      password: PASSWORD,
      fullName: 'Eve',
    });
    expect(registered.status).toBe(201);
    expect(registered.body.data.user).toMatchObject({ email: 'eve@example.com', fullName: 'Eve', roles: ['user'] });
    const login = await t.client.post('/auth/login', { identifier: 'eve@example.com', password: PASSWORD });
    expect(login.status).toBe(200);
    const token = login.body.data.access_token as string;
    expect((await t.client.get('/auth/me', { token })).body.data.user.email).toBe('eve@example.com');
    expect((await t.client.patch('/auth/me', { fullName: 'E' }, { token })).body.data.user.fullName).toBe('E');
    expect((await t.client.get('/auth/sessions', { token })).body.data.items).toHaveLength(1);
    const change = { currentPassword: PASSWORD, newPassword: 'another phrase of eve' };
    const changed = await t.client.post('/auth/password/change', change, { token });
    expect({ status: changed.status, text: changed.text }).toEqual({ status: 204, text: '' });
    expect((await t.client.post('/auth/refresh', { refreshToken: login.body.data.refresh_token })).status).toBe(200);
    expect((await t.client.delete('/auth/sessions', { token })).status).toBe(204);
    const logout = await t.client.post('/auth/logout', undefined, { token });
    expect({ status: logout.status, text: logout.text }).toEqual({ status: 204, text: '' });
  });

  it('HOST-02 the OAuth reply keeps the shape that clients expect', async () => {
    const granted = await t.client.form('/auth/token', {
      grant_type: 'password',
      username: 'ada@example.com',
      password: PASSWORD,
    });
    expect(granted.status).toBe(200);
    expect(granted.body).toMatchObject({
      access_token: expect.any(String),
      token_type: 'Bearer',
      refresh_token: expect.any(String),
    });
    const refused = await t.client.form('/auth/token', {
      grant_type: 'password',
      username: 'ada@example.com',
      password: 'x',
    });
    expect(refused.status).toBe(400);
    expect(Object.keys(refused.body)).toEqual(['error', 'error_description', 'code', 'requestId']);
  });

  it('HOST-02 a refusal of the kit is its problem, not the words of a pipe', async () => {
    const reply = await t.client.post('/auth/register', { email: 1, password: PASSWORD, extra: true });
    expectProblem(reply, 422, 'validation_failed');
    expect(fieldsOf(reply).sort()).toEqual(['email', 'extra']);
    expectProblem(await t.client.get('/probe/admin', { token: ada.accessToken }), 403, 'insufficient_scope');
    expectProblem(await t.client.get('/probe/admin'), 401, 'authentication_required');
  });

  it('HOST-03 the host takes as large a body as it likes', async () => {
    const text = 'x'.repeat(1_000_000);
    const reply = await t.client.post('/probe/open-echo', { text });
    expect(reply.status).toBe(201);
    expect(reply.body.data.body.text).toHaveLength(text.length);
    expect((await t.client.post('/probe/open-echo', { text: text.repeat(3) })).status).toBe(413);
  });

  it('HOST-03 malformed JSON on a route of the host is an error of the host', async () => {
    const reply = await t.client.post('/probe/open-echo', '{', { headers: { 'content-type': 'application/json' } });
    expect(reply.status).toBe(400);
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    expect(reply.body.code).not.toBe('malformed_body');
    expect(reply.body).not.toHaveProperty('requestId');
  });

  it('HOST-03 a form on a route of the host is parsed by the host', async () => {
    const reply = await t.client.form('/probe/open-echo', { a: '1' });
    expect(reply.status).toBe(201);
    expect(reply.text).toContain('"a":"1"');
  });

  it('HOST-03 routes of the host keep their methods and get no headers of the kit', async () => {
    const reply = await t.client.get('/probe/public');
    expect(reply.status).toBe(200);
    expect(reply.headers).not.toHaveProperty('cache-control');
    expect(reply.headers).not.toHaveProperty('x-content-type-options');
    expect((await t.client.call('PUT', '/probe/public')).status).toBe(404);
    expect((await t.client.get('/authors')).status).toBe(404);
    expect((await t.client.get('/auth/of/the/host')).headers).not.toHaveProperty('cache-control');
  });

  it('HOST-04 a malformed body on GET is ignored, or refused in the words of the kit', async () => {
    const options = { token: ada.accessToken, body: '{', headers: { 'content-type': 'application/json' } };
    const reply = await t.client.call('GET', '/auth/me', options);
    if (reply.status === 200) expect(reply.text).toContain('ada@example.com');
    else expectProblem(reply, 400);
  });
});
