import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { type Host, makeNetwork, type Network } from '../support/netns.ts';
import { type NetworkServer, serving, startOn } from '../support/served-network.ts';

let network: Network;
let host: Host;
let phone: Host;
let offhook: NetworkServer | undefined;
beforeEach(async () => {
  network = await makeNetwork();
  host = await network.host('server', {});
  phone = await network.host('phone', {});
});
afterEach(async () => {
  await offhook?.stop();
  await network.remove();
});

async function start(more: string): Promise<NetworkServer> {
  const subnets = '  10.88.0.0/24: { pools: [10.88.0.100-10.88.0.110] }';
  offhook = startOn(host, `mode: serve\ninterfaces: [eth0]\nprobe_milliseconds: 0\n${more}\nsubnets:\n${subnets}`);
  return serving(offhook);
}

/** A cable from the server to the phone; pulled with `host.ip('link del eth0')`. */
async function plug(): Promise<void> {
  await host.ip(`link add eth0 type veth peer name eth0 netns ${phone.namespace}`);
  await phone.ip('link set eth0 up');
  await host.ip('link set eth0 up');
}

async function stateIs(server: NetworkServer, state: string, problem: string | null = null): Promise<void> {
  await eventually(async () => expect((await server.ask('status')).dhcp).toMatchObject([{ interface: 'eth0', state, problem }]));
}

const events = (server: NetworkServer) => server.log().flatMap(({ event }) => (event?.startsWith('dhcp.') ? [event] : []));

const ask = () => phone.run('busybox', ['udhcpc', '-i', 'eth0', '-f', '-q', '-n', '-t', '5', '-T', '1', '-s', '/bin/true']);
const granted = 'obtained from 10.88.0.1';

test('an interface may come, get its address, lose its link, go and come anew: it is served whenever it can be', async () => {
  const server = await start('');
  await stateIs(server, 'unavailable', 'dhcp-interface-missing');
  await plug();
  await stateIs(server, 'unavailable', 'dhcp-interface-unready');
  await host.ip('address add 10.88.0.1/24 dev eth0');
  await stateIs(server, 'answered');
  await expect(ask()).resolves.toContain(granted);

  await phone.ip('link set eth0 down');
  await stateIs(server, 'unavailable', 'dhcp-interface-unready');
  await phone.ip('link set eth0 up');
  await stateIs(server, 'answered');
  await expect(ask()).resolves.toContain(granted);

  await host.ip('link del eth0');
  await stateIs(server, 'unavailable', 'dhcp-interface-missing');
  await plug();
  await host.ip('address add 10.88.0.1/24 dev eth0');
  await stateIs(server, 'answered');
  await expect(ask()).resolves.toContain(granted);
  expect((await server.ask('dhcp', 'leases')).leases).toHaveLength(2);
  expect(events(server)).not.toContain('dhcp.failed');
  expect(server.running.process.exitCode).toBeNull();
}, 120_000);

test('an interface made anew is another network: it is looked there for another server before anybody is answered', async () => {
  const other = await network.host('other', { eth0: { bridge: 'lan', addresses: ['10.88.0.2/24'] } });
  const words = ['--keep-in-foreground', '--port=0', '--interface=eth0', '--user=root', '--pid-file=', '--log-facility=-'];
  const rival = other.spawn('dnsmasq', [...words, '--leasefile-ro', '--dhcp-range=10.88.0.50,10.88.0.60,1h']);
  await rival.until(/DHCP, IP range/);
  await plug();
  await host.ip('address add 10.88.0.1/24 dev eth0');
  const server = await start('');
  await stateIs(server, 'answered');
  await host.ip('link del eth0');
  await stateIs(server, 'unavailable', 'dhcp-interface-missing');
  await network.connect(host, 'eth0', { bridge: 'lan', addresses: ['10.88.0.1/24'] });
  await stateIs(server, 'rival', 'dhcp-rival');
  expect(events(server)).toContain('dhcp.rival');
}, 120_000);

test('an interface that goes and comes all the time while phones ask ends nothing', async () => {
  const server = await start('force: true');
  for (let round = 1; round <= 8; round += 1) {
    await plug();
    const asking = ask().catch(() => {});
    await host.ip('address add 10.88.0.1/24 dev eth0');
    if (round % 2 === 0) await host.ip('address add 10.88.0.9/24 dev eth0');
    // In the time of a look, a bit later in each round.
    await new Promise((resolve) => setTimeout(resolve, 250 * round));
    await host.ip('link del eth0');
    await asking;
  }
  await plug();
  await host.ip('address add 10.88.0.1/24 dev eth0');
  await stateIs(server, 'answered');
  await expect(ask()).resolves.toContain(granted);
  expect(server.running.process.exitCode).toBeNull();
}, 120_000);
