import { RequestContext } from './request-context.js';

/** Where a hook of the host is asked from. */
export interface HookContext {
  /** What the client wants. */
  readonly action: 'login' | 'register' | 'change_email';
  /** The client's address; null outside of a request. */
  readonly ip: string | null;
  /** The User-Agent header, cut at 512 characters. */
  readonly userAgent: string | null;
}

/** That of the request being served. */
export function hookContext(action: HookContext['action']): HookContext {
  const context = RequestContext.current();
  return { action, ip: context?.ip ?? null, userAgent: context?.userAgent ?? null };
}
