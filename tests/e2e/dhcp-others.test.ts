import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lease } from '../support/dhcp-clients.ts';
import { eventually } from '../support/eventually.ts';
import { makeNetwork, type Network } from '../support/netns.ts';
import { type NetworkServer, serving, startOn } from '../support/served-network.ts';
import { hookOf, siteKinds, startSite } from '../support/site-servers.ts';

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

const phones = {
  Digium: { mac: '00:0f:d3:05:48:48', vendorClass: 'digium_D40_1_4_0_0_57389', file: '000fd3054848.cfg', model: 'D40' },
  Yealink: { mac: '00:15:65:5e:16:7c', vendorClass: 'yealink SIP-T46S', file: '0015655e167c.cfg', model: 'T46S' },
};

test.each(siteKinds.flatMap((kind) => (Object.keys(phones) as (keyof typeof phones)[]).map((vendor) => [kind, vendor] as const)))(
  'with what is generated for %s a phone of %s comes up all the way, and Offhook knows it by then',
  async (kind, vendor) => {
    const { mac, vendorClass, file, model } = phones[vendor];
    const server = await network.host('server', { eth0: { bridge: 'lan', addresses: ['10.88.0.1/24'] } });
    const site = await network.host('site', { eth0: { bridge: 'lan', addresses: ['10.88.0.2/24'] } });
    const phone = await network.host('phone', { eth0: { bridge: 'lan', mac } });
    // Kea tells its hook nothing of what a phone says of itself: that is overheard.
    const dhcp = kind === 'kea' ? 'mode: listen\ninterfaces: [eth0]' : 'mode: off';
    offhook = await serving(
      startOn(server, dhcp, undefined, 'admin: { listen: [127.0.0.1, 10.88.0.1], allow_unencrypted: true }'),
    );
    const text = await offhook.offhook('dhcp-config', kind, '--url', 'http://10.88.0.1:8667');
    const hook = hookOf(kind, folder, 'http://10.88.0.1:8666', join(offhook.data, 'dhcp.token'));
    await startSite(kind, { host: site, folder, net: '10.88.0' }, text, hook);

    const { address, text: told } = await lease('dhclient', phone, join(folder, 'phone'), { vendorClass, asks: [66] });
    const device = { mac, ip: address, vendor, model };
    const { ask } = offhook;
    await eventually(async () => expect((await ask('device', 'list')).devices).toMatchObject([device]));
    const got = await phone.run('curl', ['-sf', `${told(66)}/${file}`]);
    expect(got).toContain('autoprov');
    expect((await ask('device', 'list')).devices).toMatchObject([device]);
  },
);
