import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Compiled, compile } from '../support/compile.ts';
import { eventually } from '../support/eventually.ts';
import { type Host, makeNetwork, type Network } from '../support/netns.ts';
import { type NetworkServer, serving, startOn } from '../support/served-network.ts';

let sender: Compiled;
let network: Network;
const servers: NetworkServer[] = [];
beforeAll(() => {
  sender = compile('tests/support/dhcp-sender.ts');
});
afterAll(() => sender.remove());
beforeEach(async () => {
  network = await makeNetwork();
});
afterEach(async () => {
  for (const server of servers.splice(0).reverse()) await server.stop();
  await network.remove();
});

async function start(host: Host, dhcp: string, data?: string, more?: string): Promise<NetworkServer> {
  const server = startOn(host, dhcp, data, more);
  servers.push(server);
  return serving(server);
}

const serve = `mode: serve
interfaces: [eth0]
force: true
probe_milliseconds: 20
subnets: { 10.88.0.0/24: { pools: [10.88.0.100-10.88.0.239] } }`;
const listen = `mode: listen
interfaces: [eth0]`;
const client = ['udhcpc', '-i', 'eth0', '-f', '-q', '-n', '-s', '/bin/true'];

async function metricsOf(host: Host) {
  const text = await host.run('curl', ['-sf', 'http://127.0.0.1:8666/metrics']);
  const one = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
  const messages = [...text.matchAll(/^offhook_dhcp_messages_total{type="(\w+)",outcome="(\w+)"} (\d+)$/gm)];
  return {
    files: one('process_open_fds'),
    resident: one('process_resident_memory_bytes'),
    heap: one('nodejs_heap_size_used_bytes'),
    messages: messages.reduce((sum, [, , , count]) => sum + Number(count), 0),
    readable: messages.reduce((sum, [, type, , count]) => sum + (type === 'garbage' ? 0 : Number(count)), 0),
  };
}

/** Sends mutants, and waits until none are handled any more. @returns what the server says then, with the least heap that it had meanwhile */
async function throwMutants(from: Host, at: Host, count: number, seed: number) {
  const program = from.spawn(process.execPath, [sender.program, 'mutants', String(count), String(seed), '10.88.0.1']);
  let heap = Number.POSITIVE_INFINITY;
  for (let before = -1; ; ) {
    const now = await metricsOf(at);
    heap = Math.min(heap, now.heap);
    if (program.process.exitCode !== null && now.messages === before) return { ...now, heap };
    before = now.messages;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test.each([
  ['gives addresses', serve, 50_000, ''],
  ['only listens', listen, 50_000, 'phones: { unknown: refuse }'],
])(
  'a server that %s takes 50,000 mutants of messages from many addresses: it goes on, and nothing is kept',
  async (_does, dhcp, count, more) => {
    const server = await network.host('server', { eth0: { bridge: 'lan', addresses: ['10.88.0.1/24'] } });
    const addresses = ['10.88.0.251/24', '10.88.0.252/24', '10.88.0.253/24', '10.88.0.254/24'];
    const strangers = await network.host('strangers', { eth0: { bridge: 'lan', addresses } });
    const offhook = await start(server, dhcp, undefined, more);
    let seed = 0;
    // A full buffer loses some; who listens hears only what is broadcast.
    const throwUntil = async (handled: number) => {
      for (;;) {
        seed += 1;
        const now = await throwMutants(strangers, server, 10_000, seed);
        if (now.messages >= handled) return now;
      }
    };
    const warm = await throwUntil(count / 2);
    const after = await throwUntil(count);
    expect(after.readable).toBeGreaterThan(count * 0.3);
    expect(after.files - warm.files).toBe(0);
    // A hundred bytes for each would be 2.5 MB in the heap of a process that has not been made to collect.
    expect(after.heap - warm.heap).toBeLessThan(8_000_000);
    expect(after.resident - warm.resident).toBeLessThan(24_000_000);
    expect(offhook.log().filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);

    const phone = await network.host('phone', { eth0: { bridge: 'lan', mac: '00:0f:d3:05:48:48' } });
    if (dhcp === listen) {
      await expect(phone.run('busybox', [...client, '-t', '1', '-T', '1'])).rejects.toThrow();
      const watched = await offhook.offhook('dhcp', 'watch', '--mac', '000fd3054848', '--seconds', '1');
      expect(watched).toContain('DISCOVER 00:0f:d3:05:48:48');
      return;
    }
    await phone.run('busybox', client);
    const before = (await offhook.ask('dhcp', 'leases')).leases;
    expect(before).toContainEqual(expect.objectContaining({ mac: '00:0f:d3:05:48:48', state: 'bound' }));
    offhook.running.process.kill('SIGKILL');
    await eventually(() => expect(offhook.running.process.signalCode).toBe('SIGKILL'));
    rmSync(join(offhook.data, 'log'));
    const again = await start(server, dhcp, offhook.data);
    expect((await again.ask('dhcp', 'leases')).leases).toEqual(before);
    await phone.run('busybox', client);
  },
  180_000,
);
