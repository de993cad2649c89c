import { expect, test } from '@jest/globals';
import { dhcpConfig, dhcpServers, isDhcpServer } from '../../server/dhcp-config/config.ts';
import { expectGolden } from '../support/golden.ts';
import { bundled, odd, PLAIN_EVIL, server } from './plans.ts';

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

// There is neither here to ask what it makes of it.
test.each(['windows', 'mikrotik'] as const)('a package that has something of everything makes a script for %s', (kind) => {
  expectGolden(`../dhcp-config/golden/odd-${endings[kind]}`, dhcpConfig(kind, [odd], server));
});

test.each(dhcpServers)('where the server has no address of IPv4, the configuration for %s names none', (kind) => {
  const text = dhcpConfig(kind, [odd], { url: 'http://phones.example.com:8667' });
  expect(text).toContain('option 150 is left out, for the server has no address of IPv4');
  expect(text).not.toMatch(/undefined|next-server|server-ip-address/);
});

const acme = (vendorClass: RegExp, dhcp: Readonly<Record<number, string>>) => ({
  id: 'acme',
  definition: { vendor: 'Acme', version: '1', recognise: { vendorClass: [vendorClass] }, dhcp },
});

test('RouterOS is told in bytes what its own quotes would end, in two digits what its strings would read otherwise', () => {
  const tab = '\\x09';
  const text = dhcpConfig('mikrotik', [acme(new RegExp(`^ac\\$me${tab}`), { 66: "it's" })], server);
  expect(text).toContain('code=66 force=yes value=0x69742773\n');
  expect(text).toContain('value="ac\\24me\\09"');
  expect(text).not.toContain('cannot match the beginning of a MAC address');
});

test('Windows is told option 43 in octets, also where it is a text, and makes no policy that would match nobody', () => {
  expect(dhcpConfig('windows', [acme(/^acme/, { 43: '0x6162' })], server)).toContain("-OptionId 43 -Value '0x61','0x62'");
  const text = dhcpConfig('windows', [acme(/acme/, { 66: 'x' })], server);
  expect(text).toContain('cannot look for "acme"');
  expect(text).not.toMatch(/^Add-|^Set-/m);
});

test('what dnsmasq cannot look for is not asked of it, and noted', () => {
  const text = dhcpConfig('dnsmasq', [acme(/^\xe9\xe9\xe9/, { 66: 'x' })], server);
  expect(text).toContain('# Note: dnsmasq cannot look for "???".');
  expect(text).not.toContain('dhcp-vendorclass');
});

test('what is no name of a server is none, whatever it is called', () => {
  expect(['kea', 'Kea', 'toString', ''].map(isDhcpServer)).toEqual([true, false, false, false]);
});

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
