import { canonicalAddress, isNetwork, networkOf, TrustedProxies } from './client-address.js';

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8:0::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['127.1', null],
    ['0x7f.1', null],
    ['010.0.0.1', null],
    ['3232235777', null],
    ['unknown', null],
    ['', null],
    ['192.0.2.256', null],
  ])('%p is %p', (raw, canonical) => {
    expect(canonicalAddress(raw)).toBe(canonical);
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['@', '@'],
  ])('%p counts as %p', (raw, network) => {
    expect(networkOf(raw)).toBe(network);
  });
});

describe('trusted proxies', () => {
  const proxies = new TrustedProxies(['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '::1']);

  it.each([
    ['a stranger’s header', '198.51.100.1', '203.0.113.9', '198.51.100.1'],
    ['no header', '10.0.0.1', undefined, '10.0.0.1'],
    ['an empty header', '10.0.0.1', '', '10.0.0.1'],
    ['one hop', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['an IPv4-mapped proxy', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['what the client has written before', '10.0.0.1', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['several proxies', '::1', '6.6.6.6, 203.0.113.9, 192.0.2.7,10.9.9.9', '203.0.113.9'],
    ['an untrusted proxy between', '10.0.0.1', '203.0.113.9, 198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['trusted addresses only', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['a port', '10.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
    ['brackets and a port', '10.0.0.1', '[2001:DB8::1]:4711', '2001:db8::1'],
    ['IPv6', 'fd12::1', '2001:db8:0:0::1', '2001:db8::1'],
    ['a mapped client', '10.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
    ['what is no address', '10.0.0.1', '203.0.113.9, unknown', '10.0.0.1'],
    ['what is no address behind a proxy', '10.0.0.1', '203.0.113.9, _hidden, 10.0.0.2', '10.0.0.2'],
  ])('with %s give the client', (_what, peer, header, client) => {
    expect(proxies.clientAddress(peer, header)).toBe(client);
  });

  it('know nobody without a peer, and leave a peer that is no address as it is', () => {
    expect(proxies.clientAddress(undefined, '203.0.113.9')).toBeNull();
    expect(proxies.clientAddress('@socket', '203.0.113.9')).toBe('@socket');
  });

  it('believe nothing when there are none', () => {
    expect(new TrustedProxies([]).clientAddress('127.0.0.1', '203.0.113.9')).toBe('127.0.0.1');
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    'fd00::/129',
    'x',
    '',
    '10.0.0.0/',
    '10/8',
    '::ffff:10.0.0.0/104',
  ])('%p is no network', (text) => {
    expect(isNetwork(text)).toBe(false);
    expect(() => new TrustedProxies([text])).toThrow(TypeError);
  });
});
