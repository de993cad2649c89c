import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { clientNames, lease } from '../support/dhcp-clients.ts';
import { eventually } from '../support/eventually.ts';
import { type Host, makeNetwork, type Network } from '../support/netns.ts';
import { type NetworkServer, serving, startOn } from '../support/served-network.ts';

const LAN = { bridge: 'lan', addresses: ['10.88.0.1/24'] };
const digiumMac = '00:0f:d3:05:48:48';
const digiumClass = 'digium_D40_1_4_0_0_57389';
const serve = `mode: serve
interfaces: [eth0]
force: true
probe_milliseconds: 0
subnets:
  10.88.0.0/24: { pools: [10.88.0.100-10.88.0.110], routers: [10.88.0.1], dns: [10.88.0.1], domain: phones.example }`;

let network: Network;
let folder: string;
const servers: NetworkServer[] = [];
beforeEach(async () => {
  network = await makeNetwork();
  folder = mkdtempSync(join(tmpdir(), 'offhook-dhcp-'));
});
afterEach(async () => {
  for (const server of servers.splice(0).reverse()) await server.stop();
  await network.remove();
  rmSync(folder, { recursive: true });
});

async function start(host: Host, dhcp = serve, data?: string): Promise<NetworkServer> {
  const server = startOn(host, dhcp, data);
  servers.push(server);
  return serving(server);
}

test('a phone gets its address, is told where its files are, fetches them there, and is a device that has been seen', async () => {
  const server = await network.host('server', { eth0: LAN });
  const phone = await network.host('phone', { eth0: { bridge: 'lan', mac: digiumMac } });
  const offhook = await start(server);
  const { address, text } = await lease('dhclient', phone, join(folder, 'phone'), { vendorClass: digiumClass, asks: [15] });
  expect([address, text(66), text(15)]).toEqual(['10.88.0.100', 'http://10.88.0.1:8667/Digium', 'phones.example']);
  expect((await offhook.ask('device', 'list')).devices).toMatchObject([
    { mac: digiumMac, ip: '10.88.0.100', model: 'D40', version: '1.4.0.0.57389', plugin: 'digium-1.4.0.0' },
  ]);
  const file = await phone.run('curl', ['-sf', `${text(66)}/000fd3054848.cfg`]);
  expect(file).toContain('autoprov');
  const { leases, pools } = await offhook.ask('dhcp', 'leases');
  expect(leases).toMatchObject([{ address, mac: digiumMac, state: 'bound', vendor: 'Digium', circuit: 'eth0' }]);
  expect(pools[0]).toMatchObject({ first: '10.88.0.100', bound: 1 });
  const watched = (await offhook.offhook('dhcp', 'watch', '--seconds', '1')).trim().split('\n');
  expect(watched.map((line) => line.replace(/^\S+ \S+ /, ''))).toEqual([
    `DISCOVER ${digiumMac} from eth0 (Digium D40): offered 10.88.0.100`,
    `REQUEST  ${digiumMac} from eth0 (Digium D40): acknowledged 10.88.0.100`,
  ]);
  const metrics = await server.run('curl', ['-sf', 'http://127.0.0.1:8666/metrics']);
  expect(metrics).toContain('offhook_dhcp_messages_total{type="REQUEST",outcome="acknowledged"} 1');
  expect(metrics).toContain('offhook_dhcp_pool_addresses{subnet="10.88.0.0/24",pool="10.88.0.100-10.88.0.110",state="bound"} 1');
});

test.each(clientNames)('%s has the lease that it had, after the server was killed and started again', async (name) => {
  const server = await network.host('server', { eth0: LAN });
  const client = await network.host('client', { eth0: { bridge: 'lan' } });
  const offhook = await start(server);
  const { address, running } = await lease(name, client, join(folder, name));
  await running.stop();
  const [{ mac }] = (await offhook.ask('dhcp', 'leases')).leases;
  offhook.running.process.kill('SIGKILL');
  await eventually(() => expect(offhook.running.process.signalCode).toBe('SIGKILL'));
  rmSync(join(offhook.data, 'log'));
  const again = await start(server, serve, offhook.data);
  expect((await lease(name, client, join(folder, name))).address).toBe(address);
  expect((await again.ask('dhcp', 'leases')).leases).toMatchObject([{ address, mac, state: 'bound' }]);
});

test('the addresses of the server itself are given to nobody, though they lie in a pool, also one that comes later', async () => {
  const server = await network.host('server', { eth0: LAN });
  const phone = await network.host('phone', { eth0: { bridge: 'lan', mac: digiumMac } });
  const subnets = 'subnets: { 10.88.0.0/24: { pools: [10.88.0.1-10.88.0.4], reservations: { "000fd3000001": 10.88.0.9 } } }';
  const offhook = await start(server, `${serve.slice(0, serve.indexOf('subnets:'))}${subnets}`);
  const own = () => offhook.log().flatMap(({ event, ip }) => (event === 'dhcp.own-address' ? [ip] : []));
  expect(own()).toEqual(['10.88.0.1']);
  await server.ip('address add 10.88.0.2/24 dev eth0');
  await eventually(() => expect(own()).toEqual(['10.88.0.1', '10.88.0.2']));
  expect((await lease('dhclient', phone, join(folder, 'phone'), { vendorClass: digiumClass })).address).toBe('10.88.0.3');
  const metrics = await server.run('curl', ['-sf', 'http://127.0.0.1:8666/metrics']);
  const counted = (pool: string, state: string) =>
    `offhook_dhcp_pool_addresses{subnet="10.88.0.0/24",pool="${pool}",state="${state}"}`;
  expect(metrics).toContain(`${counted('10.88.0.1-10.88.0.4', 'bound')} 1\n`);
  expect(metrics).toContain(`${counted('10.88.0.1-10.88.0.4', 'free')} 1\n`);
  expect(metrics).toContain(`${counted('reserved', 'free')} 1\n`);
});

test('where another DHCP server answers, this one does not start, and says whose network it is; with force it does', async () => {
  const server = await network.host('server', { eth0: LAN });
  const other = await network.host('other', { eth0: { bridge: 'lan', addresses: ['10.88.0.2/24'] } });
  const words = ['--keep-in-foreground', '--port=0', '--interface=eth0', '--user=root', '--no-ping', '--pid-file='];
  other.spawn('dnsmasq', [...words, `--dhcp-leasefile=${folder}/leases`, '--dhcp-range=10.88.0.50,10.88.0.60,1h']);
  await expect(start(server, serve.replace('force: true', 'force: false'))).rejects.toThrow(
    /Another DHCP server answers on eth0: 10\.88\.0\.2\..*dhcp\.force: true/s,
  );
  await start(server);
});

test('who only listens knows a phone by what it asks another server, and answers nobody', async () => {
  const server = await network.host('server', { eth0: LAN });
  const phone = await network.host('phone', { eth0: { bridge: 'lan', mac: digiumMac } });
  const offhook = await start(server, 'mode: listen');
  expect(await offhook.offhook('status')).toMatch(/^dhcp +all interfaces: heard$/m);
  await expect(
    phone.run('busybox', ['udhcpc', '-i', 'eth0', '-f', '-n', '-q', '-t', '2', '-T', '1', '-V', digiumClass, '-s', '/bin/true']),
  ).rejects.toThrow();
  const [device, ...others] = (await offhook.ask('device', 'list')).devices;
  expect(others).toEqual([]);
  expect(device).toMatchObject({ mac: digiumMac, ip: null, model: 'D40', plugin: 'digium-1.4.0.0' });
  expect(await offhook.offhook('dhcp', 'leases')).toMatch(
    /^This server gives no addresses \(dhcp\.mode\)\. .*offhook dhcp watch/,
  );
});

test.each([
  ['7960G', 'cisco-sccp-legacy', 'P0030801SR02'],
  ['8941', 'cisco-sip-9.3', 'SIP8941_8945.9-3-1-18'],
])(
  'a phone whose TFTP request says nothing of its model has the plugin of the model that it told DHCP: %s',
  async (model, plugin, load) => {
    const server = await network.host('server', { eth0: LAN });
    const phone = await network.host('phone', { eth0: { bridge: 'lan', mac: '00:1a:a1:2b:3c:4d' } });
    const offhook = await start(server, serve);
    const vendorClass = `Cisco Systems, Inc. IP Phone CP-${model}`;
    const { address } = await lease('dhclient', phone, join(folder, 'phone'), { vendorClass });
    const got = join(folder, 'SEP.xml');
    await phone.run('busybox', ['tftp', '-g', '-r', 'SEP001AA12B3C4D.cnf.xml', '-l', got, '10.88.0.1']);
    expect(readFileSync(got, 'utf8')).toContain(`<loadInformation>${load}</loadInformation>`);
    expect((await offhook.ask('device', 'list')).devices).toMatchObject([{ model, plugin, ip: address }]);
  },
);
