import { expect, test } from '@jest/globals';
import { clientAddress } from '../../server/lib/forwarded.ts';
import { parseIp } from '../../server/lib/ip.ts';
import { fc } from '../support/fuzz.ts';

const PROXY = parseIp('192.168.1.1');
if (PROXY === undefined) throw new Error('192.168.1.1 is an address');

test.each([
  ['no proxy is trusted', '10.0.0.9', 0, '192.168.1.1'],
  ['the request came past the proxies', undefined, 1, '192.168.1.1'],
  ['the header is empty', ' ', 1, '192.168.1.1'],
  ['one proxy', '10.0.0.9', 1, '10.0.0.9'],
  ['one proxy and a claim of the phone', '1.1.1.1, 10.0.0.9', 1, '10.0.0.9'],
  ['a claim that is garbage', 'unknown, 10.0.0.9', 1, '10.0.0.9'],
  ['two proxies', '1.1.1.1, 10.0.0.9, 172.16.0.1', 2, '10.0.0.9'],
  ['fewer entries than proxies', '10.0.0.9', 3, '10.0.0.9'],
  ['several header lines', ['1.1.1.1', '10.0.0.9,172.16.0.1'], 2, '10.0.0.9'],
  ['a port', '10.0.0.9:40000', 1, '10.0.0.9'],
  ['IPv6', '2001:DB8:0:0::1', 1, '2001:db8::1'],
  ['brackets', '[2001:db8::1]', 1, '2001:db8::1'],
  ['brackets and a port', '[2001:db8::1]:40000', 1, '2001:db8::1'],
  ['IPv4 in IPv6', '::ffff:10.0.0.9', 1, '10.0.0.9'],
  ['no space', '1.1.1.1,10.0.0.9', 1, '10.0.0.9'],
])('who is the phone: %s', (_, header, trusted, ip) => {
  expect(clientAddress(PROXY, header, trusted)).toBe(ip);
});

test.each([
  'unknown',
  '10.0.0',
  '10.0.0.9,',
  ', ',
  '10.0.0.9:port',
  '10.0.0.9:123456',
  '[2001:db8::1',
  '10.0.0.9 evil',
  '"10.0.0.9"',
  '_hidden',
])('the entry of our proxy is no address: %p', (header) => {
  expect(clientAddress(PROXY, header, 1)).toBeUndefined();
});

test('whatever is sent, the outcome is an address or nothing', () => {
  const entry = fc.oneof(
    fc.string(),
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV6().map((ip) => `[${ip}]:80`),
  );
  fc.assert(
    fc.property(fc.array(entry), fc.integer({ min: 0, max: 4 }), (entries, trusted) => {
      const ip = clientAddress(PROXY, entries.join(','), trusted);
      expect(ip === undefined || parseIp(ip) === ip).toBe(true);
    }),
  );
});
