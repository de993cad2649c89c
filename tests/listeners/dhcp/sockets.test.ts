import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { type Host, peer, type Running } from '../../support/netns.ts';
import { dhcpStage } from './stage.ts';

interface Line {
  readonly event: string;
  readonly [field: string]: unknown;
}

const { network, program, start } = dhcpStage();

const LAN = { bridge: 'lan', addresses: ['10.88.0.1/24'] };

function listen(host: Host, purpose: 'answer' | 'overhear', interfaces: string, give = '10.88.0.100'): Running {
  return start(host, purpose, interfaces, give);
}

async function started(running: Running): Promise<Running> {
  await running.until(/"ready"/);
  return running;
}

function events(running: Running, event: string): Line[] {
  return running.lines<Line>().filter((line) => line.event === event);
}

/** udhcpc, once. @returns what it said */
function udhcpc(host: Host, words: readonly string[] = [], name = 'eth0'): Promise<string> {
  return host.run('busybox', ['udhcpc', '-i', name, '-f', '-q', '-n', '-t', '4', '-T', '1', '-s', '/bin/true', ...words]);
}

test('a client of the network is heard on the interface, and answered from its address', async () => {
  const server = await network().host('server', { eth0: LAN, eth1: { bridge: 'other', addresses: ['10.99.0.1/24'] } });
  const phone = await network().host('phone', { eth0: { bridge: 'lan' } });
  const sockets = await started(listen(server, 'answer', 'eth0,eth1'));
  await expect(udhcpc(phone)).resolves.toContain('lease of 10.88.0.100 obtained from 10.88.0.1');
  expect(events(sockets, 'heard').map(({ over, from }) => ({ over, from }))).toEqual([
    { over: 'eth0', from: { ip: '0.0.0.0', port: 68 } },
    { over: 'eth0', from: { ip: '0.0.0.0', port: 68 } },
  ]);
});

test('of two interfaces with sockets the right one sends the broadcast', async () => {
  const server = await network().host('server', { eth0: LAN, eth1: { bridge: 'other', addresses: ['10.99.0.1/24'] } });
  const phone = await network().host('phone', { eth0: { bridge: 'other' } });
  const sockets = await started(listen(server, 'answer', 'eth0,eth1', '10.99.0.100'));
  await expect(udhcpc(phone)).resolves.toContain('lease of 10.99.0.100 obtained from 10.99.0.1');
  expect(events(sockets, 'heard').map(({ over }) => over)).toEqual(['eth1', 'eth1']);
});

test('an interface that is not named is left alone', async () => {
  const server = await network().host('server', { eth0: LAN, eth1: { bridge: 'other', addresses: ['10.99.0.1/24'] } });
  const phone = await network().host('phone', { eth0: { bridge: 'other' } });
  const sockets = await started(listen(server, 'answer', 'eth0'));
  await expect(udhcpc(phone, ['-t', '2'])).rejects.toThrow();
  expect(events(sockets, 'heard')).toEqual([]);
});

test('of several addresses the one in the subnet is the source, and who renews hears it at its own address', async () => {
  const server = await network().host('server', { eth0: { bridge: 'lan', addresses: ['10.77.0.1/24', '10.88.0.1/24'] } });
  const phone = await network().host('phone', { eth0: { bridge: 'lan' } });
  const sockets = await started(listen(server, 'answer', 'eth0'));
  await phone.ip('address add 10.88.0.100/24 dev eth0');
  const client = phone.spawn('busybox', ['udhcpc', '-i', 'eth0', '-f', '-t', '4', '-T', '1', '-s', '/bin/true']);
  await client.until(/lease of 10\.88\.0\.100 obtained from 10\.88\.0\.1,/);
  // Renew now.
  client.process.kill('SIGUSR1');
  const renewal = await eventually(() => {
    const [found] = events(sockets, 'heard').filter(({ ciaddr }) => ciaddr === '10.88.0.100');
    if (!found) throw new Error(`No renewal:\n${client.said()}\n${sockets.said()}`);
    return found;
  });
  expect(renewal).toMatchObject({ over: 'eth0', own: '10.88.0.1', from: { ip: '10.88.0.100', port: 68 } });
  await client.until(/(lease of[\s\S]*){2}/);
  await eventually(() =>
    expect(events(sockets, 'sent').at(-1)).toMatchObject({ to: { ip: '10.88.0.100', port: 68 }, address: '10.88.0.1' }),
  );
});

test('a client behind a relay is heard, and answered through it', async () => {
  const server = await network().host('server', { eth0: LAN });
  const router = await network().host('router', {
    uplink: { bridge: 'lan', addresses: ['10.88.0.2/24'] },
    phones: { bridge: 'far', addresses: ['10.66.0.1/24'] },
  });
  const phone = await network().host('phone', { eth0: { bridge: 'far' } });
  await server.ip('route add 10.66.0.0/24 via 10.88.0.2');
  const sockets = await started(listen(server, 'answer', 'eth0', '10.66.0.100'));
  const relay = router.spawn('dhcrelay', ['-4', '-d', '--no-pid', '-a', '-iu', 'uplink', '-id', 'phones', '10.88.0.1']);
  await relay.until(/Listening on .*phones[\s\S]*Sending on .*Socket/);
  await expect(udhcpc(phone)).resolves.toContain('lease of 10.66.0.100 obtained from 10.88.0.1');
  expect(events(sockets, 'heard')[0]).toMatchObject({ over: 'eth0', own: '10.88.0.1', giaddr: '10.66.0.1', type: 1 });
  expect(events(sockets, 'sent')[0]).toMatchObject({ to: { ip: '10.66.0.1', port: 67 } });
});

test('a relay whose way back is over another interface is answered over that', async () => {
  const server = await network().host('server', { eth0: LAN, eth1: { bridge: 'back', addresses: ['10.55.0.1/24'] } });
  const router = await network().host('router', {
    uplink: { bridge: 'lan', addresses: ['10.88.0.2/24'] },
    back: { bridge: 'back', addresses: ['10.55.0.2/24'] },
    phones: { bridge: 'far', addresses: ['10.66.0.1/24'] },
  });
  for (const name of ['all', 'uplink', 'back', 'phones'])
    await router.run('sysctl', ['-q', '-w', `net.ipv4.conf.${name}.rp_filter=0`]);
  for (const name of ['all', 'eth0', 'eth1']) await server.run('sysctl', ['-q', '-w', `net.ipv4.conf.${name}.rp_filter=0`]);
  const phone = await network().host('phone', { eth0: { bridge: 'far' } });
  await server.ip('route add 10.66.0.0/24 via 10.55.0.2');
  await started(listen(server, 'answer', 'eth0', '10.66.0.100'));
  const relay = router.spawn('dhcrelay', ['-4', '-d', '--no-pid', '-iu', 'uplink', '-iu', 'back', '-id', 'phones', '10.88.0.1']);
  await relay.until(/Listening on .*phones[\s\S]*Sending on .*Socket/);
  await expect(udhcpc(phone)).resolves.toContain('lease of 10.66.0.100 obtained from 10.88.0.1');
});

test.each([['dhclient'], ['dhcpcd']])('%s takes a lease by these sockets', async (name) => {
  const server = await network().host('server', { eth0: LAN });
  const phone = await network().host('phone', { eth0: { bridge: 'lan' } });
  const sockets = await started(listen(server, 'answer', 'eth0'));
  const script =
    'mount -t tmpfs t /var/lib/dhcp && mount -t tmpfs t /run && mkdir -p /var/lib/dhcpcd && mount -t tmpfs t /var/lib/dhcpcd &&';
  const clients: Readonly<Record<string, string>> = {
    dhclient: 'exec dhclient -4 -1 -d -v -cf /dev/null -lf /var/lib/dhcp/l -pf /run/p -sf /bin/true eth0',
    dhcpcd: 'exec dhcpcd -4 -1 -B -A -t 8 -f /dev/null -c /bin/true eth0',
  };
  const client = phone.spawn('unshare', ['-m', 'sh', '-c', `${script} ${clients[name]}`]);
  await client.until(/bound to 10\.88\.0\.100|leased 10\.88\.0\.100/);
  await eventually(() => expect(events(sockets, 'sent').map(({ type }) => type)).toEqual([2, 5]));
});

test('an interface that is not there is told, and taken up when it comes', async () => {
  const server = await network().host('server', { eth0: LAN });
  const sockets = await started(listen(server, 'answer', 'eth7'));
  // It is looked each tenth of a second, and told once.
  await sleep(350);
  expect(events(sockets, 'unavailable')).toEqual([
    {
      event: 'unavailable',
      code: 'dhcp-interface-missing',
      message:
        'This host has no interface eth7 (those that are up: eth0); correct the name, or make it: it is taken up when it comes',
    },
  ]);
  await server.ip('link set eth0 down');
  await server.ip('link set eth0 name eth7');
  await sockets.until(/The interface eth7 is down/);
  await server.ip('link set eth7 up');
  await sockets.until(/"opened","name":"eth7","addresses":\["10\.88\.0\.1"\]/);
  const phone = await network().host('phone', { eth0: { bridge: 'lan' } });
  await expect(udhcpc(phone)).resolves.toContain('obtained from 10.88.0.1');
});

test('an interface whose address changes answers from the new one; one that loses it is told', async () => {
  const server = await network().host('server', { eth0: { bridge: 'lan', addresses: ['10.77.0.1/24'] } });
  const phone = await network().host('phone', { eth0: { bridge: 'lan' } });
  const sockets = await started(listen(server, 'answer', 'eth0'));
  await server.ip('address del 10.77.0.1/24 dev eth0');
  await sockets.until(/dhcp-interface-unready.*The interface eth0 has no IPv4 address/);
  await server.ip('address add 10.88.0.1/24 dev eth0');
  await sockets.until(/"opened","name":"eth0","addresses":\["10\.88\.0\.1"\]/);
  await expect(udhcpc(phone)).resolves.toContain('lease of 10.88.0.100 obtained from 10.88.0.1');
});

test('a port of a bridge is told with the name of the bridge', async () => {
  const server = await network().host('server', { eth0: { bridge: 'lan' } });
  await server.ip('link add phones type bridge');
  await server.ip('link set eth0 master phones');
  const sockets = await started(listen(server, 'answer', 'eth0'));
  expect(events(sockets, 'unavailable')[0]?.message).toBe(
    'The interface eth0 is a port of phones and has no IPv4 address; name phones in its place',
  );
});

test('an interface that is made anew under its name is opened anew', async () => {
  const server = await network().host('server', { eth0: LAN });
  const sockets = await started(listen(server, 'answer', 'phones'));
  await sockets.until(/dhcp-interface-missing/);
  for (let round = 1; round <= 2; round += 1) {
    await server.ip('link add phones type veth peer name other');
    await server.ip('address add 10.44.0.1/24 dev phones');
    await server.ip('link set other up');
    await server.ip('link set phones up');
    await eventually(() => expect(events(sockets, 'opened')).toHaveLength(round));
    await server.ip('link del phones');
    await eventually(() => expect(events(sockets, 'unavailable').length).toBeGreaterThan(round));
  }
});

test('an interface is opened anew when it gets another address or prefix, or is another one of that name, however soon', async () => {
  const server = await network().host('server', { eth0: LAN });
  const sockets = await started(listen(server, 'answer', 'eth0,phones'));
  const opened = (name: string) => events(sockets, 'opened').filter((event) => event.name === name);
  const batch = (...lines: readonly string[]) => server.run('sh', ['-c', `printf '%s\\n' "$@" | ip -batch -`, 'sh', ...lines]);
  await server.ip('address add 10.77.0.1/24 dev eth0');
  await eventually(() => expect(opened('eth0').at(-1)).toMatchObject({ addresses: ['10.88.0.1', '10.77.0.1'] }));
  const before = opened('eth0').length;
  await batch('address del 10.77.0.1/24 dev eth0', 'address add 10.77.0.1/16 dev eth0');
  await eventually(() => expect(opened('eth0').length).toBeGreaterThan(before));
  const made = ['link add phones type bridge', 'address add 10.44.0.1/24 dev phones', 'link set phones up'];
  await batch(...made);
  await eventually(() => expect(opened('phones')).toHaveLength(1));
  await batch('link del phones', ...made);
  await eventually(() => expect(opened('phones')).toHaveLength(2));
});

test('a port that another program does not share is refused with what to do', async () => {
  const server = await network().host('server', { eth0: LAN });
  const other = server.spawn('python3', ['-uc', OCCUPY]);
  await other.until(/bound/);
  const sockets = listen(server, 'answer', 'eth0');
  await sockets.until(/"refused"/);
  expect(events(sockets, 'refused')[0]).toMatchObject({
    code: 'dhcp-port-in-use',
    message: expect.stringMatching(/^UDP port 67 on eth0: another program has it and does not share it.*ss -lnup 'sport = :67'/),
  });
});

test('where the last of several sockets is refused, none of the others is left open', async () => {
  const server = await network().host('server', { eth0: LAN, eth1: { bridge: 'other', addresses: ['10.99.0.1/24'] } });
  // On another device: the address is taken, and what is broadcast on eth0 is not.
  const onLoopback = OCCUPY.replace('s.bind', 's.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo"); s.bind');
  await server.spawn('python3', ['-uc', onLoopback]).until(/bound/);
  const sockets = listen(server, 'answer', 'eth1,eth0');
  // What is open would keep it alive.
  await new Promise((ended) => sockets.process.once('close', ended));
  expect(events(sockets, 'opened')).toMatchObject([{ name: 'eth1' }]);
  expect(events(sockets, 'refused')).toMatchObject([{ message: expect.stringMatching(/^UDP port 67 on eth0: another program/) }]);
});

const OCCUPY =
  'import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("10.88.0.1", 67)); print("bound"); time.sleep(60)';

/** As a service: no user of the system, and the one capability. */
function asService(words: readonly string[], capability: string): string[] {
  const caps = ['--inh-caps', `-all${capability}`, '--ambient-caps', `-all${capability}`, '--bounding-set', `-all${capability}`];
  return ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--no-new-privs', ...caps, ...words];
}

test('a service that may bind low ports, and nothing else, binds to interfaces', async () => {
  const server = await network().host('server', { eth0: LAN });
  const phone = await network().host('phone', { eth0: { bridge: 'lan' } });
  await server.run('chmod', ['-R', 'a+rX', program().replace(/tests.*/, '')]);
  const words = asService([process.execPath, program(), 'answer', 'eth0', '10.88.0.100'], ',+net_bind_service');
  await started(server.spawn('setpriv', words));
  await expect(udhcpc(phone)).resolves.toContain('obtained from 10.88.0.1');
});

test('a service that may not bind low ports is told what it needs', async () => {
  const server = await network().host('server', { eth0: LAN });
  await server.run('chmod', ['-R', 'a+rX', program().replace(/tests.*/, '')]);
  const sockets = server.spawn('setpriv', asService([process.execPath, program(), 'answer', 'eth0'], ''));
  await sockets.until(/"refused"/);
  expect(events(sockets, 'refused')[0]).toMatchObject({
    code: 'dhcp-port-not-allowed',
    message: expect.stringMatching(/^UDP port 67 on eth0: user 65534 may not bind it: .*CAP_NET_BIND_SERVICE/),
  });
});

const DNSMASQ = ['-k', '--port=0', '--conf-file=/dev/null', '--user=root', '--no-ping', '--log-dhcp', '--log-facility=-'];
const dnsmasq = (...words: string[]) => [...DNSMASQ, '--leasefile-ro', '--dhcp-range=10.88.0.50,10.88.0.60,2m', ...words];

test.each([
  ['before', 'without names', ''],
  ['before', 'with names', 'eth0'],
  ['after', 'without names', ''],
  ['after', 'with names', 'eth0'],
])('dnsmasq that starts %s who overhears %s goes on giving leases, and renews them', async (order, _, interfaces) => {
  const server = await network().host('server', { eth0: LAN });
  const phone = await network().host('phone', { eth0: { bridge: 'lan' } });
  const serve = async () => {
    const running = server.spawn('dnsmasq', dnsmasq('--bind-interfaces', '--interface=eth0'));
    await running.until(/DHCP, IP range/);
    return running;
  };
  const before = order === 'before' ? await serve() : undefined;
  const sockets = await started(listen(server, 'overhear', interfaces));
  const dhcp = before ?? (await serve());
  const said = await udhcpc(phone);
  const [, address = ''] = /lease of (10\.88\.0\.5\d|10\.88\.0\.60) obtained from 10\.88\.0\.1/.exec(said) ?? [];
  expect(address).not.toBe('');
  await eventually(() => expect(events(sockets, 'heard').map(({ type }) => type)).toEqual([1, 3]));
  // A renewal goes to the server's address, and must reach the server.
  await phone.ip(`address add ${address}/24 dev eth0`);
  const acknowledged = () => dhcp.said().match(/DHCPACK/g)?.length;
  expect(acknowledged()).toBe(1);
  await phone.run('python3', ['-c', renewal(address)]);
  await eventually(() => expect(acknowledged()).toBe(2));
});

test('dnsmasq that does not share the port is told as what it is, and goes on', async () => {
  const server = await network().host('server', { eth0: LAN });
  const phone = await network().host('phone', { eth0: { bridge: 'lan' } });
  const running = server.spawn('dnsmasq', dnsmasq());
  await running.until(/DHCP, IP range/);
  const sockets = listen(server, 'overhear', '');
  await sockets.until(/"refused","code":"dhcp-port-in-use".*dnsmasq does with bind-interfaces/);
  await expect(udhcpc(phone)).resolves.toContain('obtained from 10.88.0.1');
});

test.each([
  ['before', 'an interface', 'eth0'],
  ['after', 'an interface', 'eth0'],
  ['before', 'without names', ''],
])('Kea that starts %s who overhears %s gives leases, and both hear clients', async (order, _, interfaces) => {
  const server = await network().host('server', { eth0: LAN });
  const phone = await network().host('phone', { eth0: { bridge: 'lan' } });
  const directory = mkdtempSync(join(tmpdir(), 'offhook-kea-'));
  try {
    const config = {
      Dhcp4: {
        'interfaces-config': { interfaces: ['eth0'], 'dhcp-socket-type': 'raw' },
        'lease-database': { type: 'memfile', persist: false },
        subnet4: [{ subnet: '10.88.0.0/24', pools: [{ pool: '10.88.0.50 - 10.88.0.60' }] }],
        loggers: [{ name: 'kea-dhcp4', output_options: [{ output: 'stdout' }], severity: 'INFO' }],
      },
    };
    writeFileSync(join(directory, 'kea.json'), JSON.stringify(config));
    const serve = async () => {
      const words = [
        `KEA_PIDFILE_DIR=${directory}`,
        `KEA_LOCKFILE_DIR=${directory}`,
        peer('kea-dhcp4'),
        '-c',
        join(directory, 'kea.json'),
      ];
      await server.spawn('env', words).until(/DHCP4_STARTED/);
    };
    if (order === 'before') await serve();
    const sockets = await started(listen(server, 'overhear', interfaces));
    if (order === 'after') await serve();
    await expect(udhcpc(phone)).resolves.toMatch(/lease of 10\.88\.0\.\d+ obtained from 10\.88\.0\.1/);
    await eventually(() => expect(events(sockets, 'heard').map(({ type }) => type)).toEqual([1, 3]));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

/** A renewal from `address`, as the hardware that has it there. */
function renewal(address: string): string {
  return `
import socket, struct
mac = bytes.fromhex(open('/sys/class/net/eth0/address').read().strip().replace(':', ''))
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('${address}', 68))
m = struct.pack('!4BLHH4s12x16s192x4s', 1, 1, 6, 0, 7, 0, 0, socket.inet_aton('${address}'), mac, bytes([99, 130, 83, 99]))
s.sendto(m + bytes([53, 1, 3, 255]) + bytes(60), ('10.88.0.1', 67))
`;
}

test('who overhears without names and without another server also hears what relays send', async () => {
  const server = await network().host('server', { eth0: LAN });
  const router = await network().host('router', { eth0: { bridge: 'lan', addresses: ['10.88.0.2/24'] } });
  const sockets = await started(listen(server, 'overhear', ''));
  await router.run('python3', ['-c', renewal('10.88.0.2')]);
  await eventually(() => expect(events(sockets, 'heard')).toMatchObject([{ from: { ip: '10.88.0.2', port: 68 } }]));
});

test('who overhears without names says so when another program has the port', async () => {
  const server = await network().host('server', { eth0: LAN });
  const other = server.spawn('python3', ['-uc', OCCUPY]);
  await other.until(/bound/);
  const phone = await network().host('phone', { eth0: { bridge: 'lan' } });
  const sockets = await started(listen(server, 'overhear', ''));
  expect(events(sockets, 'broadcasts-only')[0]?.message).toMatch(/^Another program has UDP port 67 of this host/);
  await expect(udhcpc(phone, ['-t', '1'])).rejects.toThrow();
  expect(events(sockets, 'heard')).toMatchObject([{ type: 1 }]);
});

test('who is flooded with what is no message answers clients all the same', async () => {
  const server = await network().host('server', { eth0: LAN });
  const phone = await network().host('phone', { eth0: { bridge: 'lan', addresses: ['10.88.0.9/24'] } });
  const sockets = await started(listen(server, 'answer', 'eth0'));
  const flood = phone.spawn('python3', ['-c', FLOOD]);
  await expect(udhcpc(phone, ['-t', '15'])).resolves.toContain('lease of 10.88.0.100 obtained from 10.88.0.1');
  await flood.stop();
  await sockets.stop();
  const [closed] = events(sockets, 'closed');
  expect(closed?.counts).toMatchObject({ crowdedOut: 0, late: 0 });
  expect(events(sockets, 'failed')).toEqual([]);
});

/** Two thousand a second, for ten seconds at most. */
const FLOOD = `
import os, socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
for i in range(1000):
  for j in range(10):
    s.sendto(os.urandom(j * 60), ('255.255.255.255', 67)); s.sendto(b'', ('10.88.0.1', 67))
  time.sleep(0.01)
`;

test('sockets that are closed let the process end', async () => {
  const server = await network().host('server', { eth0: LAN });
  const sockets = await started(listen(server, 'answer', 'eth0'));
  await sockets.stop();
  expect(sockets.process.exitCode).toBe(0);
  expect(events(sockets, 'closed')).toEqual([{ event: 'closed', counts: { taken: 0, crowdedOut: 0, late: 0 } }]);
});
