import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { bootPlan } from '../../server/dhcp-config/classes.ts';
import { dhcpConfig } from '../../server/dhcp-config/config.ts';
import { Code, MessageType, option, readOption } from '../../server/lib/dhcp/options.ts';
import type { Packet } from '../../server/lib/dhcp/packet.ts';
import { eventually } from '../support/eventually.ts';
import { type DhcpPlace, openDhcpPlace, put } from './dhcp-place.ts';
import { bundled, odd, server } from './plans.ts';

let place: DhcpPlace;
beforeEach(() => {
  place = openDhcpPlace();
});
afterEach(() => place.close());

/** A whole configuration of a server of this site, with what was generated in it: how it is checked, and started. */
const sites = {
  kea(text: string, hook = '/bin/true') {
    // The script is at another place than here, and Kea looks whether it is there.
    const included = put(place, 'offhook.json', text.replaceAll(/"name": "\/usr\/local[^"]*"/g, `"name": "${hook}"`));
    const file = put(
      place,
      'kea.json',
      `{ "Dhcp4": { <?include "${included}"?>,
        "interfaces-config": { "interfaces": ["wire"], "dhcp-socket-type": "udp" },
        "lease-database": { "type": "memfile", "persist": false }, "valid-lifetime": 3600,
        "subnet4": [{ "subnet": "10.88.0.0/24", "pools": [{ "pool": "10.88.0.100 - 10.88.0.200" }] }] } }`,
    );
    const environment = { KEA_PIDFILE_DIR: place.folder, KEA_LOCKFILE_DIR: place.folder, KEA_LOGGER_DESTINATION: 'stderr' };
    return { command: 'kea-dhcp4', check: ['-t', file], words: ['-c', file], environment };
  },
  dnsmasq(text: string, hook = '/bin/true') {
    const file = put(place, 'dnsmasq.conf', text.replace(/^dhcp-script=.*$/m, `dhcp-script=${hook}`));
    const more = ['--keep-in-foreground', '--port=0', '--interface=wire', '--user=root', '--log-facility=-', '--no-ping'];
    const lease = [`--dhcp-leasefile=${place.folder}/leases`, '--dhcp-range=10.88.0.100,10.88.0.200,1h', '--pid-file='];
    return { command: 'dnsmasq', check: ['--test', '-C', file], words: ['-C', file, ...more, ...lease], environment: {} };
  },
  isc(text: string, hook = '/bin/true') {
    const included = put(place, 'offhook.conf', text.replaceAll(/"\/usr\/local[^"]*"/g, `"${hook}"`));
    const subnet = 'subnet 10.88.0.0 netmask 255.255.255.0 { range 10.88.0.100 10.88.0.200; }';
    const file = put(place, 'dhcpd.conf', `include "${included}";\nping-check false;\n${subnet}\n`);
    const leases = put(place, 'leases', '');
    const words = ['-4', '-f', '-d', '-cf', file, '-lf', leases, '--no-pid', 'wire'];
    return { command: 'dhcpd', check: ['-t', '-cf', file, '-lf', leases], words, environment: {} };
  },
};
type Site = keyof typeof sites;
const kinds: readonly Site[] = ['kea', 'dnsmasq', 'isc'];

function startWith(kind: Site, text: string, hook?: string): void {
  const { command, words, environment } = sites[kind](text, hook);
  place.start(command, words, environment);
}

const discover = (...more: (readonly [number, Buffer])[]): Packet['options'] =>
  new Map<number, Buffer>([option(Code.messageType, MessageType.discover), ...more]);
const vendorClass = (text: string) => [60, Buffer.from(text, 'latin1')] as const;
/** Of no vendor. */
const STRANGER = '02:00:00:00:00:01';

test.each(kinds)('%s has nothing against what is generated, also from a package that would break out of it', async (kind) => {
  for (const text of [await bundled(kind), dhcpConfig(kind, [odd], server), dhcpConfig(kind, [], server)]) {
    const { command, check, environment } = sites[kind](text);
    place.check(command, check, environment);
  }
});

test.each(kinds)(
  '%s gives phones what their vendor package says, by class and by MAC address, and others nothing',
  async (kind) => {
    startWith(kind, await bundled(kind));
    const yealink = await place.ask(discover(vendorClass('yealink SIP-T46S')), STRANGER);
    // dnsmasq ends texts with a NUL, which is no part of them (RFC 2132, section 2).
    expect(readOption(yealink.options, 66)).toBe('http://192.0.2.10:8667');
    expect(yealink.siaddr).toBe('192.0.2.10');
    const digium = await place.ask(discover(), '00:0f:d3:05:48:48');
    expect(readOption(digium.options, 66)).toBe('http://192.0.2.10:8667/Digium');
    const other = await place.ask(discover(vendorClass('MSFT 5.0')), '02:00:00:00:00:02');
    expect(other.options.has(66)).toBe(false);
  },
);

test.each(kinds)('%s gives values that would break out of its syntax as they are', async (kind) => {
  startWith(kind, dhcpConfig(kind, [odd], server));
  const [{ options } = { options: [] }] = bootPlan([odd], server).classes;
  expect(options.map(({ code }) => code)).toEqual([42, 43, 66, 67, 114, 150, 160, 161, 162, 163, 164, 165, 166, 209]);
  // Its 67 is one line.
  const sent = options.filter(({ code }) => kind !== 'dnsmasq' || code !== 67);
  const userClass = [77, Buffer.from('\x0bphone-class')] as const;
  for (const asked of [discover(vendorClass(`odd"';}\\{ x`)), discover(userClass), discover()]) {
    const given = await place.ask(asked, asked.size === 1 ? '00:15:65:7a:00:01' : STRANGER);
    const got = sent.map(({ code }) => [code, given.options.get(code)?.toString('latin1').replace(/\0$/, '')]);
    expect(got).toEqual(sent.map(({ code, bytes }) => [code, bytes.toString('latin1')]));
  }
});

test.each(['dnsmasq', 'isc'] as const)('%s finds a text also where it stands in the middle', async (kind) => {
  startWith(kind, dhcpConfig(kind, [odd], server));
  const given = await place.ask(discover(vendorClass('a part"of it')), STRANGER);
  expect(given.options.get(161)?.toString()).toBe('1234');
});

/** Hooks as they are installed, but that what they would tell is put into a file. */
function openHooks(): { hook(kind: Site): string; told(): unknown[] } {
  const folder = join(place.folder, 'hooks');
  const file = put(place, 'told', '');
  const descriptors = put(place, 'descriptors', '');
  cpSync(join(import.meta.dirname, '../../dhcp-config'), folder, { recursive: true });
  const script = `#!/bin/sh\nls -l /proc/$$/fd >>${descriptors}\nprintf '%s\\n' "$2" >>${file}\n`;
  writeFileSync(join(folder, 'offhook-tell'), script);
  const lines = () => readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return { hook: (kind) => join(folder, kind, 'offhook-lease'), told: () => lines().map((line) => JSON.parse(line)) };
}

/** A phone gets a lease, and gives it back. */
async function lease(mac: string, more: readonly (readonly [number, Buffer])[], release: boolean): Promise<Packet> {
  const offer = await place.ask(discover(...more), mac);
  const server = [54, offer.options.get(54) ?? Buffer.alloc(0)] as const;
  if (offer.yiaddr === undefined) throw new Error('The offer has no address');
  const request = new Map([
    option(Code.messageType, MessageType.request),
    option(Code.requestedAddress, offer.yiaddr),
    server,
    ...more,
  ]);
  const given = await place.ask(request, mac);
  const identifier = more.filter(([code]) => code === Code.clientIdentifier);
  const goodbye = new Map([option(Code.messageType, MessageType.release), server, ...identifier]);
  if (release) await place.tell(goodbye, mac, offer.yiaddr);
  return given;
}

const odds = Buffer.from('yea"l\\i$(id)\'\n\x01\xff;}', 'latin1');

test('what ISC dhcpd knows of a phone reaches the hook, though the phone sends little, and its release too', async () => {
  const hooks = openHooks();
  startWith('isc', await bundled('isc'), hooks.hook('isc'));
  const { yiaddr } = await lease(STRANGER, [[60, odds]], true);
  await eventually(() =>
    expect(hooks.told()).toEqual([
      { op: 'commit', ip: yiaddr, mac: STRANGER, options: { 60: odds.toString('hex') } },
      { op: 'release', ip: yiaddr, mac: STRANGER, options: {} },
    ]),
  );
  const all = [12, 43, 55, 60, 61, 77, 124, 125].map((code) => [code, samples[code] ?? Buffer.alloc(0)] as const);
  const second = await lease('02:00:00:00:00:02', all, false);
  await eventually(() =>
    expect(hooks.told()[2]).toEqual({
      op: 'commit',
      ip: second.yiaddr,
      mac: '02:00:00:00:00:02',
      options: Object.fromEntries(all.map(([code, bytes]) => [code, bytes.toString('hex')])),
    }),
  );
});

const samples: Readonly<Record<number, Buffer>> = {
  12: Buffer.from('sip-t46s'),
  43: Buffer.from('0104aabbccdd', 'hex'),
  55: Buffer.from([1, 3, 66, 160]),
  60: odds,
  61: Buffer.from('01020000000002', 'hex'),
  77: Buffer.from('\x03one\x03two', 'latin1'),
  124: Buffer.from('0000000903616263', 'hex'),
  125: Buffer.from('0000000903010161', 'hex'),
};

test('what dnsmasq knows of a phone reaches the hook', async () => {
  const hooks = openHooks();
  startWith('dnsmasq', await bundled('dnsmasq'), hooks.hook('dnsmasq'));
  const all = [12, 55, 60, 61, 77].map((code) => [code, samples[code] ?? Buffer.alloc(0)] as const);
  const { yiaddr } = await lease(STRANGER, all, true);
  const options = Object.fromEntries(all.map(([code, bytes]) => [code, bytes.toString('hex')]));
  await eventually(() => {
    expect(hooks.told()[0]).toEqual({ op: 'commit', ip: yiaddr, mac: STRANGER, options });
    expect(hooks.told().at(-1)).toMatchObject({ op: 'release', ip: yiaddr, mac: STRANGER });
  });
});

test('address, MAC address and name reach the hook of Kea, and a release', async () => {
  const hooks = openHooks();
  startWith('kea', await bundled('kea'), hooks.hook('kea'));
  const all = [12, 60, 61].map((code) => [code, samples[code] ?? Buffer.alloc(0)] as const);
  const { yiaddr } = await lease(STRANGER, all, true);
  const options = { 12: '7369702d74343673', 61: '01020000000002' };
  const release = { op: 'release', ip: yiaddr, mac: STRANGER, options };
  await eventually(() => {
    const [committed, ...released] = hooks.told();
    expect(committed).toEqual({ op: 'commit', ip: yiaddr, mac: STRANGER, options });
    expect(released).toEqual([release, release]);
  });
});

/** Texts that would do harm where a shell took them for its own, or that are cut where somebody takes them for text. */
const harmful: Readonly<Record<string, Buffer>> = {
  quotes: Buffer.from(`a'b"c\`d\\e`),
  commands: Buffer.from('$(touch pwned)`touch pwned`;touch pwned|touch pwned&touch pwned>pwned'),
  lines: Buffer.from('one\ntwo\r\n{"op":"release"}\n'),
  'UTF-8': Buffer.from('téléphone☎'),
  'a NUL': Buffer.from('before\0after'),
  'no text': Buffer.from([0xff, 0xfe, 0x80, 0x00, 0x01]),
  '255 bytes': Buffer.alloc(255, '$(id)'),
};

/** What is left of bytes when they reach a hook: dnsmasq ends them at a NUL, and Kea tells names alone, of what names are made of. */
const leftOf: Readonly<Record<Site, (bytes: Buffer) => unknown>> = {
  isc: (bytes) => ({ 12: bytes.toString('hex'), 60: bytes.toString('hex') }),
  dnsmasq(bytes) {
    const [text = ''] = bytes.toString('hex').split(/(?<=^(?:..)*)00/);
    return { 12: text, 60: text };
  },
  kea(bytes) {
    const name = bytes
      .toString('latin1')
      .replaceAll(/[^\w-]/g, '')
      .toLowerCase();
    return bytes.length < 50 && name !== '' ? { 12: Buffer.from(name).toString('hex') } : {};
  },
};

test.each(kinds)(
  'host names and vendor classes of any bytes reach the hook of %s, and none is executed',
  async (kind) => {
    const hooks = openHooks();
    startWith(kind, await bundled(kind), hooks.hook(kind));
    for (const [index, bytes] of Object.values(harmful).entries()) {
      const mac = `02:00:00:00:01:0${index}`;
      const { yiaddr } = await lease(mac, [[12, bytes] as const, [60, bytes] as const], false);
      await eventually(() =>
        expect(hooks.told()[index]).toEqual({ op: 'commit', ip: yiaddr, mac, options: leftOf[kind](bytes) }),
      );
    }
    expect(readdirSync(place.folder)).not.toContain('pwned');
  },
  30_000,
);

test('any option that a phone leaves out loses ISC dhcpd no other', async () => {
  const hooks = openHooks();
  startWith('isc', await bundled('isc'), hooks.hook('isc'));
  const codes = [12, 43, 55, 60, 61, 77, 124, 125];
  for (const [index, absent] of codes.entries()) {
    const mac = `02:00:00:00:02:0${index}`;
    const sent = codes.filter((code) => code !== absent).map((code) => [code, samples[code] ?? Buffer.alloc(0)] as const);
    const { yiaddr } = await lease(mac, own(sent, index), false);
    const options = Object.fromEntries(own(sent, index).map(([code, bytes]) => [code, bytes.toString('hex')]));
    await eventually(() => expect(hooks.told()[index]).toEqual({ op: 'commit', ip: yiaddr, mac, options }));
  }
}, 30_000);

/** With a client identifier of its own, where there is one. */
const own = (options: readonly (readonly [number, Buffer])[], number: number) =>
  options.map(([code, bytes]) => [code, code === 61 ? Buffer.from([0, number]) : bytes] as const);
