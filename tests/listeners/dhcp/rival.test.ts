import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Compiled, compile } from '../../support/compile.ts';
import { type Host, makeNetwork, type Network } from '../../support/netns.ts';

let child: Compiled;
let network: Network;
let server: Host;

beforeAll(() => {
  child = compile('tests/support/dhcp-child.ts');
});
afterAll(() => child.remove());
beforeEach(async () => {
  network = await makeNetwork();
  server = await network.host('server', { eth0: { bridge: 'lan', addresses: ['10.88.0.1/24'] } });
});
afterEach(() => network.remove());

async function rivals(milliseconds: number, device = 'eth0'): Promise<unknown> {
  const asking = server.spawn(process.execPath, [child.program, 'rivals', device, String(milliseconds)]);
  await new Promise((ended) => asking.process.once('close', ended));
  return asking.lines()[0];
}

const WORDS = ['-k', '--port=0', '--conf-file=/dev/null', '--user=root', '--log-dhcp', '--log-facility=-', '--leasefile-ro'];

async function startDnsmasq(name: string, address: string, ...words: readonly string[]) {
  const host = await network.host(name, { eth0: { bridge: 'lan', addresses: [`${address}/24`] } });
  const running = host.spawn('dnsmasq', [...WORDS, ...words]);
  await running.until(/DHCP, IP range/);
  return running;
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

test('a server that pings an address before it offers it is found', async () => {
  await startDnsmasq('one', '10.88.0.2', '--dhcp-range=10.88.0.50,10.88.0.60,2m');
  await expect(rivals(3_500)).resolves.toHaveProperty('rivals.length', 1);
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
