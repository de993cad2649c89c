import { expect, test } from '@jest/globals';
import { localAddresses } from '../../server/lib/local-address.ts';

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['127.8.9.10', '127.0.0.1'],
  ['::1', '::1'],
  ['::ffff:127.0.0.1', '127.0.0.1'],
])('a peer at %s reaches us on %s', async (peer, ours) => {
  expect(await localAddresses()(peer)).toBe(ours);
});

test('a peer is looked up once, also when it asks twice at once', async () => {
  const localAddressTo = localAddresses();
  const first = localAddressTo('127.0.0.1');
  expect(localAddressTo('127.0.0.1')).toBe(first);
  await first;
  expect(localAddressTo('127.0.0.1')).toBe(first);
});

test('a peer to which no socket can be connected is an error, and looked up again the next time', async () => {
  const localAddressTo = localAddresses();
  // The system refuses to connect to the broadcast address (EACCES) unless a socket asks for it.
  const first = localAddressTo('255.255.255.255');
  await expect(first).rejects.toThrow(/connect E/);
  const second = localAddressTo('255.255.255.255');
  expect(second).not.toBe(first);
  await expect(second).rejects.toThrow(/connect E/);
});
