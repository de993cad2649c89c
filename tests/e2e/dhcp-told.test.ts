import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Code, MessageType, option } from '../../server/lib/dhcp/options.ts';
import type { Packet } from '../../server/lib/dhcp/packet.ts';
import type { Json } from '../support/administrator.ts';
import { eventually } from '../support/eventually.ts';
import { type Host, makeNetwork, type Network, type Running } from '../support/netns.ts';
import { answerOf, relayed, relaying } from '../support/relay.ts';
import { ip } from '../support/requests.ts';
import { type NetworkServer, serving, startOn } from '../support/served-network.ts';
import { hookOf, type SiteKind, siteKinds, startSite } from '../support/site-servers.ts';

/** Three sites, each with its own DHCP server, and one Offhook that is told of their leases. */
interface Place {
  readonly kind: SiteKind;
  readonly net: string;
  readonly folder: string;
  readonly relay: Host;
  /** Starts the DHCP server, anew with the leases that it had. */
  start(): Promise<Running>;
}

let network: Network;
let host: Host;
let offhook: NetworkServer;
const places: Place[] = [];
const servers = new Map<SiteKind, Running>();

beforeAll(async () => {
  network = await makeNetwork();
  const wishes = siteKinds.map((kind, index) => [`eth${index}`, { bridge: kind, addresses: [`10.8${index}.0.1/24`] }] as const);
  host = await network.host('offhook', Object.fromEntries(wishes));
  await startOffhook();
  await Promise.all(
    siteKinds.map(async (kind, index) => {
      const net = `10.8${index}.0`;
      const folder = mkdtempSync(join(tmpdir(), `offhook-${kind}-`));
      const server = await network.host(kind, { eth0: { bridge: kind, addresses: [`${net}.2/24`] } });
      const relay = await network.host(`${kind}-relay`, { eth0: { bridge: kind, addresses: [`${net}.3/24`] } });
      const text = await offhook.offhook('dhcp-config', kind, '--url', `http://${net}.1:8667`);
      const hook = hookOf(kind, folder, `http://${net}.1:8666`, join(offhook.data, 'dhcp.token'));
      const start = () => startSite(kind, { host: server, folder, net, isRelayed: true }, text, hook);
      places.push({ kind, net, folder, relay, start });
      servers.set(kind, await start());
    }),
  );
});
afterAll(async () => {
  await offhook?.stop();
  await network?.remove();
  for (const { folder } of places) rmSync(folder, { recursive: true, force: true });
});

async function startOffhook(data?: string): Promise<void> {
  const listen = `admin: { listen: [127.0.0.1, ${siteKinds.map((_, index) => `10.8${index}.0.1`).join(', ')}], allow_unencrypted: true }`;
  offhook = await serving(startOn(host, 'mode: off', data, listen));
}

/** What the hooks of a site said to syslog. */
function complaints({ folder }: Place): string[] {
  const file = join(folder, 'syslog');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

/** The same at all sites, side by side. */
const everywhere = (work: (place: Place) => Promise<void>): Promise<unknown> => Promise.all(places.map(work));

/** A phone of Digium, by its MAC address. */
const macOf = ({ net }: Place, number: number): string => `00:0f:d3:0${net[4]}:00:${String(number).padStart(2, '0')}`;

async function ask(
  { net, relay }: Place,
  mac: string,
  type: number,
  more: Iterable<readonly [number, Buffer]>,
  from?: string,
): Promise<Packet> {
  const packet = relayed(`${net}.3`, mac, new Map([option(Code.messageType, type), ...more]), from);
  // Repeated it would be told twice.
  return answerOf(await relay.run(process.execPath, relaying(`${net}.2`, `${net}.3`, packet, 'ask', SOON_MS)));
}

async function tell(
  { net, relay }: Place,
  mac: string,
  type: number,
  more: Iterable<readonly [number, Buffer]>,
  from?: string,
): Promise<void> {
  const options = new Map([option(Code.messageType, type), option(Code.serverIdentifier, ip(`${net}.2`)), ...more]);
  await relay.run(process.execPath, relaying(`${net}.2`, `${net}.3`, relayed(`${net}.3`, mac, options, from), 'tell'));
}

const vendorClass = [60, Buffer.from('digium_D40_1_4_0_0_57389')] as const;

/** A client repeats itself after four seconds (RFC 2131, section 4.1); a hook that waited for Offhook would take five. */
const SOON_MS = 4_000;

/** DISCOVER to ACK, which comes soon. @returns the address that it has */
async function boot(
  place: Place,
  mac: string,
  wish: { readonly address?: string; readonly seconds?: number } = {},
): Promise<string> {
  const wanted = [...(wish.seconds === undefined ? [] : [option(Code.leaseTime, wish.seconds)]), vendorClass];
  const preferred = wish.address === undefined ? [] : [option(Code.requestedAddress, ip(wish.address))];
  const { yiaddr } = await ask(place, mac, MessageType.discover, [...preferred, ...wanted]);
  const server = option(Code.serverIdentifier, ip(`${place.net}.2`));
  const started = performance.now();
  const given = await ask(place, mac, MessageType.request, [
    server,
    option(Code.requestedAddress, yiaddr ?? ip('0.0.0.0')),
    ...wanted,
  ]);
  if (given.options.get(Code.messageType)?.[0] !== MessageType.acknowledge || given.yiaddr === undefined)
    throw new Error('It was refused');
  expect(performance.now() - started).toBeLessThan(SOON_MS);
  return given.yiaddr;
}

/** What the API of Offhook answers. */
async function api(path: string): Promise<Json> {
  const token = readFileSync(join(offhook.data, 'admin.token'), 'utf8').trim();
  const words = ['-sf', '-H', `Authorization: Bearer ${token}`, `http://127.0.0.1:8666/api/v1/${path}`];
  return JSON.parse(await host.run('curl', words));
}

const deviceOf = async (mac: string): Promise<Json | undefined> => (await api(`devices?mac=${mac}`)).devices[0];
const becomes = (mac: string, address: string | null) => eventually(async () => expect((await deviceOf(mac))?.ip).toBe(address));

/** Waits until this, and nothing else, was told of an address. */
const hears = (address: string, ...expected: readonly string[]) =>
  eventually(async () => {
    const found = (await api('dhcp/messages')).messages.filter((each: Json) => each.ip === address);
    expect(found.map(({ type, mac }: Json) => `${type} ${mac}`)).toEqual(expected);
  });

test('the address of a phone is that of its lease: renewed, given back, another’s, declined, expired', async () => {
  await everywhere(async (place) => {
    const { kind } = place;
    const [first, second, third, fourth] = [macOf(place, 1), macOf(place, 2), macOf(place, 3), macOf(place, 4)];
    const address = await boot(place, first);
    await becomes(first, address);
    const before = await deviceOf(first);
    // The times are whole seconds to dnsmasq: a renewal in the same one changes nothing.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await ask(place, first, MessageType.request, [vendorClass], address);
    await hears(address, `commit ${first}`, `commit ${first}`);
    expect({ ...(await deviceOf(first)), seen: null }).toEqual({ ...before, seen: null });

    await tell(place, first, MessageType.release, [], address);
    await becomes(first, null);
    expect(await boot(place, second, { address })).toBe(address);
    await becomes(second, address);
    const release = `release ${first}`;
    const told = [`commit ${first}`, `commit ${first}`, ...(kind === 'kea' ? [release, release] : [release]), `commit ${second}`];
    await hears(address, ...told);
    expect((await deviceOf(first))?.ip).toBeNull();

    const declined = await boot(place, third);
    await becomes(third, declined);
    await tell(place, third, MessageType.decline, [option(Code.requestedAddress, ip(declined))]);
    await becomes(third, null);
    const other = await boot(place, third);
    expect(other).not.toBe(declined);
    await becomes(third, other);
    // ISC dhcpd has forgotten whose it was; Kea has done with it after two seconds, and then knows no more either.
    const over = { kea: [`release ${third}`, 'expiry null'], dnsmasq: [`release ${third}`], isc: ['expiry null'] };
    await hears(declined, `commit ${third}`, ...over[kind]);
    await becomes(third, other);

    // dnsmasq knows no time below two minutes.
    if (kind === 'dnsmasq') return;
    const brief = await boot(place, fourth, { seconds: 2 });
    await hears(brief, `commit ${fourth}`, `expiry ${fourth}`);
    await becomes(fourth, null);
  });
  expect(places.flatMap(complaints)).toEqual([]);
}, 60_000);

test('while Offhook is down phones get their leases all the same, and it learns of them when they are renewed', async () => {
  await offhook.running.stop();
  const addresses = new Map<SiteKind, string>();
  await everywhere(async (place) => {
    addresses.set(place.kind, await boot(place, macOf(place, 5)));
    await eventually(() => expect(complaints(place)).toEqual([expect.stringMatching(/ does not answer; leases not told: 1$/)]));
  });
  rmSync(join(offhook.data, 'log'));
  await startOffhook(offhook.data);
  await everywhere(async (place) => {
    const address = addresses.get(place.kind) ?? '';
    await ask(place, macOf(place, 5), MessageType.request, [vendorClass], address);
    await becomes(macOf(place, 5), address);
  });
}, 60_000);

/** What a process has open that it could keep from others: sockets, and files of a site, but for the lock of Kea's log, which goes by process. */
const openOf = (id: string | number, folder: string): string[] =>
  readdirSync(`/proc/${id}/fd`)
    .flatMap((descriptor) => linkOf(`/proc/${id}/fd/${descriptor}`))
    .filter((target) => target.startsWith('socket:') || (target.startsWith(folder) && !target.endsWith('/logger_lockfile')));

function linkOf(path: string): string[] {
  try {
    return [readlinkSync(path)];
  } catch {
    // It has just been closed.
    return [];
  }
}

/** Command lines of all processes, by id. */
const commands = (): Map<string, string> =>
  new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((id) => {
        try {
          return [[id, readFileSync(`/proc/${id}/cmdline`, 'latin1')] as const];
        } catch {
          // It has just ended.
          return [];
        }
      }),
  );

test('while Offhook hangs phones get their leases, the token shows nowhere, and the DHCP server can start again', async () => {
  const token = readFileSync(join(offhook.data, 'dhcp.token'), 'utf8').trim();
  offhook.running.process.kill('SIGSTOP');
  try {
    await everywhere(async (place) => {
      const { kind, net, folder } = place;
      await boot(place, macOf(place, 6));
      const running = servers.get(kind);
      const curl = await eventually(() => {
        const [id] = [...commands()].find(([, words]) => words.startsWith('curl\0') && words.includes(`//${net}.1:`)) ?? [];
        if (id === undefined) throw new Error('No curl runs');
        return id;
      });
      expect([...commands().values()].filter((words) => words.includes(token))).toEqual([]);
      expect(readFileSync(`/proc/${curl}/environ`, 'latin1')).not.toContain(token);
      const kept = new Set(openOf(running?.process.pid ?? 0, folder));
      expect(kept.size).toBeGreaterThan(1);
      expect(openOf(curl, folder).filter((each) => kept.has(each))).toEqual([]);
      await running?.stop();
      servers.set(kind, await place.start());
    });
  } finally {
    offhook.running.process.kill('SIGCONT');
  }
}, 60_000);

test('dnsmasq tells all its leases when it starts: that changes nothing, but for one that has ended meanwhile', async () => {
  const place = places.find(({ kind }) => kind === 'dnsmasq') as Place;
  const [staying, ending] = [macOf(place, 7), macOf(place, 8)];
  const [kept, ended] = [await boot(place, staying), await boot(place, ending)];
  await becomes(staying, kept);
  await becomes(ending, ended);
  const before = await deviceOf(staying);
  await servers.get('dnsmasq')?.stop();
  const file = join(place.folder, 'leases');
  const soon = Math.floor(Date.now() / 1_000) + 2;
  writeFileSync(file, readFileSync(file, 'utf8').replace(new RegExp(`^\\d+ ${ending}`, 'm'), `${soon} ${ending}`));
  servers.set('dnsmasq', await place.start());
  await hears(kept, `commit ${staying}`, `commit ${staying}`);
  await becomes(ending, null);
  expect({ ...(await deviceOf(staying)), seen: null }).toEqual({ ...before, seen: null });
  expect(await boot(place, macOf(place, 9), { address: ended })).toBe(ended);
  await becomes(macOf(place, 9), ended);
}, 60_000);

/** Links to all programs but one. */
function without(program: string, folder: string): string {
  const bin = join(folder, `without-${program}`);
  mkdirSync(bin);
  for (const each of ['/usr/bin', '/bin'].flatMap((path) => readdirSync(path).map((name) => join(path, name)))) {
    const name = basename(each);
    if (name !== program && !existsSync(join(bin, name))) symlinkSync(each, join(bin, name));
  }
  return `${folder}/bin:${bin}`;
}

/** What goes wrong at a site, as lines that its hook begins with, and what syslog is told of that. */
const mishaps: Readonly<Record<string, (folder: string) => readonly [string, RegExp]>> = {
  'the token is wrong': (folder) => [
    conf(folder, 'token_file', `${folder}/wrong`),
    /does not take the token in .*; leases not told: 1/,
  ],
  'the token is not there': (folder) => [
    conf(folder, 'token_file', '/nowhere/token'),
    /^\/nowhere\/token, which .* is not there or cannot be read by root:/,
  ],
  'the token is a folder': (folder) => [conf(folder, 'token_file', folder), /has no token/],
  'the URL is of something else': (folder) => [conf(folder, 'url', 'file:///etc'), /has no url with http/],
  'the settings are not there': () => ['OFFHOOK_HOOK_CONF=/nowhere/conf', /^\/nowhere\/conf is not there/],
  'curl is missing': (folder) => [`PATH=${without('curl', folder)}`, /^there is no curl in /],
  'flock is missing': (folder) => [`PATH=${without('flock', folder)}`, /^there is no flock in /],
  'the queue cannot be': () => ['OFFHOOK_SPOOL=/proc/nowhere', /^\/proc\/nowhere cannot be written to/],
  'the disk is full': (folder) => {
    mkdirSync(join(folder, 'full'));
    symlinkSync('/dev/full', join(folder, 'full/queue'));
    return [`OFFHOOK_SPOOL=${folder}/full`, /full cannot be written to/];
  },
  'the queue is a link': (folder) => {
    mkdirSync(join(folder, 'else'));
    symlinkSync(join(folder, 'else'), join(folder, 'link'));
    return [`OFFHOOK_SPOOL=${folder}/link`, /link cannot be written to, or is not a folder of its own user/];
  },
  'the queue is another user’s': (folder) => {
    mkdirSync(join(folder, 'foreign'), { mode: 0o777 });
    chownSync(join(folder, 'foreign'), 65_534, 65_534);
    return [`OFFHOOK_SPOOL=${folder}/foreign`, /foreign cannot be written to, or is not a folder of its own user/];
  },
};

/** The configuration of a hook with another value for a key. @returns what names it */
function conf(folder: string, key: string, value: string): string {
  writeFileSync(join(folder, 'wrong'), 'a-wrong-token\n');
  const right = readFileSync(join(folder, 'hook.conf'), 'utf8');
  // As some editors leave it: without an end of the last line.
  writeFileSync(join(folder, 'mishap.conf'), `${right}${key}=${value}`);
  return `OFFHOOK_HOOK_CONF=${folder}/mishap.conf`;
}

test('whatever is wrong with a hook, phones get their leases, and syslog is told what it is', async () => {
  await everywhere(async (place) => {
    const { folder } = place;
    for (const [index, [what, arrange]] of Object.entries(mishaps).entries()) {
      const [line, complaint] = arrange(folder);
      writeFileSync(join(folder, 'environment'), `${line}\n`);
      const before = complaints(place).length;
      await boot(place, macOf(place, 20 + index));
      await eventually(() => expect([what, ...complaints(place).slice(before)]).toContainEqual(expect.stringMatching(complaint)));
    }
    expect([...readdirSync(join(folder, 'else')), ...readdirSync(join(folder, 'foreign'))]).toEqual([]);
    rmSync(join(folder, 'environment'));
    const address = await boot(place, macOf(place, 19));
    await becomes(macOf(place, 19), address);
  });
}, 60_000);
