import { expect, test } from '@jest/globals';
import type { Mac } from '../../server/lib/mac.ts';
import { type Fleet, type Kind, macsIn, makeFleet } from '../../server/simulate/fleet.ts';
import { testPackage } from '../support/packages.ts';

function kind(id: string, macPrefixes?: string[]): Kind {
  const [plugin] = testPackage(id, { ...(macPrefixes && { macPrefixes }) }).plugins;
  const [row] = plugin?.models.values() ?? [];
  if (!plugin || !row) throw new Error('there is no model');
  return { plugin, row };
}

const acme = kind('acme', ['00:15:65']);
const narrow = kind('narrow', ['70:b3:d5:12:3', '00:50:c2:ab:cd']);
const nameless = kind('nameless');

function fleet(kinds: readonly Kind[], size: number, seed = '1'): Fleet {
  const made = makeFleet(kinds, size, seed);
  if (typeof made === 'string') throw new Error(made);
  return made;
}

const phones = (of: Fleet) => Array.from({ length: of.size }, (_, index) => of.phone(index));

test('ten thousand phones have the vendor’s prefix, and no two have one address or account', () => {
  const all = phones(fleet([acme], 10_000));
  for (const fact of ['mac', 'serial', 'uuid', 'account', 'loopback'] as const) {
    expect(new Set(all.map((phone) => phone[fact])).size).toBe(10_000);
  }
  expect(all.every(({ mac }) => /^00:15:65(?::[\da-f]{2}){3}$/.test(mac))).toBe(true);
  expect(all.every(({ loopback }) => /^127\.(?!0\.)\d+\.\d+\.\d+$/.test(loopback))).toBe(true);
});

test('the same models and seed are the same phones, and a larger fleet begins with a smaller one', () => {
  expect(phones(fleet([acme], 5))).toEqual(phones(fleet([acme], 50)).slice(0, 5));
});

test.each([
  ['another seed', fleet([acme], 100, '2')],
  ['other models', fleet([acme, nameless], 100)],
])('%s makes other phones at other addresses', (_, other) => {
  const known = phones(fleet([acme], 100)).flatMap(({ mac, loopback }) => [mac, loopback as string]);
  expect(phones(other).filter(({ mac, loopback }) => known.includes(mac) || known.includes(loopback))).toEqual([]);
});

test('models take turns, each with the shortest prefix of its vendor or one that is nobody’s', () => {
  const all = phones(fleet([acme, narrow, nameless], 6));
  expect(all.map((phone) => phone.kind.plugin.id)).toEqual([
    'acme-1',
    'narrow-1',
    'nameless-1',
    'acme-1',
    'narrow-1',
    'nameless-1',
  ]);
  expect(all.map(({ mac }) => mac.slice(0, 13))).toEqual([
    all[0]?.mac.slice(0, 13),
    '70:b3:d5:12:3'.slice(0, 12) + all[1]?.mac[12],
    all[2]?.mac.slice(0, 13),
    all[3]?.mac.slice(0, 13),
    '70:b3:d5:12:3'.slice(0, 12) + all[4]?.mac[12],
    all[5]?.mac.slice(0, 13),
  ]);
  expect(all[2]?.mac.startsWith('02:6f:66')).toBe(true);
});

test('a prefix with too little room is told', () => {
  expect(makeFleet([kind('tiny', ['70:b3:d5:12:34:5'])], 17, '1')).toBe(
    'The prefix 70b3d512345 of M1 has addresses for 16 phones only',
  );
});

test('a phone of the fleet is found by its address, a stranger is not', () => {
  const mixed = fleet([acme, nameless], 1_000);
  for (const index of [0, 1, 2, 999]) expect(mixed.withMac(mixed.phone(index).mac)).toBe(index);
  const after = fleet([acme, nameless], 2_000).phone(1_000).mac;
  expect(mixed.withMac(after)).toBeUndefined();
  expect(mixed.withMac('00:0f:d3:00:00:01' as Mac)).toBeUndefined();
  // The address that the next model's phone would have under this prefix.
  const swapped = `00:15:65${mixed.phone(1).mac.slice(8)}` as Mac;
  expect(mixed.withMac(swapped)).toBeUndefined();
});

test('addresses are found in a text in every spelling, and not within longer numbers', () => {
  const text =
    'a=0015655E167C b=00-15-65-5e-16-7d "00:15:65:5e:16:7e" 0015655e167c0 deadbeef0015655e167c 000000000000 0015655e167c';
  expect(macsIn(text)).toEqual(['00:15:65:5e:16:7c', '00:15:65:5e:16:7d', '00:15:65:5e:16:7e']);
});
