import { expect, test } from '@jest/globals';
import { pnpUrl } from '../../server/sdk/boot-options.ts';
import { ip } from '../support/requests.ts';

const server = { url: 'http://10.0.0.5:8667', address: ip('10.0.0.5') };

test.each([
  ['what the package says', { pnp: '{server.url}/acme/', dhcp: { 66: '{server.url}/other' } }, 'http://10.0.0.5:8667/acme/'],
  [
    'placeholders that the phone fills in itself stay as they are',
    { pnp: '{server.url}/{mac}-{MAC}-{mac:-}.htm?m={model}' },
    'http://10.0.0.5:8667/{mac}-{MAC}-{mac:-}.htm?m={model}',
  ],
  ['another port of the server', { pnp: 'tftp://{server.host}' }, 'tftp://10.0.0.5'],
  ['what DHCP tells them', { dhcp: { 66: '{server.url}/Digium', 67: 'x' } }, 'http://10.0.0.5:8667/Digium'],
  ['what DHCP tells them is no URL', { dhcp: { 66: '{server.address}' } }, 'http://10.0.0.5:8667'],
  ['nothing is said', {}, 'http://10.0.0.5:8667'],
])('phones are told over SIP PnP: %s', (_, definition, url) => {
  expect(pnpUrl(definition, server)).toBe(url);
});

test('who wants an address of IPv4 that the server does not have is told the URL', () => {
  expect(pnpUrl({ pnp: 'tftp://{server.address}' }, { url: 'http://[2001:db8::5]:8667' })).toBe('http://[2001:db8::5]:8667');
});
