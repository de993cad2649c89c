import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Json } from '../support/administrator.ts';
import { type Compiled, compile } from '../support/compile.ts';
import { lease } from '../support/dhcp-clients.ts';
import { eventually } from '../support/eventually.ts';
import { type Host, makeNetwork, type Network } from '../support/netns.ts';
import { type NetworkServer, serving, startOn } from '../support/served-network.ts';

const digiumClass = 'digium_D40_1_4_0_0_57389';
const limited = 'what is left is for phones that are known, or behind other circuits (dhcp.new_clients_percent)';
/** Each pool has 40 addresses, of which 30 are for clients that nobody knew. */
const serve = `mode: serve
interfaces: [eth0]
force: true
probe_milliseconds: 0
subnets:
  10.88.0.0/24: { pools: [10.88.0.100-10.88.0.139], routers: [10.88.0.1] }
  10.89.0.0/16: { pools: [10.89.9.100-10.89.9.139], routers: [10.89.0.254] }`;

let sender: Compiled;
let network: Network;
let folder: string;
let server: Host;
let offhook: NetworkServer;
beforeAll(() => {
  sender = compile('tests/support/dhcp-sender.ts');
});
afterAll(() => sender.remove());
beforeEach(async () => {
  network = await makeNetwork();
  folder = mkdtempSync(join(tmpdir(), 'offhook-flood-'));
  server = await network.host('server', { eth0: { bridge: 'lan', addresses: ['10.88.0.1/24'] } });
  offhook = await serving(startOn(server, serve));
});
afterEach(async () => {
  await offhook.stop();
  await network.remove();
  rmSync(folder, { recursive: true });
});

/** Who sends wants an address. */
const attackerOn = (bridge: string, address: string) => network.host('attacker', { eth0: { bridge, addresses: [address] } });
const phoneOn = (bridge: string, name: string, mac: string) => network.host(name, { eth0: { bridge, mac } });
const leaseOf = (host: Host, vendorClass?: string) =>
  lease('dhclient', host, join(folder, host.namespace), vendorClass === undefined ? {} : { vendorClass });
const poolOf = async (subnet: string) => (await offhook.ask('dhcp', 'leases')).pools.find((pool: Json) => pool.subnet === subnet);
const macs = async () => (await offhook.ask('device', 'list')).devices.map(({ mac }: Json) => mac);

const strangers = (attacker: Host) => attacker.spawn(process.execPath, [sender.program, 'strangers', '7']);
/** Has perfdhcp ask as ever other clients, 200 begin each second, until it is stopped. It says that it is a relay. */
const flood = (attacker: Host, ...words: string[]) =>
  attacker.spawn('perfdhcp', ['-4', '-B', '-l', 'eth0', '-r', '200', '-R', '10000000', '-s', '1', ...words]);

/** Waits until a metric has at least this value. */
async function until(metric: string, least: number): Promise<void> {
  await eventually(async () => {
    const text = await server.run('curl', ['-sf', 'http://127.0.0.1:8666/metrics']);
    const line = text.split('\n').find((each) => each.startsWith(`${metric} `)) ?? '';
    expect(Number(line.slice(metric.length))).toBeGreaterThanOrEqual(least);
  });
}
const messages = (type: string, outcome: string) => `offhook_dhcp_messages_total{type="${type}",outcome="${outcome}"}`;
const bound = (subnet: string, pool: string) => `offhook_dhcp_pool_addresses{subnet="${subnet}",pool="${pool}",state="bound"}`;
const lan = bound('10.88.0.0/24', '10.88.0.100-10.88.0.139');

test('who asks as ever other clients gets the share of new ones; phones that are known get an address meanwhile and afterwards', async () => {
  const fetched = await phoneOn('lan', 'fetched', '00:0f:d3:00:00:01');
  const { address, running: first } = await leaseOf(fetched, digiumClass);
  await fetched.run('curl', ['-sf', 'http://10.88.0.1:8667/Digium/000fd3000001.cfg']);
  await first.stop();
  await fetched.ip('link set dev eth0 down');
  await offhook.offhook('dhcp', 'forget', address);
  await offhook.offhook('device', 'add', 'mac=000fd3000002');
  await offhook.offhook('device', 'add', 'mac=000fd3000003');

  const running = strangers(await attackerOn('lan', '10.88.0.9/24'));
  await until(lan, 30);
  const during = [
    await leaseOf(await phoneOn('lan', 'added', '00:0f:d3:00:00:02')),
    await leaseOf(await phoneOn('lan', 'again', '00:0f:d3:00:00:01'), digiumClass),
  ];
  for (const got of during) expect(got.address).toMatch(/^10\.88\.0\.1[0-3]\d$/);
  await until(messages('DISCOVER', 'ignored'), 1_000);
  const watched = await offhook.offhook('dhcp', 'watch', '--seconds', '1');
  await running.stop();
  expect(watched.includes(`from eth0: ignored, 10.88.0.0/24 has no address for it: ${limited}`)).toBe(true);

  const { address: after } = await leaseOf(await phoneOn('lan', 'late', '00:0f:d3:00:00:03'));
  expect(after).toMatch(/^10\.88\.0\.1[0-3]\d$/);
  expect(await poolOf('10.88.0.0/24')).toMatchObject({ size: 40, bound: 33, offered: 0 });
  const { leases, total } = await offhook.ask('dhcp', 'leases');
  expect([total, new Set(leases.map((lease: Json) => lease.mac)).size]).toEqual([33, 33]);
  expect((await macs()).sort()).toEqual(['00:0f:d3:00:00:01', '00:0f:d3:00:00:02', '00:0f:d3:00:00:03']);
}, 120_000);

test('behind a relay one circuit leaves room for strangers behind another, and for the phones that are known behind both', async () => {
  const relay = await network.host('relay', {
    eth0: { bridge: 'lan', addresses: ['10.88.0.254/24'] },
    eth1: { bridge: 'cellar', addresses: ['10.89.1.254/24'] },
    eth2: { bridge: 'attic', addresses: ['10.89.2.254/24'] },
  });
  await server.ip('route add 10.89.0.0/16 via 10.88.0.254');
  relay.spawn('dhcrelay', ['-4', '-d', '-a', '--no-pid', '-i', 'eth0', '-i', 'eth1', '-i', 'eth2', '10.88.0.1']);
  await offhook.offhook('device', 'add', 'mac=000fd3000002');

  const running = strangers(await attackerOn('cellar', '10.89.1.9/24'));
  // Nine times of the three that are left.
  await until(bound('10.89.0.0/16', '10.89.9.100-10.89.9.139'), 27);
  await until(messages('DISCOVER', 'ignored'), 1_000);
  const stranger = await leaseOf(await phoneOn('attic', 'stranger', '02:00:00:00:00:02'));
  const known = await leaseOf(await phoneOn('cellar', 'known', '00:0f:d3:00:00:02'));
  await running.stop();
  for (const { address } of [stranger, known]) expect(address).toMatch(/^10\.89\.9\.1[0-3]\d$/);
  const { leases } = await offhook.ask('dhcp', 'leases');
  const behind = (circuit: string) => leases.filter((lease: Json) => lease.circuit === circuit);
  expect(behind('10.89.1.254 eth1')).toHaveLength(28);
  expect(behind('10.89.2.254 eth2')).toMatchObject([{ mac: '02:00:00:00:00:02' }]);
}, 120_000);

test.each([
  ['Yealink', '00:15:65', 'yealink SIP-T46S'],
  ['Digium', '00:0f:d3', digiumClass],
])(
  'who asks as ever other phones of %s makes no devices by asking, and by taking addresses no more than those',
  async (_vendor, prefix, vendorClass) => {
    const attacker = await attackerOn('lan', '10.88.0.9/24');
    const words = ['-b', `mac=${prefix}:00:00:00`, '-o', `60,${Buffer.from(vendorClass).toString('hex')}`];
    const asking = flood(attacker, '-i', ...words);
    await until(messages('DISCOVER', 'offered'), 500);
    await asking.stop();
    expect(await macs()).toEqual([]);

    await offhook.offhook('device', 'add', 'mac=000fd3ffffff');
    const taking = flood(attacker, ...words);
    await until(lan, 30);
    await until(messages('DISCOVER', 'ignored'), 500);
    const known = await leaseOf(await phoneOn('lan', 'known', '00:0f:d3:ff:ff:ff'), digiumClass);
    await taking.stop();
    expect(known.address).toMatch(/^10\.88\.0\.1[0-3]\d$/);
    const { leases } = await offhook.ask('dhcp', 'leases', '--state', 'bound');
    expect((await macs()).sort()).toEqual(leases.map(({ mac }: Json) => mac).sort());
    expect(leases).toHaveLength(31);
  },
  120_000,
);

test('an answer to where no route leads is a warning that says who asked and where it would go, and no error', async () => {
  const attacker = await attackerOn('lan', '10.89.3.9/16');
  const running = flood(attacker, '-i');
  await until(messages('DISCOVER', 'offered'), 5);
  await running.stop();
  const events = offhook.log().filter(({ level }) => level === 'warn' || level === 'error');
  expect(events[0]).toMatchObject({
    level: 'warn',
    event: 'dhcp.unsent',
    ip: '10.89.3.9',
    why: expect.stringContaining('10.89.3.9'),
  });
  expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['dhcp.unsent']));
}, 60_000);
