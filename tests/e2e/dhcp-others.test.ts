import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lease } from '../support/dhcp-clients.ts';
import { eventually } from '../support/eventually.ts';
import { type Host, makeNetwork, type Network, peer } from '../support/netns.ts';
import { type NetworkServer, serving, startOn } from '../support/served-network.ts';

let network: Network;
let folder: string;
let offhook: NetworkServer | undefined;
beforeEach(async () => {
  network = await makeNetwork();
  folder = mkdtempSync(join(tmpdir(), 'offhook-site-'));
});
afterEach(async () => {
  await offhook?.stop();
  await network.remove();
  rmSync(folder, { recursive: true });
});

const put = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** The hooks of dhcp-config/, told where Offhook is. @returns the one of a server */
function hookOf(kind: string, token: string): string {
  const hooks = join(folder, 'hooks');
  cpSync(join(import.meta.dirname, '../../dhcp-config'), hooks, { recursive: true });
  const configuration = put('hook.conf', `url=http://10.88.0.1:8666\ntoken_file=${token}\n`);
  mkdirSync(join(folder, 'spool'));
  const script = put(
    'hook',
    `#!/bin/sh\nOFFHOOK_HOOK_CONF=${configuration} OFFHOOK_SPOOL=${folder}/spool exec ${hooks}/${kind}/offhook-lease "$@"\n`,
  );
  chmodSync(script, 0o755);
  return script;
}

/** Starts the site's own server with what was generated, and a hook. */
const sites = {
  kea(host: Host, text: string, hook: string) {
    const included = put('offhook.json', text.replaceAll(/"name": "\/usr\/local[^"]*"/g, `"name": "${hook}"`));
    const file = put(
      'kea.json',
      `{ "Dhcp4": { <?include "${included}"?>,
        "interfaces-config": { "interfaces": ["eth0"] },
        "lease-database": { "type": "memfile", "persist": false }, "valid-lifetime": 3600,
        "subnet4": [{ "subnet": "10.88.0.0/24", "pools": [{ "pool": "10.88.0.100 - 10.88.0.200" }] }] } }`,
    );
    const environment = `KEA_PIDFILE_DIR=${folder} KEA_LOCKFILE_DIR=${folder} KEA_LOGGER_DESTINATION=stderr`.split(' ');
    return host.spawn('env', [...environment, peer('kea-dhcp4'), '-c', file]).until(/DHCP4_STARTED/);
  },
  async dnsmasq(host: Host, text: string, hook: string) {
    const file = put('dnsmasq.conf', text.replace(/^dhcp-script=.*$/m, `dhcp-script=${hook}`));
    const words = [
      '--keep-in-foreground',
      '--port=0',
      '--interface=eth0',
      '--user=root',
      '--log-facility=-',
      '--no-ping',
      '--pid-file=',
    ];
    const leases = [`--dhcp-leasefile=${folder}/leases`, '--dhcp-range=10.88.0.100,10.88.0.200,1h'];
    return host.spawn('dnsmasq', ['-C', file, ...words, ...leases]).until(/started/);
  },
  isc(host: Host, text: string, hook: string) {
    const included = put('offhook.conf', text.replaceAll(/"\/usr\/local[^"]*"/g, `"${hook}"`));
    const subnet = 'subnet 10.88.0.0 netmask 255.255.255.0 { range 10.88.0.100 10.88.0.200; }';
    const file = put('dhcpd.conf', `authoritative;\ninclude "${included}";\nping-check false;\n${subnet}\n`);
    const words = ['-4', '-f', '-d', '-cf', file, '-lf', put('leases', ''), '--no-pid', 'eth0'];
    return host.spawn('dhcpd', words).until(/Server starting service/);
  },
};
type Site = keyof typeof sites;

const phones = {
  Digium: { mac: '00:0f:d3:05:48:48', vendorClass: 'digium_D40_1_4_0_0_57389', file: '000fd3054848.cfg', model: 'D40' },
  Yealink: { mac: '00:15:65:5e:16:7c', vendorClass: 'yealink SIP-T46S', file: '0015655e167c.cfg', model: 'T46S' },
};

test.each(
  (Object.keys(sites) as Site[]).flatMap((kind) =>
    (Object.keys(phones) as (keyof typeof phones)[]).map((vendor) => [kind, vendor] as const),
  ),
)('with what is generated for %s a phone of %s comes up all the way, and Offhook knows it by then', async (kind, vendor) => {
  const { mac, vendorClass, file, model } = phones[vendor];
  const server = await network.host('server', { eth0: { bridge: 'lan', addresses: ['10.88.0.1/24'] } });
  const site = await network.host('site', { eth0: { bridge: 'lan', addresses: ['10.88.0.2/24'] } });
  const phone = await network.host('phone', { eth0: { bridge: 'lan', mac } });
  // Kea tells its hook nothing of what a phone says of itself: that is overheard.
  const dhcp = kind === 'kea' ? 'mode: listen\ninterfaces: [eth0]' : 'mode: off';
  offhook = await serving(startOn(server, dhcp, undefined, 'admin: { listen: [127.0.0.1, 10.88.0.1] }'));
  const text = await offhook.offhook('dhcp-config', kind, '--url', 'http://10.88.0.1:8667');
  await sites[kind](site, text, hookOf(kind, join(offhook.data, 'dhcp.token')));

  const { address, text: told } = await lease('dhclient', phone, join(folder, 'phone'), { vendorClass, asks: [66] });
  const device = { mac, ip: address, vendor, model };
  const { ask } = offhook;
  await eventually(async () => expect((await ask('device', 'list')).devices).toMatchObject([device]));
  const got = await phone.run('curl', ['-sf', `${told(66)}/${file}`]);
  expect(got).toContain('autoprov');
  expect((await ask('device', 'list')).devices).toMatchObject([device]);
});
