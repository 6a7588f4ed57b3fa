import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An IP address in its one canonical form (RFC 5952), an IPv4-mapped one as IPv4; null for anything else. */
export function canonicalAddress(raw: string): string | null {
  return parsed(raw)?.toString() ?? null;
}

/**
 * What an address is counted by: an IPv4 address itself, of IPv6 the /64, which is what one customer gets (RFC 6177).
 * Anything else is counted by its text.
 */
export function networkOf(raw: string): string {
  const address = parsed(raw);
  if (!address) return raw;
  if (!isV6(address)) return address.toString();
  const network = [...address.parts.slice(0, 4), 0, 0, 0, 0];
  return `${new ipaddr.IPv6(network).toString()}/64`;
}

/** The proxies whose X-Forwarded-For is believed. */
export class TrustedProxies {
  private readonly ranges: readonly [Address, number][];

  /** Throws for what is no network in CIDR notation or address. */
  constructor(ranges: readonly string[]) {
    this.ranges = ranges.map(rangeOf);
  }

  /**
   * The client's address: of the peer and what X-Forwarded-For says, walked from right to left, the first that is no
   * trusted proxy. What stands further left, anybody may have written. An entry that is no address ends the walk.
   *
   * @param forwardedFor the header, all its lines joined
   */
  clientAddress(peer: string | undefined, forwardedFor: string | undefined): string | null {
    if (peer === undefined) return null;
    let client = parsed(peer);
    if (!client) return peer;
    const hops = forwardedFor?.split(',') ?? [];
    while (hops.length > 0 && this.trusts(client)) {
      const next = parsed(withoutPort(hops.pop()!.trim()));
      if (!next) break;
      client = next;
    }
    return client.toString();
  }

  private trusts(address: Address): boolean {
    return this.ranges.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
  }
}

/** Whether a text is a network such as `10.0.0.0/8`, or one address. */
export function isNetwork(text: string): boolean {
  try {
    rangeOf(text);
    return true;
  } catch {
    return false;
  }
}

function rangeOf(text: string): [Address, number] {
  const [raw, bits, ...rest] = text.split('/');
  const address = parsed(raw);
  const max = address?.kind() === 'ipv4' ? 32 : 128;
  if (!address || rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits)) || Number(bits ?? 0) > max) {
    throw new TypeError(`${text} is no network`);
  }
  // As an IPv4-mapped network it would be read as one of IPv4, with a length that means something else.
  if (bits !== undefined && max === 32 && raw.includes(':')) throw new TypeError(`${text} is no network`);
  return [address, bits === undefined ? max : Number(bits)];
}

/** Only the usual forms: inet_aton's (`127.1`, octal, hexadecimal) are no addresses in a header. */
function parsed(raw: string): Address | null {
  const text = raw.replace(/%.*$/s, '');
  if (text.includes(':') ? !ipaddr.IPv6.isValid(text) : !ipaddr.IPv4.isValidFourPartDecimal(text)) return null;
  return ipaddr.process(text);
}

/** Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(text: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}

function isV6(address: Address): address is ipaddr.IPv6 {
  return address.kind() === 'ipv6';
}
