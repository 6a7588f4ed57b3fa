const NAMES = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/** Whether a host name, as URLs have it (no port, IPv6 in brackets), is this machine whoever resolves it. */
export function isLoopbackHost(hostname: string): boolean {
  return NAMES.test(hostname);
}

/** Whether a Host header, port or none, names this machine. */
export function isLoopbackAuthority(authority: string | undefined): boolean {
  return isLoopbackHost(authority?.replace(/:\d{1,5}$/, '') ?? '');
}

/** Whether a socket's peer is on this machine. */
export function isLoopbackAddress(address: string | undefined): boolean {
  return /^(?:(?:::ffff:)?127(?:\.\d{1,3}){3}|::1)$/i.test(address ?? '');
}
