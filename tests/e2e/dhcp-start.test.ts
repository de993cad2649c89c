import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lease } from '../support/dhcp-clients.ts';
import { eventually } from '../support/eventually.ts';
import { type Host, makeNetwork, type Network } from '../support/netns.ts';
import { type NetworkServer, serving, startOn } from '../support/served-network.ts';

const LAN = { bridge: 'lan', addresses: ['10.88.0.1/24'] };
const digiumClass = 'digium_D40_1_4_0_0_57389';
const serve = (subnets: string, more = '') => `mode: serve
interfaces: [eth0]
probe_milliseconds: 0
${more}
subnets:
${subnets}`;
const lan = serve('  10.88.0.0/24: { pools: [10.88.0.100-10.88.0.110] }');

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

function start(host: Host, dhcp = lan, more = '', data?: string): NetworkServer {
  const server = startOn(host, dhcp, data, more);
  servers.push(server);
  return server;
}

/** Another DHCP server, which looks for three seconds whether somebody has an address before it offers it. */
async function startRival(name: string): Promise<void> {
  const other = await network.host(name, { eth0: { bridge: 'lan', addresses: ['10.88.0.2/24'] } });
  const words = ['--keep-in-foreground', '--port=0', '--interface=eth0', '--user=root', '--pid-file=', '--log-facility=-'];
  const rival = other.spawn('dnsmasq', [...words, `--dhcp-leasefile=${folder}/leases`, '--dhcp-range=10.88.0.50,10.88.0.60,1h']);
  await rival.until(/DHCP, IP range/);
}

/** udhcpc, once, with one message or more. @returns what it said */
const udhcpc = (host: Host, tries = 3) =>
  host.run('busybox', ['udhcpc', '-i', 'eth0', '-f', '-q', '-n', '-t', String(tries), '-T', '1', '-s', '/bin/true']);

test('files and the API are there while it is looked for another DHCP server', async () => {
  const server = await network.host('server', { eth0: LAN });
  const phone = await network.host('phone', { eth0: { bridge: 'lan', addresses: ['10.88.0.9/24'] } });
  const offhook = start(server);
  const status = await eventually(() => server.run('curl', ['-sf', 'http://127.0.0.1:8666/status']));
  expect(JSON.parse(status).dhcp).toEqual([{ interface: 'eth0', state: 'looking', problem: null, detail: null }]);
  expect(await phone.run('curl', ['-sf', 'http://10.88.0.1:8667/Digium/000fd3054848.cfg'])).toContain('autoprov');
  expect(offhook.log().map(({ event }) => event)).not.toContain('server.started');
  await serving(offhook);
  expect((await offhook.ask('status')).dhcp).toEqual([{ interface: 'eth0', state: 'answered', problem: null, detail: null }]);
  // Its own messages, by which it looks, are nobody's.
  expect(offhook.log().map(({ event }) => event)).not.toContain('dhcp.message');
});

test('nobody is answered before it was looked for another DHCP server: what keeps it from looking is told, and over when it is', async () => {
  const server = await network.host('server', { eth0: LAN });
  const phone = await network.host('phone', { eth0: { bridge: 'lan' } });
  const metrics = () => server.run('curl', ['-sf', 'http://127.0.0.1:8666/metrics']);
  const rule = 'OUTPUT -p udp --dport 67 -j DROP'.split(' ');
  await server.run('iptables-legacy', ['-A', ...rule]);
  const offhook = await serving(start(server));
  await expect(udhcpc(phone, 2)).rejects.toThrow();
  const unavailable = { interface: 'eth0', state: 'unavailable', problem: 'dhcp-send-failed' };
  expect((await offhook.ask('status')).dhcp).toMatchObject([unavailable]);
  expect(await offhook.offhook('status')).toContain(
    'eth0: unavailable: Cannot ask on eth0 whether another DHCP server answers there',
  );
  expect(await metrics()).toContain('offhook_dhcp_interface_ready{interface="eth0"} 0');
  expect(await offhook.offhook('dhcp', 'watch', '--seconds', '0')).toMatch(
    /DISCOVER .* from eth0 .*: ignored, Cannot ask on eth0 whether another DHCP server answers there/,
  );
  await server.run('iptables-legacy', ['-D', ...rule]);
  await eventually(() => expect(offhook.log().map(({ event }) => event)).toContain('dhcp.clear'));
  await expect(udhcpc(phone)).resolves.toContain('lease of 10.88.0.100 obtained from 10.88.0.1');
  expect(await offhook.offhook('status')).toContain('eth0: answered');
  expect(await metrics()).toContain('offhook_dhcp_interface_ready{interface="eth0"} 1');
});

test.each([[1], [2]])('where another server answers, a server of %i processes ends with what to do about it', async (workers) => {
  const server = await network.host('server', { eth0: LAN });
  await startRival('rival');
  const offhook = start(server, lan, `workers: ${workers}`);
  await expect(serving(offhook)).rejects.toThrow(
    /offhook: dhcp: Another DHCP server answers on eth0: 10\.88\.0\.2\. .*dhcp\.force: true/s,
  );
  expect(offhook.running.process.exitCode).toBe(1);
  expect(offhook.log().map(({ event }) => event)).toContain('dhcp.rival');
});

test('where nobody knows whether another server answers, the start is refused: a client that does not share its port', async () => {
  const server = await network.host('server', { eth0: LAN });
  const occupy =
    'import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("0.0.0.0", 68)); print("bound"); time.sleep(60)';
  await server.spawn('python3', ['-uc', occupy]).until(/bound/);
  await expect(serving(start(server))).rejects.toThrow(/dhcp: UDP port 68 on eth0: another program has it and does not share it/);
});

/** What it gets, and remembers, as when it is switched on for a moment. */
async function addressOf(phone: Host): Promise<string> {
  const { address, running } = await lease('dhclient', phone, join(folder, phone.namespace), { vendorClass: digiumClass });
  await running.stop();
  await phone.ip('address flush dev eth0');
  return address;
}

test('a start with other subnets loses no lease: who may stay stays, who may not is told when it asks', async () => {
  const server = await network.host('server', { eth0: LAN });
  const macs = ['00:0f:d3:00:00:01', '00:0f:d3:00:00:02', '00:0f:d3:00:00:03'];
  const phones = await Promise.all(macs.map((mac, index) => network.host(`phone${index}`, { eth0: { bridge: 'lan', mac } })));
  const offhook = await serving(start(server, serve('  10.88.0.0/24: { pools: [10.88.0.100-10.88.0.110] }', 'force: true')));
  const first: string[] = [];
  for (const phone of phones) first.push(await addressOf(phone));
  expect(first).toEqual(['10.88.0.100', '10.88.0.101', '10.88.0.102']);
  offhook.running.process.kill('SIGTERM');
  await eventually(() => expect(offhook.running.process.exitCode).toBe(0));
  rmSync(join(offhook.data, 'log'));
  // The network is cut in two: the first address is in no pool, the second is somebody else's, the third is as it was.
  const cut = `  10.88.0.0/25:
    pools: [10.88.0.102-10.88.0.110]
    reservations: { '00:0f:d3:ff:ff:ff': 10.88.0.101 }
  10.88.0.128/25: { pools: [10.88.0.200-10.88.0.210] }`;
  const again = await serving(start(server, serve(cut, 'force: true'), '', offhook.data));
  const leases = async () =>
    (await again.ask('dhcp', 'leases', '--state', 'bound')).leases.map(
      ({ address, mac, subnet }: Record<string, string>) => `${address} ${mac} ${subnet}`,
    );
  expect(await leases()).toEqual(first.map((address, index) => `${address} ${macs[index]} 10.88.0.0/25`));
  const owner = await network.host('owner', { eth0: { bridge: 'lan', mac: '00:0f:d3:ff:ff:ff' } });
  for (const host of [owner, ...phones, owner]) await addressOf(host);
  const [one, two, three] = macs.map((mac) => `${mac} 10.88.0.0/25`);
  // The owner had another address for as long as its own was used.
  expect(await leases()).toEqual([
    `10.88.0.100 ${one}`,
    '10.88.0.101 00:0f:d3:ff:ff:ff 10.88.0.0/25',
    `10.88.0.102 ${three}`,
    `10.88.0.104 ${two}`,
  ]);
  expect((await again.ask('dhcp', 'leases', '--state', 'released')).leases).toMatchObject([{ address: '10.88.0.103' }]);
});

test('a pool for a vendor whose package is not there is told, with the vendors that there are; and a router outside of its subnet', async () => {
  const server = await network.host('server', { eth0: LAN });
  const offhook = start(
    server,
    serve('  10.88.0.0/24: { pools: [{ range: 10.88.0.100-10.88.0.110, vendor: Yealnk }], routers: [10.88.0.1, 10.99.0.1] }'),
  );
  await serving(offhook);
  const [told] = offhook.log().filter(({ event }) => event === 'dhcp.pool-unused');
  expect(told).toMatchObject({ level: 'warn', first: '10.88.0.100', last: '10.88.0.110', vendor: 'Yealnk' });
  expect(told?.msg).toMatch(/no vendor package here is for Yealnk, .*Yealink/);
  expect(offhook.log().filter(({ event }) => event === 'dhcp.router-outside')).toMatchObject([
    { level: 'warn', subnet: '10.88.0.0/24', router: '10.99.0.1' },
  ]);
});
