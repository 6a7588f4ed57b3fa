import type { ServerResponse } from 'node:http';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { AuthKitError } from '../kernel/errors.js';
import { AuthCookies } from '../sessions/cookies.js';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Writes the headers that belong to an error onto a reply of either adapter. */
@Injectable()
export class ProblemWriter {
  /** Errors whose cookies are written: on the kit's own routes the guard writes first and the filter again. */
  private readonly cleared = new WeakSet<AuthKitError>();

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Optional() @Inject(AuthCookies) private readonly cookies: AuthCookies | null,
  ) {}

  writeHead(response: unknown, error: AuthKitError): void {
    const adapter = this.adapterHost.httpAdapter;
    if (adapter.getType() === 'express') typeAtTheEnd(response as ServerResponse);
    else adapter.setHeader(response, 'Content-Type', PROBLEM_TYPE);
    adapter.setHeader(response, 'Cache-Control', 'no-store');
    for (const [name, value] of Object.entries(error.headers)) adapter.setHeader(response, name, value);
    if (error.clearCookies && this.cookies && !this.cleared.has(error)) {
      this.cleared.add(error);
      for (const cookie of this.cookies.clear()) adapter.appendHeader(response, 'Set-Cookie', cookie);
    }
  }
}

/**
 * The Express adapter of Nest 11 replaces (with a warning in the log) any type of an error reply but application/json;
 * so the type is set when the head goes out, unless a filter of the host's has made it something else.
 */
function typeAtTheEnd(response: ServerResponse): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = (...args: unknown[]) => {
    const type = response.getHeader('Content-Type');
    if (type === undefined || String(type).startsWith('application/json'))
      response.setHeader('Content-Type', PROBLEM_TYPE);
    return writeHead(...args);
  };
}
