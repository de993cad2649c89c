import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Json } from '../support/administrator.ts';
import { lease } from '../support/dhcp-clients.ts';
import { eventually } from '../support/eventually.ts';
import { type Host, makeNetwork, type Network } from '../support/netns.ts';
import { type NetworkServer, serving, startOn } from '../support/served-network.ts';

const LAN = { bridge: 'lan', addresses: ['10.88.0.1/24'] };
const digiumClass = 'digium_D40_1_4_0_0_57389';
const serve = `mode: serve
interfaces: [eth0]
probe_milliseconds: 0
subnets:
  10.88.0.0/24: { pools: [10.88.0.100-10.88.0.199] }`;

let network: Network;
let folder: string;
let host: Host;
let server: NetworkServer | undefined;
beforeEach(async () => {
  network = await makeNetwork();
  folder = mkdtempSync(join(tmpdir(), 'offhook-dhcp-'));
  host = await network.host('server', { eth0: LAN });
});
afterEach(async () => {
  await server?.stop();
  await network.remove();
  rmSync(folder, { recursive: true });
});

async function start(workers: number, dhcp = serve): Promise<NetworkServer> {
  server = startOn(host, dhcp, undefined, `workers: ${workers}`);
  await serving(server);
  return server;
}

const phoneAt = (number: number) =>
  network.host(`phone${number}`, {
    eth0: { bridge: 'lan', mac: `00:0f:d3:00:00:${number.toString(16).padStart(2, '0')}` },
  });

/** The process of a worker; the last one that had its number. */
const pidOf = (offhook: NetworkServer, number: number): number =>
  offhook.log().findLast(({ event, worker }) => event === 'worker.started' && worker === number)?.pid;

/** Processes that have the port of DHCP. */
async function serversOfDhcp(): Promise<number[]> {
  const sockets = await host.run('ss', ['-H', '-lnup', 'sport = :67']);
  return [...new Set(Array.from(sockets.matchAll(/pid=(\d+)/g), ([, pid]) => Number(pid)))];
}

/** Which workers were asked for a file of a phone. */
const askedFor = (offhook: NetworkServer, path: string) =>
  new Set(offhook.log().flatMap((line) => (line.event === 'request.processing' && line.path === path ? [line.worker] : [])));

const leasesOf = async (offhook: NetworkServer): Promise<string[]> =>
  (await offhook.ask('dhcp', 'leases')).leases.map(({ address, mac, state }: Json) => `${address} ${mac} ${state}`);

const leaseOf = (phone: Host) => lease('dhclient', phone, join(folder, phone.namespace), { vendorClass: digiumClass });

async function killed(offhook: NetworkServer, number: number): Promise<void> {
  const pid = pidOf(offhook, number);
  process.kill(pid, 'SIGKILL');
  await eventually(() => expect(pidOf(offhook, number)).not.toBe(pid));
}

test.each([[2], [3]])(
  'of %i workers one gives addresses, and any of them knows the phone at its next request',
  async (workers) => {
    const offhook = await start(workers);
    expect(await serversOfDhcp()).toEqual([pidOf(offhook, 1)]);
    const phone = await phoneAt(1);
    const { address } = await leaseOf(phone);
    const path = '/Digium/contacts-of-nobody.xml';
    const all = new Set(Array.from({ length: workers }, (_, index) => index + 1));
    // What does not say who asks is answered by the address that DHCP told; which worker is asked is up to the system.
    await eventually(async () => {
      const urls = Array.from({ length: 40 }, () => `http://10.88.0.1:8667${path}`);
      await phone.run('curl', ['-s', '-Z', '--parallel-max', '20', '-H', 'Connection: close', '-o', '/dev/null', ...urls]);
      expect(askedFor(offhook, path)).toEqual(all);
    });
    const devices = (await offhook.ask('device', 'list')).devices;
    expect(devices).toMatchObject([{ ip: address, mac: '00:0f:d3:00:00:01', model: 'D40', plugin: 'digium-1.4.0.0' }]);
    const found = offhook.log().filter(({ event }) => event === 'request.device');
    expect(new Set(found.map(({ device }) => device))).toEqual(new Set([devices[0].id]));
  },
  120_000,
);

test('a phone that has just asked another worker for its file is the same device to DHCP', async () => {
  const offhook = await start(3);
  const phones = await Promise.all(Array.from({ length: 6 }, (_, index) => phoneAt(index + 1)));
  for (const [index, phone] of phones.entries()) {
    // Without a lease yet, as one with an address from elsewhere.
    await phone.ip(`address add 10.88.0.${20 + index}/24 dev eth0`);
    await phone.run('curl', ['-sf', '-o', '/dev/null', `http://10.88.0.1:8667/Digium/000fd300000${index + 1}.cfg`]);
    await phone.run('busybox', ['udhcpc', '-i', 'eth0', '-f', '-q', '-n', '-V', digiumClass, '-s', '/bin/true']);
  }
  const { devices } = await offhook.ask('device', 'list');
  expect(devices).toHaveLength(phones.length);
  expect(devices.map(({ ip }: Json) => ip).toSorted()).toEqual((await leasesOf(offhook)).map((lease) => lease.split(' ')[0]));
}, 120_000);

test('when the worker that gives addresses is killed, the next one does, with all leases, and the commands work', async () => {
  const offhook = await start(2);
  for (const number of [1, 2, 3]) await leaseOf(await phoneAt(number));
  const before = await leasesOf(offhook);
  expect(before).toHaveLength(3);

  await killed(offhook, 2);
  expect(await serversOfDhcp()).toEqual([pidOf(offhook, 1)]);

  for (let round = 1; round <= 2; round += 1) {
    await killed(offhook, 1);
    await eventually(async () => expect((await offhook.ask('status')).dhcp).toMatchObject([{ state: 'answered' }]));
    expect(await serversOfDhcp()).toEqual([pidOf(offhook, 1)]);
    expect(await leasesOf(offhook)).toEqual(before);
  }
  const fourth = await phoneAt(4);
  expect((await leaseOf(fourth)).address).toBe('10.88.0.103');
  const watched = (await offhook.offhook('dhcp', 'watch', '--seconds', '1')).trim().split('\n');
  expect(watched.at(-1)).toMatch(/REQUEST {2}00:0f:d3:00:00:04 from eth0 \(Digium D40\): acknowledged 10\.88\.0\.103$/);
  const metrics = await host.run('curl', ['-sf', 'http://127.0.0.1:8666/metrics']);
  expect(metrics).toMatch(
    /offhook_dhcp_pool_addresses\{subnet="10\.88\.0\.0\/24",pool="10\.88\.0\.100-10\.88\.0\.199",state="bound"\} 4\n/,
  );
  expect(metrics).toContain('offhook_dhcp_interface_ready{interface="eth0"} 1');
  await offhook.offhook('dhcp', 'forget', '10.88.0.103');
  expect(await leasesOf(offhook)).toEqual(before);
  const told = JSON.stringify({ op: 'commit', ip: '10.99.0.7', mac: '00:0f:d3:00:00:05' });
  const token = (await host.run('cat', [join(offhook.data, 'dhcp.token')])).trim();
  const headers = ['-H', `authorization: Bearer ${token}`, '-H', 'content-type: application/json'];
  await host.run('curl', ['-sf', ...headers, '-d', told, 'http://127.0.0.1:8666/api/v1/dhcp/leases']);
  expect(await offhook.ask('device', 'show', '00:0f:d3:00:00:05')).toMatchObject({ ip: '10.99.0.7' });
}, 180_000);

test('a DHCP server that came meanwhile keeps a worker that is started again from giving addresses, and from nothing else', async () => {
  const offhook = await start(2);
  const other = await network.host('other', { eth0: { bridge: 'lan', addresses: ['10.88.0.2/24'] } });
  const words = ['--keep-in-foreground', '--port=0', '--interface=eth0', '--user=root', '--pid-file=', '--no-ping'];
  const rival = other.spawn('dnsmasq', [...words, '--log-facility=-', '--leasefile-ro', '--dhcp-range=10.88.0.50,10.88.0.60,1h']);
  await rival.until(/DHCP, IP range/);
  await killed(offhook, 1);
  await eventually(async () =>
    expect((await offhook.ask('status')).dhcp).toMatchObject([
      { interface: 'eth0', state: 'rival', problem: 'dhcp-rival', detail: expect.stringContaining('answers') },
    ]),
  );
  expect(offhook.log().filter(({ event }) => event === 'worker.ended')).toHaveLength(1);
  await rival.stop();
  const phone = await phoneAt(1);
  const asking = phone.run('busybox', ['udhcpc', '-i', 'eth0', '-f', '-q', '-n', '-t', '1', '-T', '1', '-s', '/bin/true']);
  await expect(asking).rejects.toThrow();
  expect(await offhook.offhook('dhcp', 'watch', '--seconds', '0')).toMatch(
    /DISCOVER 00:0f:d3:00:00:01 .*: ignored, Another DHCP server answers on eth0: 10\.88\.0\.2\./,
  );
  await phone.ip('address add 10.88.0.9/24 dev eth0');
  await phone.run('curl', ['-sf', '-o', '/dev/null', 'http://10.88.0.1:8667/Digium/000fd3000001.cfg']);
  await phone.run('busybox', ['tftp', '-g', '-r', 'Digium/000fd3000001.cfg', '-l', join(folder, 'got'), '10.88.0.1']);
}, 120_000);
