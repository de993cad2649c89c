import { expect, test } from '@jest/globals';
import type { Ip, Network } from '../../server/lib/ip.ts';
import { contains, formatHostPort, parseIp, parseNetwork } from '../../server/lib/ip.ts';
import { fc } from '../support/fuzz.ts';

function ipOf(text: string): Ip {
  const ip = parseIp(text);
  if (ip === undefined) throw new Error(`${text} is no address`);
  return ip;
}

function networkOf(text: string): Network {
  const network = parseNetwork(text);
  if (!network) throw new Error(`${text} is no network`);
  return network;
}

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::FFFF:0a00:0001', '10.0.0.1'],
  ['0:0:0:0:0:ffff:10.0.0.1', '10.0.0.1'],
  ['::ffff:0.0.0.0', '0.0.0.0'],
  ['fe80::1%eth0', 'fe80::1'],
  ['fe80::0001%2', 'fe80::1'],
  ['::ffff:10.0.0.1%eth0', '10.0.0.1'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['::', '::'],
  // Deprecated IPv4-compatible and translated addresses are not mapped ones.
  ['::10.0.0.1', '::10.0.0.1'],
  ['::ffff:0:10.0.0.1', '::ffff:0:a00:1'],
  ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
])('%s is the address %s', (text, ip) => {
  expect(parseIp(text)).toBe(ip);
});

test.each([
  '',
  '010.0.0.1',
  '1.2.3',
  '1',
  '0x7f.0.0.1',
  '0x7f000001',
  '2130706433',
  '256.0.0.1',
  '10.0.0.1.',
  ' 10.0.0.1',
  '10.0.0.1\n',
  '10.0.0.1:80',
  '10.0.0.1%eth0',
  '::ffff:010.0.0.1',
  '[::1]',
  'fe80::1%',
  ':::',
  '1::2::3',
  '12345::',
  'localhost',
])('%j is no address', (text) => {
  expect(parseIp(text)).toBeUndefined();
});

test('every spelling of an address becomes the same text, which is its own spelling', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const ip = ipOf(text);
      expect(parseIp(ip)).toBe(ip);
      expect(parseIp(text.toUpperCase())).toBe(ip);
      // The same address, says the URL parser; an IPv4 address in IPv6 clothes is in the table above.
      if (ip.includes(':')) expect(new URL(`http://[${ip}]`).hostname).toBe(new URL(`http://[${text}]`).hostname);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['192.168.1.5/24', '192.168.1.200', true],
  ['10.0.0.1', '10.0.0.1', true],
  ['10.0.0.1', '10.0.0.2', false],
  ['10.0.0.1/32', '10.0.0.1', true],
  ['::ffff:10.0.0.1', '10.0.0.1', true],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['::/0', '2001:db8::1', true],
  ['::/0', '10.0.0.1', false],
  ['fd00::/8', 'fd12:3456::1', true],
  ['fd00::/8', 'fc00::1', false],
  ['2001:db8::/33', '2001:db8:7fff::1', true],
  ['2001:db8::/33', '2001:db8:8000::1', false],
  ['2001:db8::1', '2001:db8::1', true],
  ['any', '203.0.113.9', true],
  ['any', '2001:db8::1', true],
  ['loopback', '127.1.2.3', true],
  ['loopback', '::1', true],
  ['loopback', '::ffff:127.0.0.1', true],
  ['loopback', '::2', false],
  ['loopback', '128.0.0.1', false],
  ['link-local', '169.254.7.7', true],
  ['link-local', 'fe80::1%eth0', true],
  ['link-local', 'febf::1', true],
  ['link-local', 'fec0::1', false],
  ['private', '10.1.2.3', true],
  ['private', '172.16.0.1', true],
  ['private', '172.31.255.255', true],
  ['private', '172.32.0.1', false],
  ['private', '192.168.0.1', true],
  ['private', '192.169.0.1', false],
  ['private', 'fc00::1', true],
  ['private', 'fdff::1', true],
  ['private', 'fe00::1', false],
  ['private', '127.0.0.1', false],
  ['private', '8.8.8.8', false],
  // Behind a carrier's NAT these are the neighbours.
  ['private', '100.64.0.1', false],
])('the network %s contains %s: %p', (network, ip, held) => {
  expect(contains([networkOf(network)], ipOf(ip))).toBe(held);
});

test('an address belongs to several networks when it belongs to one of them, and to none of none', () => {
  const networks = ['loopback', '10.0.0.0/8', 'fd00::/8'].map(networkOf);
  expect(contains(networks, ipOf('10.0.0.1'))).toBe(true);
  expect(contains(networks, ipOf('fd00::1'))).toBe(true);
  expect(contains(networks, ipOf('192.168.0.1'))).toBe(false);
  expect(contains([], ipOf('127.0.0.1'))).toBe(false);
});

test('an address is in a network exactly when the bits of the prefix are the same', () => {
  const bytes = fc.array(fc.constantFrom(0, 1, 127, 128, 254, 255), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(bytes, bytes, fc.integer({ min: 0, max: 32 }), (network, address, length) => {
      const bits = (four: number[]) =>
        four
          .map((byte) => byte.toString(2).padStart(8, '0'))
          .join('')
          .slice(0, length);
      const held = contains([networkOf(`${network.join('.')}/${length}`)], ipOf(address.join('.')));
      expect(held).toBe(bits(network) === bits(address));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  '',
  'everything',
  'Private',
  'constructor',
  '10.0.0.0/',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/08',
  '10.0.0.0/8/8',
  '10.0.0.0/255.0.0.0',
  '10.0.0/8',
  '010.0.0.0/8',
  'fd00::/129',
  '/8',
  '::ffff:10.0.0.0/8',
  '::ffff:10.0.0.0/104',
  'fe80::1%eth0/64',
  ' private',
])('%j is no network', (text) => {
  expect(parseNetwork(text)).toBeUndefined();
});

test('a network knows how it was written', () => {
  expect(networkOf('192.168.1.5/24').text).toBe('192.168.1.5/24');
  expect(networkOf('private').text).toBe('private');
});

test('a port stands after an IPv4 address, and after the brackets of an IPv6 address', () => {
  expect(formatHostPort(ipOf('10.0.0.1'), 8667)).toBe('10.0.0.1:8667');
  expect(formatHostPort(ipOf('::ffff:10.0.0.1'), 8667)).toBe('10.0.0.1:8667');
  expect(formatHostPort(ipOf('2001:DB8::1'), 80)).toBe('[2001:db8::1]:80');
});
