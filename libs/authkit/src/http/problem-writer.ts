import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { AuthKitError } from '../kernel/errors.js';
import { AuthCookies } from '../sessions/cookies.js';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Writes the headers that belong to an error onto a reply of either adapter. */
@Injectable()
export class ProblemWriter {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly cookies: AuthCookies,
  ) {}

  writeHead(response: unknown, error: AuthKitError): void {
    const adapter = this.adapterHost.httpAdapter;
    adapter.setHeader(response, 'Content-Type', PROBLEM_TYPE);
    adapter.setHeader(response, 'Cache-Control', 'no-store');
    for (const [name, value] of Object.entries(error.headers)) adapter.setHeader(response, name, value);
    if (error.clearCookies) {
      for (const cookie of this.cookies.clear()) adapter.appendHeader(response, 'Set-Cookie', cookie);
    }
  }
}
