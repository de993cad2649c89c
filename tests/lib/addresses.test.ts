import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from '@jest/globals';
import { defaultAddress, hasIpv6 } from '../../server/lib/addresses.ts';

const address = (text: string, internal = false): NetworkInterfaceInfo => {
  const common = { address: text, netmask: '', mac: '', internal, cidr: null };
  return text.includes(':') ? { ...common, family: 'IPv6', scopeid: 0 } : { ...common, family: 'IPv4' };
};
const lo = [address('127.0.0.1', true), address('::1', true)];

test.each([
  [{ lo, eth0: [address('192.0.2.7'), address('2001:db8::7')] }, '192.0.2.7'],
  [{ lo, docker0: [address('172.17.0.1')], eth0: [address('10.0.0.7')] }, '10.0.0.7'],
  [{ lo, eth0: [address('10.0.0.7')], eth1: [address('10.0.1.7')] }, '10.0.0.7'],
  [{ lo, docker0: [address('172.17.0.1')], eth0: [address('2001:db8::7')] }, '2001:db8::7'],
  [{ lo, eth0: [address('fe80::7'), address('169.254.1.2')], 'br-1': [address('172.18.0.1')] }, '172.18.0.1'],
  [{ lo, eth0: [address('fe80::7')] }, '127.0.0.1'],
  [{ lo }, '127.0.0.1'],
  [{}, '127.0.0.1'],
])('of %j phones are told the address they most likely reach', (interfaces, told) => {
  expect(defaultAddress(interfaces)).toBe(told);
});

test('a host has IPv6 if only on loopback', () => {
  expect(hasIpv6({ lo })).toBe(true);
  expect(hasIpv6({ lo: [address('127.0.0.1', true)], eth0: [address('10.0.0.7')] })).toBe(false);
});
