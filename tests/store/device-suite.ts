import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { DeviceQuery } from '../../server/devices/dao.ts';
import type { Delivery, Device, Identity } from '../../server/devices/model.ts';
import type { Ip } from '../../server/lib/ip.ts';
import type { Mac } from '../../server/lib/mac.ts';
import { stringifyOrdered } from '../../server/lib/ordered-json.ts';
import { json, type Open, Stage, UNUSUAL } from './stage.ts';

const mac = '00:0f:d3:05:48:48' as Mac;
const ip = '10.0.0.9' as Ip;
const untried = { configured: false };

const delivery = (fields: Partial<Delivery>): Delivery => ({
  device: 'd',
  artefact: 'a.cfg',
  digest: 'ab12',
  at: 5,
  ip,
  transport: 'http',
  ...fields,
});

export function deviceSuite(open: Open): void {
  describe('devices', () => {
    const stage = new Stage(open);
    const idsOf = async (query: DeviceQuery) => (await stage.store.devices.list(query)).devices.map(({ id }) => id);
    const found = async (identity: Identity, value: string) =>
      (await stage.store.devices.findBy(identity, value)).map(({ id }) => id);

    test('every field of a device comes back as it was stored', async () => {
      const full: Required<Device> = {
        id: 'full',
        tenant: stage.main,
        mac,
        serial: 'S1',
        uuid: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
        ip,
        vendor: 'Digium',
        model: 'D40',
        version: '1.4.0.0',
        plugin: 'digium-1.4.0.0',
        pinned: true,
        config: 'c1',
        approved: false,
        added: 'auto',
        description: 'Lobby',
        options: json('{"switchboard":true}'),
        extra: json('{"X_room":[1,null,{"2":"b","1":"a"}]}'),
        created: 1_700_000_000_001,
        updated: 1_700_000_000_002,
        revision: 7,
      };
      await stage.store.devices.insert(full);
      expect(await stage.store.devices.get('full')).toStrictEqual({ ...full, condition: untried });
    });

    test('a field that a device does not have stays absent', async () => {
      await stage.addDevices({ id: 'bare' });
      expect(await stage.store.devices.get('bare')).toStrictEqual({ ...stage.device({ id: 'bare' }), condition: untried });
    });

    test('the keys of options and extra keep their order, even those that look like integers', async () => {
      const text = '{"10":{"b":1,"2":2,"1":3},"2":"x","__proto__":{"a":1},"a":0}';
      await stage.addDevices({ id: 'd', options: json(text), extra: json(text) });
      const stored = await stage.store.devices.get('d');
      expect(stringifyOrdered(new Map(stored?.options))).toBe(text);
      expect(stringifyOrdered(new Map(stored?.extra))).toBe(text);
    });

    test.each(UNUSUAL.map((text) => [text.slice(0, 30), text]))('the text %j comes back unharmed', async (_, text) => {
      const options = new Map([[text, `${text}\0`]]);
      await stage.addDevices({ id: `id ${text}`, description: text, serial: text, options });
      expect(await stage.store.devices.get(`id ${text}`)).toMatchObject({ description: text, serial: text, options });
      expect(await found('serial', text)).toEqual([`id ${text}`]);
      expect(await idsOf({ where: { serial: text } })).toEqual([`id ${text}`]);
    });

    test('an id that nobody has is undefined', async () => {
      expect(await stage.store.devices.get('nobody')).toBeUndefined();
    });

    test.each<[Identity, string]>([
      ['mac', mac],
      ['serial', 'S1'],
      ['uuid', 'U1'],
      ['ip', ip],
    ])('devices are found by %s, the exact value, in all tenants, in order of creation', async (identity, value) => {
      const { id: other } = await stage.addTenant({ name: 'other' });
      await stage.addDevices(
        { id: 'later', [identity]: value, created: 2_000 },
        { id: 'earlier', [identity]: value, created: 1_000, tenant: other },
        { id: 'else', [identity]: `${value}0` },
        { id: 'without' },
      );
      expect(await found(identity, value)).toEqual(['earlier', 'later']);
      expect(await found(identity, `${value}1`)).toEqual([]);
    });

    test('devices of one millisecond are in the order in which they were inserted', async () => {
      await stage.addDevices({ id: 'z', ip }, { id: 'a', ip }, { id: 'm', ip });
      expect(await found('ip', ip)).toEqual(['z', 'a', 'm']);
      expect(await idsOf({})).toEqual(['z', 'a', 'm']);
    });

    test('an id is taken once, in all tenants, and the first device stays', async () => {
      const { id: other } = await stage.addTenant({ name: 'other' });
      await stage.addDevices({ id: 'd', model: 'D40' });
      await expect(stage.addDevices({ id: 'd', tenant: other })).rejects.toMatchObject({ code: 'device-id-taken' });
      expect(await stage.store.devices.get('d')).toMatchObject({ model: 'D40', tenant: stage.main });
    });

    test('a MAC is taken once in a tenant, and again in another; devices without one do not get in each other’s way', async () => {
      const { id: other } = await stage.addTenant({ name: 'other' });
      await stage.addDevices({ id: 'd', mac }, { id: 'e', mac, tenant: other }, { id: 'f' }, { id: 'g' });
      await expect(stage.addDevices({ id: 'h', mac })).rejects.toMatchObject({ code: 'device-mac-taken' });
      expect(await found('mac', mac)).toEqual(['d', 'e']);
      expect(await stage.store.devices.get('h')).toBeUndefined();
    });

    test.each(['serial', 'uuid'] as const)(
      'a device may be refused for a %s that its tenant has, also by one of the same turn',
      async (fact) => {
        const { id: other } = await stage.addTenant({ name: 'other' });
        const ids = ['d', 'e', 'f', 'g'];
        const device = (id: string) => stage.device({ id, [fact]: id === 'g' ? 'y' : 'x', ...(id === 'f' && { tenant: other }) });
        const outcomes = await Promise.allSettled(ids.map((id) => stage.store.devices.insert(device(id), fact)));
        const codes = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'stored'));
        expect(codes).toEqual(['stored', 'device-known', 'stored', 'stored']);
      },
    );

    test('a device of a tenant that does not exist is refused', async () => {
      await expect(stage.addDevices({ id: 'd', tenant: randomUUID() })).rejects.toMatchObject({ code: 'tenant-unknown' });
    });

    test('of writes called together, one that fails fails alone', async () => {
      await stage.addDevices({ id: 'b', mac });
      const outcomes = await Promise.allSettled(
        ['a', 'b', 'c', 'd'].map((id) => stage.store.devices.insert(stage.device({ id, ...(id === 'c' && { mac }) }))),
      );
      expect(outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'stored'))).toEqual([
        'stored',
        'device-id-taken',
        'device-mac-taken',
        'stored',
      ]);
      expect(await idsOf({ sort: 'id' })).toEqual(['a', 'b', 'd']);
    });

    test('an update stores every field as the next revision, and takes away what is absent', async () => {
      const { id: other } = await stage.addTenant({ name: 'other' });
      await stage.addDevices({ id: 'd', mac, model: 'D40', options: json('{"a":1}'), revision: 4 });
      const changed = stage.device({
        id: 'd',
        tenant: other,
        serial: 'S',
        pinned: true,
        updated: 1_800_000_000_000,
        revision: 4,
      });
      expect(await stage.store.devices.update(changed)).toBe(true);
      expect(await stage.store.devices.get('d')).toStrictEqual({ ...changed, revision: 5, condition: untried });
      expect(await found('mac', mac)).toEqual([]);
    });

    test.each([1, 3])('an update that read revision %i of a device at revision 2 changes nothing', async (revision) => {
      await stage.addDevices({ id: 'd', revision: 2 });
      expect(await stage.store.devices.update(stage.device({ id: 'd', model: 'D70', revision }))).toBe(false);
      expect(await stage.store.devices.get('d')).toStrictEqual({ ...stage.device({ id: 'd', revision: 2 }), condition: untried });
    });

    test('an update of a device that does not exist makes none', async () => {
      expect(await stage.store.devices.update(stage.device({ id: 'd' }))).toBe(false);
      expect(await stage.store.devices.get('d')).toBeUndefined();
    });

    test('of many updates of the same revision exactly one wins', async () => {
      await stage.addDevices({ id: 'd' });
      const models = Array.from({ length: 20 }, (_, index) => `D${index}`);
      const won = await Promise.all(models.map((model) => stage.store.devices.update(stage.device({ id: 'd', model }))));
      const winners = models.filter((_, index) => won[index]);
      expect(winners).toHaveLength(1);
      expect(await stage.store.devices.get('d')).toMatchObject({ model: winners[0], revision: 2 });
    });

    test('an update to a MAC or a tenant that cannot be is refused and changes nothing', async () => {
      await stage.addDevices({ id: 'd', mac }, { id: 'e' });
      const before = await stage.store.devices.get('e');
      await expect(stage.store.devices.update(stage.device({ id: 'e', mac }))).rejects.toMatchObject({
        code: 'device-mac-taken',
      });
      const nowhere = stage.device({ id: 'e', tenant: randomUUID() });
      await expect(stage.store.devices.update(nowhere)).rejects.toMatchObject({ code: 'tenant-unknown' });
      expect(await stage.store.devices.get('e')).toStrictEqual(before);
    });

    test('a deleted device is gone with its deliveries, and its id and MAC are free again', async () => {
      await stage.addDevices({ id: 'd', mac });
      await stage.store.devices.noteDeliveries([delivery({})]);
      expect(await stage.store.devices.delete('d')).toBe(true);
      expect(await stage.store.devices.delete('d')).toBe(false);
      expect(await stage.store.devices.get('d')).toBeUndefined();
      await stage.addDevices({ id: 'd', mac });
      expect(await stage.store.devices.deliveries('d')).toEqual([]);
    });

    test.each<[NonNullable<DeviceQuery['where']>]>([
      [{ mac }],
      [{ serial: 'S' }],
      [{ uuid: 'U' }],
      [{ ip }],
      [{ vendor: 'Digium' }],
      [{ model: 'D40' }],
      [{ plugin: 'digium-2.8.1' }],
      [{ config: 'c' }],
      [{ approved: false }],
      [{ pinned: true }],
      [{ mac, serial: 'S', approved: false, pinned: true }],
    ])('a list where %j holds those devices', async (where) => {
      const facts = { mac, serial: 'S', uuid: 'U', ip, vendor: 'Digium', model: 'D40', plugin: 'digium-2.8.1', config: 'c' };
      await stage.addDevices({ id: 'yes', ...facts, approved: false, pinned: true }, { id: 'no' });
      expect(await stage.store.devices.list({ where })).toMatchObject({ devices: [{ id: 'yes' }], total: 1 });
    });

    test('a list holds the devices of the tenants it names: all, some or none', async () => {
      const { id: other } = await stage.addTenant({ name: 'other' });
      await stage.addDevices({ id: 'a' }, { id: 'b', tenant: other });
      expect(await idsOf({})).toEqual(['a', 'b']);
      expect(await idsOf({ tenants: [other] })).toEqual(['b']);
      expect(await idsOf({ tenants: [other, stage.main] })).toEqual(['a', 'b']);
      expect(await stage.store.devices.list({ tenants: [] })).toEqual({ devices: [], total: 0 });
    });

    test('a list holds those that are configured, or those that are not', async () => {
      await stage.addDevices({ id: 'a' }, { id: 'b' });
      await stage.store.devices.setConditions(new Map([['b', { configured: true }]]));
      expect(await idsOf({ configured: true })).toEqual(['b']);
      expect(await idsOf({ configured: false })).toEqual(['a']);
    });

    test.each(['id', 'mac', 'ip', 'vendor', 'model', 'plugin', 'config'] as const)(
      'a list sorts by %s, without it first, equal ones in order of insertion, and descending the other way round',
      async (sort) => {
        const rows = ['b', 'a', 'B', 'a'].map((value, index) => ({
          id: `${index}`,
          [sort]: sort === 'id' || sort === 'mac' ? `${value}${index}` : value,
        }));
        await stage.addDevices(...rows, { id: '4' });
        const expected = sort === 'id' ? ['4', 'B2', 'a1', 'a3', 'b0'] : ['4', '2', '1', '3', '0'];
        expect(await idsOf({ sort })).toEqual(expected);
        expect(await idsOf({ sort, descending: true })).toEqual(expected.toReversed());
      },
    );

    test('of a list that nothing is asked of there is the total', async () => {
      await stage.addDevices({ id: 'a' }, { id: 'b' });
      expect(await stage.store.devices.list({ limit: 0 })).toEqual({ devices: [], total: 2 });
    });

    test('a sort or a field that does not exist, forced past the types, is not SQL', async () => {
      await stage.addDevices({ id: 'a' }, { id: 'b' });
      const forced = { sort: 'id; DROP TABLE devices', where: { 'id = id OR id': 'x' } } as unknown as DeviceQuery;
      expect(await idsOf(forced)).toEqual(['a', 'b']);
    });

    test('all ids are told, or those of a tenant, in order of creation', async () => {
      await stage.store.tenants.insert({ id: 't2', name: 't2', main: false, created: 1, updated: 1, revision: 1 });
      await stage.addDevices({ id: 'late', created: 3 }, { id: 'other', created: 2, tenant: 't2' }, { id: 'early', created: 1 });
      expect(await stage.store.devices.ids()).toEqual(['early', 'other', 'late']);
      expect(await stage.store.devices.ids({ tenants: ['t2'] })).toEqual(['other']);
      expect(await stage.store.devices.ids({ tenants: ['nobody'] })).toEqual([]);
    });

    test('the users of configs and plugins are told once each, in order of creation', async () => {
      await stage.addDevices(
        { id: 'both', config: 'c1', plugin: 'p1', created: 3 },
        { id: 'config', config: 'c2', created: 2 },
        { id: 'plugin', plugin: 'p1', created: 1 },
        { id: 'none', config: 'c3', plugin: 'p2' },
      );
      expect(await stage.store.devices.idsUsing({ configs: ['c1', 'c2'], plugins: ['p1'] })).toEqual([
        'plugin',
        'config',
        'both',
      ]);
      expect(await stage.store.devices.idsUsing({ configs: ['c1', 'p1'] })).toEqual(['both']);
      expect(await stage.store.devices.idsUsing({ plugins: ['p1', 'c2'] })).toEqual(['plugin', 'both']);
      expect(await stage.store.devices.idsUsing({})).toEqual([]);
    });

    test('the users of 50,000 configs are found', async () => {
      await stage.addDevices({ id: 'first', config: '0' }, { id: 'last', config: '49999' }, { id: 'no', config: '50000' });
      const configs = Array.from({ length: 50_000 }, (_, index) => `${index}`);
      expect(await stage.store.devices.idsUsing({ configs })).toEqual(['first', 'last']);
    });
  });

  describe('what the server found out about devices', () => {
    const stage = new Stage(open);
    const stored = async () => stage.store.devices.get('d');

    test('a condition is kept until the next one, and is no change of the device', async () => {
      await stage.addDevices({ id: 'd' });
      const broken = { configured: false, problem: 'No plugin "x" is installed' };
      await stage.store.devices.setConditions(new Map([['d', broken]]));
      expect(await stored()).toStrictEqual({ ...stage.device({ id: 'd' }), condition: broken });
      await stage.store.devices.setConditions(new Map([['d', { configured: true }]]));
      expect(await stored()).toStrictEqual({ ...stage.device({ id: 'd' }), condition: { configured: true } });
    });

    test('the latest sighting is kept, and is no change of the device', async () => {
      await stage.addDevices({ id: 'd' });
      await stage.store.devices.noteSightings([
        { device: 'd', at: 5, ip },
        { device: 'd', at: 6, ip: '::1' as Ip },
      ]);
      const seen = { device: 'd', at: 6, ip: '::1' };
      expect(await stored()).toStrictEqual({ ...stage.device({ id: 'd' }), condition: untried, seen });
    });

    test('condition and sighting survive an update of the device', async () => {
      await stage.addDevices({ id: 'd' });
      await stage.store.devices.setConditions(new Map([['d', { configured: true }]]));
      await stage.store.devices.noteSightings([{ device: 'd', at: 5, ip }]);
      await stage.store.devices.update(stage.device({ id: 'd', model: 'D40' }));
      expect(await stored()).toMatchObject({ model: 'D40', condition: { configured: true }, seen: { device: 'd', at: 5, ip } });
    });

    test('the latest delivery of each artefact is kept, and is no change of the device', async () => {
      await stage.addDevices({ id: 'd' }, { id: 'e' });
      await stage.store.devices.noteDeliveries([delivery({}), delivery({ artefact: 'b.xml' }), delivery({ device: 'e' })]);
      const latest = delivery({ digest: 'cd34', at: 6, ip: '::1' as Ip, transport: 'tftp' });
      await stage.store.devices.noteDeliveries([delivery({ digest: 'ff' }), latest]);
      expect(await stage.store.devices.deliveries('d')).toEqual([latest, delivery({ artefact: 'b.xml' })]);
      expect(await stage.store.devices.deliveries('e')).toEqual([delivery({ device: 'e' })]);
      expect(await stored()).toStrictEqual({ ...stage.device({ id: 'd' }), condition: untried });
    });

    test('a device is in sync when what it fetched of its own files is what it would get now', async () => {
      await stage.addDevices({ id: 'd' });
      const { devices } = stage.store;
      const look = (wanted: Record<string, string>) =>
        devices.setConditions(new Map([['d', { configured: true, wanted: new Map(Object.entries(wanted)) }]]));
      const fetch = (artefact: string, digest: string, own = true) =>
        devices.noteDeliveries([{ ...delivery({ artefact, digest }), own }]);
      const inSync = async () => (await stored())?.inSync;

      await look({ 'a.cfg': 'a1', 'b.xml': 'b1' });
      expect(await inSync()).toBeUndefined();
      // A file for all says nothing.
      expect(await fetch('common.cfg', 'c1', false)).toEqual([]);
      expect(await inSync()).toBeUndefined();
      // Nobody has looked whether that is it.
      expect(await fetch('a.cfg', 'a1')).toEqual(['d']);
      expect(await inSync()).toBeUndefined();
      await look({ 'a.cfg': 'a1', 'b.xml': 'b1' });
      expect(await inSync()).toBe(true);
      await look({ 'a.cfg': 'a2', 'b.xml': 'b1' });
      expect(await inSync()).toBe(false);
      expect(await fetch('a.cfg', 'a2')).toEqual([]);
      expect(await inSync()).toBe(true);
      expect(await fetch('a.cfg', 'strange')).toEqual(['d']);
      expect(await inSync()).toBe(false);
      expect(await fetch('a.cfg', 'a2')).toEqual([]);
      expect(await fetch('b.xml', 'old')).toEqual(['d']);
      await look({ 'a.cfg': 'a2', 'b.xml': 'b1' });
      expect(await inSync()).toBe(false);
    });

    test('a device whose files have other names now is in sync once it has fetched under those', async () => {
      await stage.addDevices({ id: 'd' });
      const { devices } = stage.store;
      const look = (name: string) =>
        devices.setConditions(new Map([['d', { configured: true, wanted: new Map([[name, 'x']]) }]]));
      await devices.noteDeliveries([{ ...delivery({ artefact: 'old.cfg', digest: 'x' }), own: true }]);
      await look('old.cfg');
      await look('new.cfg');
      expect(await stored()).toMatchObject({ inSync: false });
      await devices.noteDeliveries([{ ...delivery({ artefact: 'new.cfg', digest: 'x' }), own: true }]);
      await look('new.cfg');
      expect(await stored()).toMatchObject({ inSync: true });
      await devices.setConditions(new Map([['d', { configured: false, problem: 'broken' }]]));
      expect(await stored()).toMatchObject({ inSync: true, condition: { configured: false } });
    });

    test('under which account a device is registered is that of the last file with accounts that it fetched', async () => {
      await stage.addDevices({ id: 'd' });
      const fetch = (account?: string) =>
        stage.store.devices.noteDeliveries([
          { ...delivery({}), own: true, ...(account !== undefined && { accounts: [account] }) },
        ]);
      await fetch();
      expect(await stored()).not.toHaveProperty('account');
      await fetch('1001');
      await fetch();
      expect(await stored()).toMatchObject({ account: '1001', revision: 1 });
    });

    test('of a device the last wish that it be told is kept, until it goes', async () => {
      await stage.addDevices({ id: 'd' });
      const { devices } = stage.store;
      const wish = { device: 'd', operation: 'o1', requested: 5 };
      await devices.noteResync(wish);
      expect(await devices.resync('d')).toStrictEqual(wish);
      const told = { ...wish, operation: 'o2', requested: 6, told: 7, way: 'phone', problem: 'why' };
      await devices.noteResync(told);
      expect(await devices.resync('d')).toStrictEqual(told);
      await devices.noteResync(wish);
      expect(await devices.resync('d')).toStrictEqual(wish);
      await devices.noteResync({ ...wish, device: 'gone' });
      await devices.delete('d');
      expect([await devices.resync('d'), await devices.resync('gone')]).toEqual([undefined, undefined]);
    });

    test('the URL under which a device reaches the server is kept, where it is not the usual one', async () => {
      await stage.addDevices({ id: 'd' }, { id: 'e' });
      const { devices } = stage.store;
      await devices.noteUrls(
        new Map([
          ['d', 'http://192.0.2.1:8667'],
          ['e', 'http://192.0.2.2'],
          ['gone', 'x'],
        ]),
      );
      await devices.noteUrls(new Map([['e', undefined]]));
      expect(await devices.urls()).toEqual(new Map([['d', 'http://192.0.2.1:8667']]));
      expect(await stored()).toStrictEqual({ ...stage.device({ id: 'd' }), condition: untried });
    });

    test('devices that no longer exist are passed over, and the others are not', async () => {
      await stage.addDevices({ id: 'd' });
      const condition = { configured: true };
      await stage.store.devices.setConditions(
        new Map([
          ['gone', condition],
          ['d', condition],
        ]),
      );
      await stage.store.devices.noteSightings([
        { device: 'gone', at: 5, ip },
        { device: 'd', at: 5, ip },
      ]);
      await stage.store.devices.noteDeliveries([delivery({ device: 'gone' }), delivery({})]);
      expect(await stored()).toMatchObject({ condition, seen: { at: 5 } });
      expect(await stage.store.devices.deliveries('d')).toEqual([delivery({})]);
      expect(await stage.store.devices.deliveries('gone')).toEqual([]);
    });

    test('devices are found by a username of any line in what they fetched last', async () => {
      const { id: other } = await stage.addTenant({ name: 'other' });
      await stage.addDevices({ id: 'a' }, { id: 'b', tenant: other }, { id: 'c' });
      const { devices } = stage.store;
      const fetch = (device: string, ...accounts: string[]) =>
        devices.noteDeliveries([{ ...delivery({ device }), own: true, accounts }]);
      const known = async (username: string, tenants?: string[], limit = 9) =>
        (await devices.idsOfAccount(username, tenants, limit)).sort();
      await fetch('a', '1001', '1002', '1001');
      await fetch('b', '1001');
      await fetch('gone', '1001');
      expect(await known('1001')).toEqual(['a', 'b']);
      expect(await known('1001', [other])).toEqual(['b']);
      expect(await known('1001', undefined, 1)).toHaveLength(1);
      expect([await known('1002'), await known('1003'), await known('1001', [])]).toEqual([['a'], [], []]);
      await fetch('a', '1003', '1001');
      expect([await known('1002'), await known('1003'), await known('1001')]).toEqual([[], ['a'], ['a', 'b']]);
      expect(await devices.get('a')).toMatchObject({ account: '1003' });
      await fetch('a');
      expect([await known('1003'), await devices.get('a')]).toEqual([[], expect.not.objectContaining({ account: '1003' })]);
      await devices.delete('b');
      expect(await known('1001')).toEqual([]);
    });
  });
}
