import { deserialize, serialize } from 'node:v8';
import { expect, test } from '@jest/globals';
import { pack, unpack } from '../../server/app/messages.ts';
import { contains } from '../../server/lib/ip.ts';
import { loadSettings } from '../../server/settings/load.ts';
import { ip } from '../support/requests.ts';

test('settings arrive in a worker process as they were, networks and the order of keys included', () => {
  const { settings } = loadSettings({
    environment: {},
    set: [
      'data=/tmp/data',
      'phones.secrets_without_key=192.0.2.0/24,2001:db8::/32',
      'base_config={sip_lines: {10: {number: 1}, 2: {number: null}}, locale: fr_FR}',
      'http.tls.certificate=/etc/a.pem',
    ],
  });
  const arrived = unpack(deserialize(serialize(pack(settings))));
  const { base_config: base, phones, ...others } = settings;
  const { base_config: arrivedBase, phones: arrivedPhones, ...arrivedOthers } = arrived;
  expect(arrivedOthers).toEqual(others);
  expect([...(arrivedBase.get('sip_lines') as Map<string, unknown>).keys()]).toEqual(['10', '2']);
  expect(JSON.stringify([...arrivedBase])).toBe(JSON.stringify([...base]));
  const { secrets_without_key: networks, ...rest } = arrivedPhones;
  expect(rest).toEqual({ ...phones, secrets_without_key: undefined });
  expect(networks.map(({ text }) => text)).toEqual(['192.0.2.0/24', '2001:db8::/32']);
  const addresses = ['192.0.2.9', '192.0.3.9', '2001:db8::1', '2001:db9::1'];
  expect(addresses.map((address) => contains(networks, ip(address)))).toEqual([true, false, true, false]);
});
