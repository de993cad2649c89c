import { expect, test } from '@jest/globals';
import type { Subnet } from '../../server/leases/model.ts';
import { checkSubnets } from '../../server/leases/validator.ts';
import { macOf, subnetOf } from './stage.ts';

test.each<[string, readonly Subnet[]]>([
  ['all addresses of a network but the first and the last', [subnetOf('10.0.0.0/30', ['10.0.0.1-10.0.0.2'])]],
  ['both addresses of a /31, which has no others', [subnetOf('10.0.0.0/31', ['10.0.0.0-10.0.0.1'])]],
  ['the address of a /32', [subnetOf('10.0.0.7/32', [], { [macOf(1)]: '10.0.0.7' })]],
  [
    'pools and subnets in any order',
    [subnetOf('10.0.1.0/24', ['10.0.1.20-10.0.1.29', '10.0.1.10-10.0.1.19']), subnetOf('10.0.0.0/24', [])],
  ],
])('clients can have %s', (_, subnets) => {
  expect(() => checkSubnets(subnets)).not.toThrow();
});

test.each<[string, readonly Subnet[]]>([
  ['a pool with the address of the network itself', [subnetOf('10.0.0.0/24', ['10.0.0.0-10.0.0.9'])]],
  ['a reservation of it', [subnetOf('10.0.0.0/24', [], { [macOf(1)]: '10.0.0.0' })]],
  ['a reservation of the broadcast address', [subnetOf('10.0.0.0/30', [], { [macOf(1)]: '10.0.0.3' })]],
  ['a word that stands for several networks', [subnetOf('private', [])]],
  ['a subnet within one that comes later', [subnetOf('10.0.0.128/25', []), subnetOf('10.0.0.0/24', [])]],
])('%s is refused', (_, subnets) => {
  expect(() => checkSubnets(subnets)).toThrow(expect.objectContaining({ code: 'lease-subnets-invalid' }));
});

test('all that is wrong is told at once, each with the subnet that it is in', () => {
  const subnets = [
    subnetOf('10.0.0.0/24', ['10.0.0.9-10.0.0.1', '10.0.1.1-10.0.1.2']),
    subnetOf('2001:db8::/64', []),
    subnetOf('10.0.2.0/24', [], { [macOf(1)]: '10.0.2.5', [macOf(2)]: '10.0.2.5' }),
  ];
  const message = (text: string) => expect.stringContaining(text);
  expect(() => checkSubnets(subnets)).toThrow(
    expect.objectContaining({
      complaints: [
        { path: '10.0.0.0/24', message: message('10.0.0.9-10.0.0.1, which ends before it begins') },
        { path: '10.0.0.0/24', message: message('10.0.1.1-10.0.1.2, which holds addresses') },
        { path: '2001:db8::/64', message: message('IPv4') },
        { path: '10.0.2.0/24', message: message(`10.0.2.5 reserved for ${macOf(1)} and for ${macOf(2)}`) },
      ],
    }),
  );
});
