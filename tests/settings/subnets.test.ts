import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ProvisioningError } from '../../server/lib/errors.ts';
import { loadSettings } from '../../server/settings/load.ts';
import { readSubnets } from '../../server/settings/subnets.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-subnets-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const serve = 'dhcp:\n  mode: serve\n  interfaces: eth0\n';
const subnet = (lines: string, name = '10.0.0.0/24') =>
  `${serve}  subnets:\n    ${name}:\n      ${lines.replaceAll('\n', '\n      ')}\n`;

function load(yaml: string) {
  const config = join(folder, 'offhook.yml');
  writeFileSync(config, yaml);
  const { settings } = loadSettings({ config, environment: {} });
  return readSubnets(settings.dhcp.subnets, settings.dhcp.lease_seconds).subnets;
}

function complaintsOf(yaml: string): string[] {
  try {
    load(yaml);
  } catch (error) {
    if (!(error instanceof ProvisioningError)) throw error;
    return error.complaints.map(({ message }) => message.replaceAll(`${folder}/`, ''));
  }
  return [];
}

const hex = (options: ReadonlyMap<number, Buffer>) =>
  Object.fromEntries([...options].map(([code, bytes]) => [code, bytes.toString('hex')]));

test('a subnet has pools, options, reservations and a time, with what all subnets have where it says nothing', () => {
  const [one, other] = load(
    `${subnet(`pools: [10.0.0.100-10.0.0.200, { range: 10.0.0.210 - 10.0.0.220, vendor: Yealink }]
routers: [10.0.0.1]
dns: [10.0.0.1, 10.0.0.2]
ntp: 10.0.0.3
domain: example.com
lease_seconds: 3600
options: { 150: [10.0.0.5, 10.0.0.6], 66: 'http://10.0.0.5:8667', 252: 0x0a0b }
reservations: { '00:0f:d3:05:48:48': 10.0.0.50 }`)}    172.16.0.0/12: {}\n`,
  );
  expect(one).toMatchObject({
    range: { text: '10.0.0.0/24' },
    pools: [
      { first: '10.0.0.100', last: '10.0.0.200' },
      { first: '10.0.0.210', last: '10.0.0.220', vendor: 'Yealink' },
    ],
    reservations: new Map([['00:0f:d3:05:48:48', '10.0.0.50']]),
    leaseSeconds: 3_600,
  });
  expect(hex(one?.options ?? new Map())).toEqual({
    1: 'ffffff00',
    3: '0a000001',
    6: '0a0000010a000002',
    15: Buffer.from('example.com').toString('hex'),
    42: '0a000003',
    66: Buffer.from('http://10.0.0.5:8667').toString('hex'),
    150: '0a0000050a000006',
    252: '0a0b',
  });
  expect(other).toMatchObject({ pools: [], reservations: new Map(), leaseSeconds: 86_400 });
  expect(hex(other?.options ?? new Map())).toEqual({ 1: 'fff00000' });
});

test.each([
  ['pools: [10.0.0.200-10.0.0.100]', 'pools.0: is 10.0.0.200-10.0.0.100, which ends before it begins'],
  ['pools: [10.0.1.1-10.0.1.9]', 'pools.0: is 10.0.1.1-10.0.1.9, but clients of 10.0.0.0/24 have 10.0.0.1 to 10.0.0.254'],
  ['pools: [10.0.0.0-10.0.0.9]', 'pools.0: is 10.0.0.0-10.0.0.9, but clients of 10.0.0.0/24 have'],
  ['pools: [10.0.0.250-10.0.0.255]', 'pools.0: is 10.0.0.250-10.0.0.255, but clients of 10.0.0.0/24 have'],
  ['pools: [10.0.0.1-10.0.0.9-10.0.0.12]', 'pools.0: must be a range of addresses of the subnet'],
  ['pools: [{ range: 10.0.0.1-10.0.0.9, vendors: x }]', 'pools.0: must be a range of addresses of the subnet'],
  [
    'pools: [10.0.0.1-10.0.0.9, 10.0.0.9-10.0.0.12]',
    'pools: has 10.0.0.9-10.0.0.12 and 10.0.0.1-10.0.0.9, which share addresses',
  ],
  ['routers: here', 'routers: DHCP option 3, Router, cannot be "here"'],
  [
    'routers: [10.0.0.1, 10.0.0.9]\npools: [10.0.0.2-10.0.0.9]',
    'routers: has 10.0.0.9, which a phone could be given from the pool 10.0.0.2-10.0.0.9; leave it out of the pool, or reserve it',
  ],
  ['dns: 10.0.0.2\npools: [10.0.0.2-10.0.0.9]', 'dns: has 10.0.0.2, which a phone could be given from the pool'],
  [
    'options: { 42: 10.0.0.5 }\npools: [10.0.0.2-10.0.0.9]',
    'options.42: has 10.0.0.5, which a phone could be given from the pool',
  ],
  ['lease_seconds: 10', 'lease_seconds: must be a whole number from 60 to'],
  ['options: { 53: 5 }', 'options.53: is for the server itself to say'],
  ['options: { x: 5 }', 'options.x: must be the code of a DHCP option'],
  ['options: { 150: here }', 'options.150: DHCP option 150, TFTP server address, cannot be "here"'],
  ['reservations: { mine: 10.0.0.50 }', 'reservations.mine: is no MAC address'],
  ["reservations: { '00:0f:d3:05:48:48': 10.1.0.50 }", 'reservations.00:0f:d3:05:48:48: must be an address of 10.0.0.0/24'],
  [
    "reservations: { '00:0f:d3:05:48:48': 10.0.0.50, '00:0f:d3:05:48:49': 10.0.0.50 }",
    'reservations.00:0f:d3:05:48:49: is 10.0.0.50, which is reserved for 00:0f:d3:05:48:48',
  ],
  ["reservations: { '00:0f:d3:05:48:48': 10.0.0.50, '000fd3054848': 10.0.0.51 }", 'reservations.000fd3054848: is there twice'],
  ['pool: []', 'pool: is no key of a subnet: they are pools, routers'],
])('%s is told with its line: %s', (lines, complaint) => {
  const [told = '', ...others] = complaintsOf(subnet(lines));
  expect(others).toEqual([]);
  expect(told).toMatch(/^offhook\.yml:6(?::\d+)?: dhcp\.subnets\.10\.0\.0\.0\/24\./);
  expect(told).toContain(complaint);
});

test.each([1, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 61, 82])('option %d is for the server itself to say', (code) => {
  expect(complaintsOf(subnet(`options: { ${code}: '0x01' }`))).toEqual([
    expect.stringContaining(`options.${code}: is for the server itself to say`),
  ]);
});

test('a router may have an address of a pool that is reserved for it, or one of another network', () => {
  const lines = "pools: [10.0.0.2-10.0.0.9]\nrouters: [10.0.0.9, 10.1.0.5]\nreservations: { '00:0f:d3:05:48:48': 10.0.0.9 }";
  expect(complaintsOf(subnet(lines))).toEqual([]);
});

test.each(['10.0.0.0', '10.0.0.0/31', '10.0.0.0/7', 'fd00::/64', 'here/24'])('%s is no subnet', (name) => {
  expect(complaintsOf(subnet('pools: []', `'${name}'`))).toEqual([
    expect.stringContaining(`dhcp.subnets.${name}: must be a network of IPv4 with its prefix, from /8 to /30`),
  ]);
});

test('subnets that overlap are refused', () => {
  expect(complaintsOf(`${subnet('pools: []')}    10.0.0.128/25: {}\n`)).toEqual([
    expect.stringContaining('dhcp.subnets.10.0.0.128/25: overlaps with 10.0.0.0/24'),
  ]);
});

test('to serve, there have to be interfaces and subnets', () => {
  expect(complaintsOf('dhcp: { mode: serve }')).toEqual([
    expect.stringContaining('dhcp.mode is serve; dhcp.interfaces must name the interfaces'),
    expect.stringContaining('dhcp.mode is serve; dhcp.subnets must have the networks that are served'),
  ]);
  expect(complaintsOf('dhcp: { mode: proxy, interfaces: eth0 }')).toEqual([]);
  expect(complaintsOf('dhcp: { mode: listen }')).toEqual([]);
});
