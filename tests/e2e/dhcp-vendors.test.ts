import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseOption } from '../../server/lib/dhcp/options.ts';
import { bootOptions } from '../../server/sdk/boot-options.ts';
import type { Vendor } from '../../server/sdk.ts';
import type { Sample } from '../plugins/contract.ts';
import { type ClientName, clientNames, type Leased, lease, ownCodes } from '../support/dhcp-clients.ts';
import { type Seen, watchWire } from '../support/dhcp-wire.ts';
import { eventually } from '../support/eventually.ts';
import { type Host, makeNetwork, type Network } from '../support/netns.ts';
import { pluginsFolder } from '../support/packages.ts';
import { ip } from '../support/requests.ts';
import { type NetworkServer, serving, startOn } from '../support/served-network.ts';

/** What phones are to be told, written down by hand; what a package has that is not here is computed. */
const written: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  digium: { 66: hex('http://10.88.0.1:8667/Digium') },
  yealink: { 66: hex('http://10.88.0.1:8667') },
  'cisco-sccp': { 66: hex('10.88.0.1'), 150: '0a580001' },
  orion: {
    // Server, two bytes, and a path that is nothing but what stands after it.
    43: `0109${hex('10.88.0.1')}020200ff0306${hex('/orion')}`,
    66: hex('10.88.0.1'),
    67: hex('orion.xml'),
    150: '0a580001',
    160: hex('http://10.88.0.1:8667/'),
  },
};

/** A package, by itself: a folder with its definition, and what its phones were seen to send. */
interface Installed {
  readonly id: string;
  readonly definition: Vendor;
  readonly samples: readonly Sample[];
}

const testVendor = join(import.meta.dirname, '../support/orion');
const installed = await Promise.all([
  ...readdirSync(pluginsFolder).map((id) =>
    read(id, join(pluginsFolder, id, 'plugin.ts'), join(import.meta.dirname, '../plugins', id)),
  ),
  read('orion', join(testVendor, 'plugin.js'), testVendor),
]);

async function read(id: string, definition: string, samples: string): Promise<Installed> {
  const { default: vendor } = (await import(definition)) as { default: Vendor };
  const sampled = (await import(join(samples, 'samples.ts'))) as { samples: readonly Sample[] };
  return { id, definition: vendor, samples: sampled.samples };
}

/** What a phone can be known by before it has an address. */
interface Look {
  readonly id: string;
  readonly by: string;
  readonly vendorClass?: string;
  readonly userClass?: string;
  readonly macPrefix?: string;
}

const looks: readonly Look[] = installed.flatMap(({ id, definition, samples }) => [
  ...samples.flatMap(({ vendorClass }) => (vendorClass === undefined ? [] : [{ id, by: vendorClass, vendorClass }])),
  ...userClassesOf(samples).map((userClass) => ({ id, by: `user class ${userClass}`, userClass })),
  ...(definition.macPrefixes ?? []).map((macPrefix) => ({ id, by: macPrefix, macPrefix })),
]);

function userClassesOf(samples: readonly Sample[]): string[] {
  return samples.flatMap(({ options: { 77: sent } = {} }) => {
    const bytes = Buffer.from(sent ?? '', 'hex');
    return sent === undefined ? [] : [bytes.toString('latin1', bytes[0] === bytes.length - 1 ? 1 : 0)];
  });
}

function toldTo(id: string): ReadonlyMap<number, Buffer> {
  const known = written[id];
  if (known) return new Map(Object.entries(known).map(([code, bytes]) => [Number(code), Buffer.from(bytes, 'hex')]));
  const { definition } = installed.find((each) => each.id === id) ?? {};
  const said = bootOptions(definition ?? {}, { url: 'http://10.88.0.1:8667', address: ip('10.88.0.1') });
  return new Map([...said].flatMap(([code, text]) => (text === undefined ? [] : [[code, parseOption(code, text)] as const])));
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

/** On each network a client of each kind, and who stays while all the others come and go. */
const networks = {
  'the network of the server': { bridge: 'lan', addresses: /^10\.88\.[1-9]\./, router: '10.88.0.253' },
  'a network behind a relay': { bridge: 'branch', addresses: /^10\.89\.[1-9]\./, router: '10.89.0.253' },
} as const;
type Place = keyof typeof networks;
const near: Place = 'the network of the server';
const far: Place = 'a network behind a relay';
const places = [near, far] as const;

const dhcp = `mode: serve
interfaces: [eth0]
force: true
probe_milliseconds: 0
lease_seconds: 60
subnets:
  10.88.0.0/16: { pools: [10.88.1.0-10.88.9.255], routers: [10.88.0.253], domain: phones.example, options: { 42: 10.88.0.42 } }
  10.89.0.0/16: { pools: [10.89.1.0-10.89.9.255], routers: [10.89.0.253], domain: phones.example, options: { 42: 10.89.0.42 } }`;

interface Station {
  readonly client: ClientName;
  readonly place: Place;
  readonly host: Host;
  readonly folder: string;
  seen(): readonly Seen[];
}

let network: Network;
let folder: string;
let offhook: NetworkServer;
const stations: Station[] = [];
const staying: { readonly station: Station; readonly first: Leased; readonly deaf: boolean }[] = [];

beforeAll(async () => {
  network = await makeNetwork();
  folder = mkdtempSync(join(tmpdir(), 'offhook-vendors-'));
  const between = (end: number) => ({
    eth0: { bridge: 'lan', addresses: [`10.88.0.${end}/16`] },
    eth1: { bridge: 'branch', addresses: [`10.89.0.${end}/16`] },
  });
  const server = await network.host('server', { eth0: { bridge: 'lan', addresses: ['10.88.0.1/16'] } });
  const router = await network.host('router', between(253));
  const relay = await network.host('relay', between(254));
  await router.run('sh', ['-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward']);
  await server.ip('route add 10.89.0.0/16 via 10.88.0.253');
  await server.ip('route add 10.89.0.254 via 10.88.0.254');
  await relay
    .spawn('dhcrelay', ['-4', '-d', '--no-pid', '-a', '-id', 'eth1', '-iu', 'eth0', '10.88.0.1'])
    .until(/Sending on +Socket/);
  const data = mkdtempSync(join(tmpdir(), 'offhook-network-'));
  cpSync(testVendor, join(data, 'plugins/orion'), { recursive: true });
  offhook = await serving(startOn(server, dhcp, data));
  for (const place of places) for (const client of clientNames) stations.push(await stationOf(client, place, 'passing'));
  for (const place of places) {
    for (const client of clientNames) {
      // The others begin to ask anybody when their repetitions come to it, which may be too late: dhcpcd does as it is told.
      for (const deaf of client === 'dhcpcd' && place === near ? [false, true] : [false]) {
        const station = await stationOf(client, place, deaf ? 'deaf' : 'staying');
        const first = await lease(client, station.host, station.folder, { vendorClass: 'digium_D40_1_4_0_0_57389' });
        // What is sent to the server alone goes nowhere; broadcasts are heard.
        if (deaf) await station.host.ip('neighbour replace 10.88.0.1 lladdr 02:ff:ff:ff:ff:ff nud permanent dev eth0');
        staying.push({ station, first, deaf });
      }
    }
  }
}, 90_000);
afterAll(async () => {
  await Promise.all(staying.map(({ first }) => first.running.stop()));
  await offhook?.stop();
  await network.remove();
  rmSync(folder, { recursive: true });
});

async function stationOf(client: ClientName, place: Place, role: string): Promise<Station> {
  const { bridge } = networks[place];
  const name = `${role}-${client}-${bridge}`;
  const host = await network.host(name, { eth0: { bridge } });
  return { client, place, host, folder: join(folder, name), seen: await watchWire(host) };
}

let phones = 0;

/** A new phone, with a MAC address that nobody had. */
async function phone({ host, client, folder: own, seen }: Station, wish: Parameters<typeof lease>[3], macPrefix = '02:00:00') {
  phones += 1;
  const digits = macPrefix.replaceAll(':', '');
  const mac = (digits + phones.toString(16).padStart(12 - digits.length, '0')).replaceAll(/..(?=.)/g, '$&:');
  await host.ip(`link set eth0 address ${mac}`);
  const leased = await lease(client, host, join(own, String(phones)), wish);
  await leased.running.stop();
  await host.ip('address flush dev eth0');
  const acknowledged = await eventually(() => {
    const found = seen().find((each) => each.mac === mac && each.type === 5);
    if (!found) throw new Error(`${client} got ${leased.address} and no ACK was seen`);
    return found;
  });
  return { mac, leased, acknowledged };
}

/** Times in seconds, mask, router and server: what the clients read themselves. */
const own = (options: ReadonlyMap<number, Buffer>) => [51, 58, 59, 1, 3, 54].map((code) => options.get(code)?.toString('hex'));
const ownOf = (place: Place) => [
  '0000003c',
  '0000001e',
  '00000034',
  'ffff0000',
  Buffer.from(networks[place].router.split('.').map(Number)).toString('hex'),
  '0a580001',
];

const others = (options: ReadonlyMap<number, Buffer>) =>
  Object.fromEntries(
    [...options].filter(([code]) => !ownCodes.includes(code)).map(([code, bytes]) => [code, bytes.toString('hex')]),
  );

test('all packages that are installed have rows here, and each of their classes has one that it recognises', async () => {
  const { packages } = await offhook.ask('plugin', 'list');
  expect(packages.map((each: { id: string }) => each.id).sort()).toEqual(installed.map(({ id }) => id).sort());
  for (const { id, definition } of installed) {
    const own = looks.filter((look) => look.id === id);
    const { vendorClass = [], userClass = [] } = definition.recognise;
    expect(vendorClass.filter((pattern) => !own.some((look) => pattern.test(look.vendorClass ?? '')))).toEqual([]);
    expect(userClass.filter((pattern) => !own.some((look) => pattern.test(look.userClass ?? '')))).toEqual([]);
  }
});

const rows = [...looks, { id: 'nobody', by: 'Unknown Phone 1.0', vendorClass: 'Unknown Phone 1.0' }].flatMap((look) =>
  places.map((place) => [look.id, look.by, place, look as Look] as const),
);

test.each(rows)(
  'of %s: who is known by %s, on %s, is told what such phones need, whoever asks and for what',
  async (id, _by, place, look) => {
    const { vendorClass, userClass, macPrefix } = look;
    const expected = id === 'nobody' ? new Map<number, Buffer>() : toldTo(id);
    const told = others(expected);
    const wish = { ...(vendorClass !== undefined && { vendorClass }), ...(userClass !== undefined && { userClass }) };
    await Promise.all(
      stations
        .filter((station) => station.place === place)
        .map(async (station) => {
          for (const asks of [[], [...new Set([43, 66, 67, 150, 160, ...expected.keys()])]]) {
            const { leased, acknowledged } = await phone(station, { ...wish, asks }, macPrefix);
            const who = `${station.client} ${asks.length}`;
            expect([who, leased.address]).toEqual([who, expect.stringMatching(networks[place].addresses)]);
            expect([who, acknowledged.yiaddr, others(acknowledged.options)]).toEqual([who, leased.address, told]);
            expect([who, own(acknowledged.options)]).toEqual([who, ownOf(place)]);
            const heard = new Map([...expected].filter(([code]) => !leased.withheld.includes(code)));
            expect([who, others(leased.options)]).toEqual([who, others(heard)]);
            // A URL is no host name to udhcpc.
            const isUrl = station.client === 'udhcpc' && expected.get(66)?.toString().startsWith('http');
            expect([who, leased.withheld]).toEqual([who, isUrl ? [66] : []]);
          }
        }),
    );
  },
);

test.each(places)('on %s, what only the network has is told to who asks for it', async (place) => {
  await Promise.all(
    stations
      .filter((station) => station.place === place)
      .map(async (station) => {
        const network = { 15: hex('phones.example'), 42: place === near ? '0a58002a' : '0a59002a' };
        const wish = { vendorClass: 'yealink', asks: [15, 42] };
        const told = { ...others(toldTo('yealink')), ...network };
        expect(others((await phone(station, wish)).acknowledged.options)).toEqual(told);
        expect(others((await phone(station, { ...wish, asks: [15] })).acknowledged.options)).toEqual({ ...told, 42: undefined });
      }),
  );
});

test('a lease that came by way of a relay names the relay and its circuit', async () => {
  const { leases } = await offhook.ask('dhcp', 'leases', '--limit', '1000');
  const circuits = new Set(leases.map(({ circuit, subnet }: { circuit: string; subnet: string }) => `${subnet} ${circuit}`));
  // Also of those that were renewed since, past the relay.
  expect([...circuits].toSorted()).toEqual(['10.88.0.0/16 eth0', '10.89.0.0/16 10.89.0.254 eth1']);
});

test.each([
  ['dhclient', near, far],
  ['dhcpcd', near, far],
  ['dhclient', far, near],
  ['dhcpcd', far, near],
] as const)('%s that comes from %s to %s asks for the address it had, is refused, and gets one', async (client, from, to) => {
  const [before, after] = [from, to].map((place) => stations.find((each) => each.client === client && each.place === place));
  if (!before || !after) throw new Error(`There is no ${client}`);
  const { mac, leased } = await phone(before, { vendorClass: 'yealink' });
  await after.host.ip(`link set eth0 address ${mac}`);
  const moved = await lease(client, after.host, join(before.folder, String(phones)), { vendorClass: 'yealink' });
  await moved.running.stop();
  await after.host.ip('address flush dev eth0');
  expect(leased.address).toMatch(networks[from].addresses);
  expect(moved.address).toMatch(networks[to].addresses);
  await eventually(() => {
    const types = after
      .seen()
      .filter((each) => each.mac === mac)
      .map(({ type }) => type);
    // REQUEST, NAK, DISCOVER …
    expect([types[0], types.indexOf(6) < types.indexOf(1), types.at(-1)]).toEqual([3, true, 5]);
  });
});

test.each(places)(
  'udhcpc on %s, whose address another has by now, is refused when it renews, and gets another',
  async (place) => {
    const [station, other] = (['udhcpc', 'dhclient'] as const).map((client) =>
      stations.find((each) => each.client === client && each.place === place),
    );
    if (!station || !other) throw new Error('There are no clients');
    await station.host.ip('link set eth0 address 02:00:01:00:00:01');
    const { running, address } = await lease('udhcpc', station.host, join(station.folder, 'renewing'), {
      vendorClass: 'yealink',
    });
    await offhook.offhook('dhcp', 'forget', address);
    expect((await phone(other, { address })).leased.address).toBe(address);
    running.process.kill('SIGUSR1');
    const [, again] = await eventually(() => {
      const acknowledged = station.seen().filter(({ mac, type }) => mac === '02:00:01:00:00:01' && type === 5);
      expect(acknowledged).toHaveLength(2);
      return acknowledged;
    });
    expect(again?.yiaddr).toMatch(networks[place].addresses);
    expect(again?.yiaddr).not.toBe(address);
    expect(others(again?.options ?? new Map())).toEqual(others(toldTo('yealink')));
    await running.stop();
    await station.host.ip('address flush dev eth0');
  },
);

test.each([
  ['renew with the server alone, past the relay, when half of their time is over', false],
  ['whom the server does not hear ask anybody when seven eighths are over', true],
])(
  'clients %s, and keep address and options',
  async (_how, deaf) => {
    await eventually(async () => {
      for (const { station, first } of staying.filter((each) => each.deaf === deaf)) {
        const { client, place, seen } = station;
        const who = `${client} on ${place}`;
        const { address } = first;
        const all = seen().filter(({ from, yiaddr }) => from === address || yiaddr === address);
        const at = all.findIndex(({ type }) => type === 5);
        const request = all.findIndex(
          ({ from, to, type }) => from === address && type === 3 && to === (deaf ? '255.255.255.255' : '10.88.0.1'),
        );
        expect([who, at >= 0, request > at]).toEqual([who, true, true]);
        const renewed = all.slice(request).find(({ type }) => type === 5);
        expect([who, renewed?.from, renewed?.yiaddr]).toEqual([who, '10.88.0.1', address]);
        expect([who, own(renewed?.options ?? new Map())]).toEqual([who, ownOf(place)]);
        expect([who, others(renewed?.options ?? new Map())]).toEqual([who, others(toldTo('digium'))]);
      }
    }, 60);
    const { leases } = await offhook.ask('dhcp', 'leases', '--limit', '1000');
    const bound = leases
      .filter(({ state }: { state: string }) => state === 'bound')
      .map((each: { address: string }) => each.address);
    expect(bound).toEqual(expect.arrayContaining(staying.filter((each) => each.deaf === deaf).map(({ first }) => first.address)));
  },
  70_000,
);
