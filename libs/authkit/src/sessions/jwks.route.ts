import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost, type AbstractHttpAdapter } from '@nestjs/core';
import { isKnownTag } from '../http/entity-tag.js';
import { nodeRequest, type RequestLike } from '../kernel/request-context.js';
import type { AuthKitStaticOptions } from '../options/authkit-options.js';
import { STATIC_OPTIONS } from '../options/tokens.js';
import { AccessTokenKeys } from './access-token-keys.js';

/** Where the public keys are, always at the root of the app. */
const JWKS_PATH = '/.well-known/jwks.json';
/** Verifiers may keep the keys so long; a new key is to be published at least so long before it signs. */
const JWKS_MAX_AGE_SECONDS = 300;

/**
 * Publishes the ring's public halves (RFC 7517) for other services; an empty list while only secrets sign. A route of the
 * HTTP adapter itself: outside of prefix, versioning, guards and interceptors.
 */
@Injectable()
export class JwksRoute {
  private readonly body: string;
  private readonly etag: string;

  constructor(
    adapterHost: HttpAdapterHost,
    keys: AccessTokenKeys,
    @Inject(STATIC_OPTIONS) { routes }: AuthKitStaticOptions,
  ) {
    this.body = JSON.stringify({ keys: keys.publicKeys });
    this.etag = `"${createHash('sha256').update(this.body).digest('base64url').slice(0, 22)}"`;
    if (routes === false || routes?.jwks === false) return;
    adapterHost.init$.subscribe(() => this.attach(adapterHost.httpAdapter as AbstractHttpAdapter | null));
  }

  private attach(adapter: AbstractHttpAdapter | null): void {
    adapter?.get(JWKS_PATH, (request: RequestLike, response: unknown) => {
      adapter.setHeader(response, 'Cache-Control', `public, max-age=${JWKS_MAX_AGE_SECONDS}`);
      adapter.setHeader(response, 'ETag', this.etag);
      adapter.setHeader(response, 'X-Content-Type-Options', 'nosniff');
      // Public, and asked for by pages of any origin; the host's CORS does not reach this route on every adapter.
      adapter.setHeader(response, 'Access-Control-Allow-Origin', '*');
      if (isKnownTag(nodeRequest(request).headers['if-none-match'], this.etag)) {
        adapter.reply(response, undefined, 304);
        return;
      }
      adapter.setHeader(response, 'Content-Type', 'application/jwk-set+json; charset=utf-8');
      adapter.reply(response, this.body, 200);
    });
  }
}
