import { expect, test } from '@jest/globals';
import { fieldFacts } from '../../server/configs/raw-config-types.ts';
import { tables, vocabulary } from '../../server/configs/vocabulary.ts';
import { deviceNotifier } from '../../server/devices/notifier.ts';
import { deviceService } from '../../server/devices/service.ts';
import { actingAs } from '../../server/lib/actor.ts';
import type { Ip } from '../../server/lib/ip.ts';
import type { Mac } from '../../server/lib/mac.ts';
import { isSecretName } from '../../server/lib/mask.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';

test('a phone that comes is noted in its own name; what it tells later is not, and what an operator does to it is', async () => {
  const store = await openSqliteStore(':memory:');
  const tenant = (await store.tenants.list())[0]?.id ?? '';
  const devices = deviceService({
    dao: store.devices,
    notifier: deviceNotifier(),
    nat: () => false,
    unknown: 'create',
    addressHold: 0,
    choosePlugin: ({ version }) => `plugin-${version}`,
    autocreateConfig: async () => undefined,
    isAutocreated: async () => false,
    dropConfig: async () => {},
  });
  const mac = '00:15:65:5e:16:7c' as Mac;
  const [here, there] = ['10.0.0.9' as Ip, '10.0.0.10' as Ip];
  const met = await devices.meet({ mac, version: '1' }, here, tenant, here);
  if (!met) throw new Error('The phone was not met');
  const moved = await devices.remember(met, { mac, version: '2' }, there);
  expect(moved).toMatchObject({ ip: there, version: '2', plugin: 'plugin-2' });
  // Another phone gets its address: that is not what an operator did to this one.
  await actingAs({ kind: 'administrator' }, () => devices.create(tenant, { ip: there }, 'new'));
  expect((await devices.get(met.id))?.ip).toBeUndefined();
  await actingAs({ kind: 'user', id: 'u' }, () => devices.change(met.id, { description: 'Lobby' }));
  const entries = await store.history.entries({ limit: 10 });
  expect(entries.map(({ action, who, from, what }) => [what.id === met.id, action, who.kind, from])).toEqual([
    [true, 'changed', 'user', undefined],
    [false, 'created', 'administrator', undefined],
    [true, 'created', 'phone', here],
  ]);
  await store.close();
});

test('every word of the vocabulary that holds a secret has the name of one', () => {
  const words = [vocabulary, ...Object.values(tables)].flatMap((table) => Object.entries(table));
  const secrets = words.filter(([, schema]) => fieldFacts.get(schema)?.type.startsWith('secret')).map(([word]) => word);
  expect(secrets).toContain('sip_local_key');
  expect(secrets.filter((word) => !isSecretName(word))).toEqual([]);
});
