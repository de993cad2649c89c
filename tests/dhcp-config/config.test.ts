import { expect, test } from '@jest/globals';
import { dhcpServers } from '../../server/dhcp-config/config.ts';
import { expectGolden } from '../support/golden.ts';
import { bundled } from './plans.ts';

const endings = { kea: 'kea.json', dnsmasq: 'dnsmasq.conf', isc: 'dhcpd.conf', mikrotik: 'mikrotik.rsc', windows: 'windows.ps1' };

test.each(dhcpServers)('the bundled packages make a configuration for %s', async (kind) => {
  const text = await bundled(kind);
  expectGolden(`../dhcp-config/golden/${endings[kind]}`, text);
  expect(await bundled(kind)).toBe(text);
});
