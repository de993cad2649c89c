import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import type { Host } from '../../support/netns.ts';
import { dhcpStage } from './stage.ts';

const { network, run, start } = dhcpStage();
let server: Host;
beforeEach(async () => {
  server = await network().host('server', { eth0: { bridge: 'lan', addresses: ['10.88.0.1/24'] } });
});

async function rivals(milliseconds?: number, device = 'eth0'): Promise<unknown> {
  const words = milliseconds === undefined ? [] : [String(milliseconds)];
  return (await run(server, 'rivals', device, ...words)).lines()[0];
}

const WORDS = ['-k', '--port=0', '--conf-file=/dev/null', '--user=root', '--log-dhcp', '--log-facility=-', '--leasefile-ro'];

async function startDnsmasq(name: string, address: string, ...words: readonly string[]) {
  const host = await network().host(name, { eth0: { bridge: 'lan', addresses: [`${address}/24`] } });
  const running = host.spawn('dnsmasq', [...WORDS, ...words]);
  await running.until(/DHCP, IP range/);
  return { ...running, host };
}

test('where no other server answers, none is found', async () => {
  await expect(rivals(300)).resolves.toEqual({ rivals: [] });
});

test('each server that offers an address is found once, and none gives a lease', async () => {
  const one = await startDnsmasq('one', '10.88.0.2', '--no-ping', '--dhcp-range=10.88.0.50,10.88.0.50,2m');
  const two = await startDnsmasq('two', '10.88.0.3', '--no-ping', '--dhcp-range=10.88.0.60,10.88.0.60,2m');
  const found = await rivals(500);
  expect(found).toEqual({
    rivals: expect.arrayContaining([
      { server: '10.88.0.2', from: '10.88.0.2', offered: '10.88.0.50' },
      { server: '10.88.0.3', from: '10.88.0.3', offered: '10.88.0.60' },
    ]),
  });
  expect(found).toHaveProperty('rivals.length', 2);
  for (const { said } of [one, two]) {
    expect(said().match(/DHCPDISCOVER/g)).toHaveLength(2);
    expect(said()).not.toMatch(/DHCPREQUEST|DHCPACK/);
  }
});

test('servers that ping an address before they offer it, for one second or for three, are found', async () => {
  await startDnsmasq('one', '10.88.0.2', '--dhcp-range=10.88.0.50,10.88.0.60,2m');
  const other = await network().host('two', { eth0: { bridge: 'lan', addresses: ['10.88.0.3/24'] } });
  const folder = mkdtempSync(join(tmpdir(), 'offhook-rival-'));
  writeFileSync(
    join(folder, 'conf'),
    'authoritative; ping-check true; ping-timeout 1;\nsubnet 10.88.0.0 netmask 255.255.255.0 { range 10.88.0.70 10.88.0.80; }\n',
  );
  writeFileSync(join(folder, 'leases'), '');
  const at = (name: string) => join(folder, name);
  const isc = other.spawn('dhcpd', ['-4', '-f', '-d', '-cf', at('conf'), '-lf', at('leases'), '-pf', at('pid'), 'eth0']);
  await isc.until(/Server starting service/);
  const began = performance.now();
  await expect(rivals()).resolves.toHaveProperty('rivals', [
    { server: '10.88.0.3', from: '10.88.0.3', offered: expect.stringMatching(/^10\.88\.0\.[78]\d$/) },
    { server: '10.88.0.2', from: '10.88.0.2', offered: expect.stringMatching(/^10\.88\.0\.[56]\d$/) },
  ]);
  expect(performance.now() - began).toBeLessThan(7_000);
  rmSync(folder, { recursive: true });
});

test('a server that pings for three seconds is found also when the first message was lost', async () => {
  const other = await startDnsmasq('one', '10.88.0.2', '--dhcp-range=10.88.0.50,10.88.0.60,2m');
  const rule = '-A INPUT -p udp --dport 67 -m statistic --mode nth --every 2 --packet 0 -j DROP';
  await other.host.run('iptables-legacy', rule.split(' '));
  await expect(rivals()).resolves.toHaveProperty('rivals.length', 1);
  expect(other.said().match(/DHCPDISCOVER/g)).toHaveLength(1);
});

test('as long as another server answers, it is looked again; when it is gone, the network is clear, and not that of a new interface', async () => {
  const other = await startDnsmasq('one', '10.88.0.2', '--no-ping', '--dhcp-range=10.88.0.50,10.88.0.60,2m');
  const looking = start(server, 'lookout', 'eth0');
  await looking.until(/"looked"/);
  await eventually(() => expect(other.said().match(/DHCPDISCOVER/g)?.length).toBeGreaterThan(2));
  await other.stop();
  await new Promise((ended) => looking.process.once('close', ended));
  expect(looking.lines()).toEqual([
    { event: 'rival', name: 'eth0', code: 'dhcp-rival' },
    { event: 'looked', code: 'dhcp-rival', clear: false },
    { event: 'clear', name: 'eth0' },
    { event: 'answers', madeAnew: false },
  ]);
  // It takes one address of the other's pool, however often it asks.
  expect(new Set(other.said().match(/DHCPOFFER\(eth0\) \S+/g)).size).toBe(1);
});

test('a network that cannot be asked is asked again until it can be', async () => {
  const rule = 'OUTPUT -p udp --dport 67 -j DROP'.split(' ');
  await server.run('iptables-legacy', ['-A', ...rule]);
  const looking = start(server, 'lookout', 'eth0');
  await looking.until(/"looked"/);
  await server.run('iptables-legacy', ['-D', ...rule]);
  await new Promise((ended) => looking.process.once('close', ended));
  expect(looking.lines()).toEqual([
    { event: 'unavailable', name: 'eth0', code: 'dhcp-send-failed' },
    { event: 'looked', code: 'dhcp-send-failed', clear: false },
    { event: 'clear', name: 'eth0' },
    { event: 'answers', madeAnew: false },
  ]);
});

test('a DHCP client on the same host goes on', async () => {
  await startDnsmasq('one', '10.88.0.2', '--no-ping', '--dhcp-range=10.88.0.50,10.88.0.60,2m');
  const script =
    'mount -t tmpfs t /var/lib/dhcp && exec dhclient -4 -d -v -cf /dev/null -lf /var/lib/dhcp/l -pf /var/lib/dhcp/p -sf /bin/true eth0';
  const client = server.spawn('unshare', ['-m', 'sh', '-c', script]);
  await client.until(/bound to 10\.88\.0\./);
  await expect(rivals(500)).resolves.toHaveProperty('rivals.length', 1);
  expect(client.process.exitCode).toBeNull();
});

test('an interface that is not there is an error with its name', async () => {
  await expect(rivals(300, 'eth7')).resolves.toMatchObject({
    code: 'dhcp-interface-unready',
    message: expect.stringContaining('eth7'),
  });
});

test('an interface that is down is an error with its name', async () => {
  await server.ip('link set eth0 down');
  await expect(rivals(300)).resolves.toMatchObject({
    code: 'dhcp-send-failed',
    message: expect.stringMatching(/^Cannot ask on eth0 whether another DHCP server answers there: /),
  });
});
