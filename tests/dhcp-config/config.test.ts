import { expect, test } from '@jest/globals';
import { dhcpConfig, dhcpServers } from '../../server/dhcp-config/config.ts';
import { expectGolden } from '../support/golden.ts';
import { bundled, PLAIN_EVIL, server } from './plans.ts';

const endings = { kea: 'kea.json', dnsmasq: 'dnsmasq.conf', isc: 'dhcpd.conf', mikrotik: 'mikrotik.rsc', windows: 'windows.ps1' };

test.each(dhcpServers)('the bundled packages make a configuration for %s', async (kind) => {
  const text = await bundled(kind);
  expectGolden(`../dhcp-config/golden/${endings[kind]}`, text);
  expect(await bundled(kind)).toBe(text);
});

/** What is left of a script when what stands between quotes, bytes and comments are taken out of it. */
const skeletons = {
  windows: (text: string) => text.replaceAll(/^#.*$/gm, '#').replaceAll(/'(?:[^']|'')*'/g, 'QUOTED'),
  mikrotik: (text: string) => text.replaceAll(/^#.*$/gm, '#').replaceAll(/"(?:[^"\\$]|\\[\dA-F]{2})*"|0x[\da-f]*/g, 'QUOTED'),
};

// There is neither here to ask.
test.each(['windows', 'mikrotik'] as const)('values do not break out of a script for %s', (kind) => {
  const script = (vendorClass: RegExp, value: string) => {
    const definition = { vendor: value, version: value, recognise: { vendorClass: [vendorClass] }, dhcp: { 66: value } };
    return skeletons[kind](dhcpConfig(kind, [{ id: 'acme', definition }], { ...server, url: 'http://h/k' }));
  };
  const harmless = script(/^acme/, 'http://h/x');
  expect(harmless).toContain('QUOTED');
  for (const text of [PLAIN_EVIL, "'; Stop-Computer; '", '"; /system reset; "', '$(x)', '\\"', "''", '`', '#']) {
    expect(script(/^a'";}\\/, text)).toBe(harmless);
  }
});
