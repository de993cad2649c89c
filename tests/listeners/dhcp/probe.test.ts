import { beforeEach, expect, test } from '@jest/globals';
import type { Host } from '../../support/netns.ts';
import { dhcpStage } from './stage.ts';

interface Found {
  readonly address: string;
  readonly found: string;
  readonly took: number;
}

const { network, run } = dhcpStage();
let server: Host;
beforeEach(async () => {
  server = await network().host('server', { eth0: { bridge: 'lan', addresses: ['10.88.0.1/16'] } });
});

async function probe(milliseconds: number | string, device: string, addresses: readonly string[]): Promise<Found[]> {
  const probing = await run(server, 'probe', String(milliseconds), device, ...addresses);
  expect(probing.process.exitCode).toBe(0);
  return probing.lines<Found>();
}

const found = async (...asked: Parameters<typeof probe>) =>
  Object.fromEntries((await probe(...asked)).map((each) => [each.address, each.found]));

/** Takes in what is for it, and never answers. */
const SILENT = ['-A', 'INPUT', '-j', 'DROP'];

test('on the link, an address that somebody has is used, one that nobody has is free', async () => {
  await network().host('phone', { eth0: { bridge: 'lan', addresses: ['10.88.0.20/16'] } });
  await expect(found(500, 'eth0', ['10.88.0.20', '10.88.0.21', '10.88.0.1'])).resolves.toEqual({
    '10.88.0.20': 'used',
    '10.88.0.21': 'free',
    '10.88.0.1': 'used',
  });
});

test('on the link, who answers nothing but ARP is found', async () => {
  const phone = await network().host('phone', { eth0: { bridge: 'lan', addresses: ['10.88.0.20/16'] } });
  await phone.run('iptables', SILENT);
  await expect(found(500, 'eth0', ['10.88.0.20'])).resolves.toEqual({ '10.88.0.20': 'used' });
});

test('who has gone since the system last heard of it is not taken for somebody; who is still there is', async () => {
  const phone = await network().host('phone', {
    eth0: { bridge: 'lan', addresses: ['10.88.0.21/16', '10.88.0.20/16'] },
  });
  await found(300, 'eth0', ['10.88.0.20', '10.88.0.21']);
  await phone.ip('address del 10.88.0.20/16 dev eth0');
  await expect(found(300, 'eth0', ['10.88.0.20', '10.88.0.21'])).resolves.toEqual({
    '10.88.0.20': 'unknown',
    '10.88.0.21': 'used',
  });
});

test('an address of another interface says nothing of this one', async () => {
  await network()
    .host('phone', { eth0: { bridge: 'lan', addresses: ['10.88.0.20/16'] } })
    .then((phone) => phone.run('iptables', SILENT));
  await server.ip('link add other type bridge');
  await expect(found(200, 'other', ['10.88.0.20'])).resolves.toEqual({ '10.88.0.20': 'unknown' });
});

test('hundreds at once take as long as one', async () => {
  await network().host('phone', { eth0: { bridge: 'lan', addresses: ['10.88.1.7/16'] } });
  const addresses = Array.from({ length: 250 }, (_, index) => `10.88.1.${index + 1}`);
  const lines = await probe(500, 'eth0', addresses);
  expect(lines.filter((line) => line.found === 'used').map(({ address }) => address)).toEqual(['10.88.1.7']);
  expect(lines.filter((line) => line.found === 'free')).toHaveLength(249);
  expect(Math.max(...lines.map(({ took }) => took))).toBeLessThan(1_500);
});

test('beyond the number that may be under way, addresses wait for their turn', async () => {
  const lines = await probe('200,1', 'eth0', ['10.88.0.21', '10.88.0.22', '10.88.0.23']);
  expect(lines.map((line) => [line.address, line.found])).toEqual([
    ['10.88.0.21', 'free'],
    ['10.88.0.22', 'free'],
    ['10.88.0.23', 'free'],
  ]);
  expect(lines.at(-1)?.took).toBeGreaterThan(550);
});

test('who cancels hears at once that nothing is known, also while it waits for its turn', async () => {
  const [one] = await probe('20000,1,100', 'eth0', ['10.88.0.21']);
  expect(one?.found).toBe('unknown');
  expect(one?.took).toBeLessThan(2_000);
  const lines = await probe('1500,1,100', 'eth0', ['10.88.0.22', '10.88.0.23']);
  expect(lines.map((line) => [line.address, line.found])).toEqual([
    ['10.88.0.23', 'unknown'],
    ['10.88.0.22', 'free'],
  ]);
});

test('a network that cannot be reached says nothing', async () => {
  await expect(found(200, '', ['192.0.2.7'])).resolves.toEqual({ '192.0.2.7': 'unknown' });
});

async function router(): Promise<Host> {
  const made = await network().host('router', {
    uplink: { bridge: 'lan', addresses: ['10.88.0.2/16'] },
    phones: { bridge: 'far', addresses: ['10.66.0.1/24'] },
  });
  await made.run('sysctl', ['-q', '-w', 'net.ipv4.ip_forward=1']);
  await server.ip('route add 10.66.0.0/24 via 10.88.0.2');
  return made;
}

const FAR = { bridge: 'far', addresses: ['10.66.0.20/24'] };

test('behind a relay, who refuses a datagram is there; silence says nothing', async () => {
  await router();
  const phone = await network().host('phone', { eth0: FAR });
  await phone.ip('route add default via 10.66.0.1');
  await expect(found(400, '', ['10.66.0.20', '10.66.0.21'])).resolves.toEqual({
    '10.66.0.20': 'used',
    '10.66.0.21': 'unknown',
  });
});

test('behind a relay, a router that says that it may not be asked is not taken for somebody', async () => {
  const host = await router();
  await host.ip('route add prohibit 10.66.0.21/32');
  await expect(found(400, '', ['10.66.0.21'])).resolves.toEqual({ '10.66.0.21': 'unknown' });
});

test('behind a relay, who answers nothing but a ping is found where the system lets us send one', async () => {
  await router();
  const phone = await network().host('phone', { eth0: FAR });
  await phone.ip('route add default via 10.66.0.1');
  await phone.run('iptables', ['-A', 'INPUT', '-p', 'udp', '-j', 'DROP']);
  await server.run('sysctl', ['-q', '-w', 'net.ipv4.ping_group_range=1 0']);
  await expect(found(400, '', ['10.66.0.20'])).resolves.toEqual({ '10.66.0.20': 'unknown' });
  await server.run('sysctl', ['-q', '-w', 'net.ipv4.ping_group_range=0 0']);
  const lines = await probe(400, '', ['10.66.0.20', '10.66.0.21', '10.66.0.20']);
  expect(lines.map((line) => `${line.address} ${line.found}`).sort()).toEqual([
    '10.66.0.20 used',
    '10.66.0.20 used',
    '10.66.0.21 unknown',
  ]);
});
