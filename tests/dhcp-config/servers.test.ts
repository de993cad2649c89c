import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { bootPlan } from '../../server/dhcp-config/classes.ts';
import { dhcpConfig } from '../../server/dhcp-config/config.ts';
import { Code, MessageType, option, readOption } from '../../server/listeners/dhcp/options.ts';
import type { Packet } from '../../server/listeners/dhcp/packet.ts';
import { type DhcpPlace, openDhcpPlace, put } from './dhcp-place.ts';
import { bundled, odd, server } from './plans.ts';

let place: DhcpPlace;
beforeEach(() => {
  place = openDhcpPlace();
});
afterEach(() => place.close());

/** A whole configuration of a server of this site, with what was generated in it: how it is checked, and started. */
const sites = {
  kea(text: string) {
    // The script is at another place than here, and Kea looks whether it is there.
    const included = put(place, 'offhook.json', text.replaceAll(/"name": "\/usr\/local[^"]*"/g, '"name": "/bin/true"'));
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
  dnsmasq(text: string) {
    const file = put(place, 'dnsmasq.conf', text.replace(/^dhcp-script=.*$/m, 'dhcp-script=/bin/true'));
    const more = ['--keep-in-foreground', '--port=0', '--interface=wire', '--user=root', '--log-facility=-', '--no-ping'];
    const lease = [`--dhcp-leasefile=${place.folder}/leases`, '--dhcp-range=10.88.0.100,10.88.0.200,1h', '--pid-file='];
    return { command: 'dnsmasq', check: ['--test', '-C', file], words: ['-C', file, ...more, ...lease], environment: {} };
  },
  isc(text: string) {
    const included = put(place, 'offhook.conf', text.replaceAll(/"\/usr\/local[^"]*"/g, '"/bin/true"'));
    const subnet = 'subnet 10.88.0.0 netmask 255.255.255.0 { range 10.88.0.100 10.88.0.200; }';
    const file = put(place, 'dhcpd.conf', `include "${included}";\nping-check false;\n${subnet}\n`);
    const leases = put(place, 'leases', '');
    const words = ['-4', '-f', '-d', '-cf', file, '-lf', leases, '--no-pid', 'wire'];
    return { command: 'dhcpd', check: ['-t', '-cf', file, '-lf', leases], words, environment: {} };
  },
};
type Site = keyof typeof sites;
const kinds: readonly Site[] = ['kea', 'dnsmasq', 'isc'];

function startWith(kind: Site, text: string): void {
  const { command, words, environment } = sites[kind](text);
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
  expect(options.map(({ code }) => code)).toEqual([42, 43, 66, 67, 114, 150, 160, 161, 162, 163, 164, 165, 209]);
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
