import { beforeEach, describe, expect, test } from '@jest/globals';
import type { StoredDevice } from '../../server/devices/dao.ts';
import { deviceNotifier } from '../../server/devices/notifier.ts';
import { type DeviceService, type DeviceServiceOptions, deviceService } from '../../server/devices/service.ts';
import type { DeviceChange } from '../../server/devices/validator.ts';
import { UNSPECIFIED } from '../../server/lib/ip.ts';
import type { Mac } from '../../server/lib/mac.ts';
import { parseMac } from '../../server/lib/mac.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { Store } from '../../server/store/store.ts';
import { ip } from '../support/requests.ts';

const hour = 3_600_000;
const macA = parseMac('000fd3000001') as Mac;
const macB = parseMac('000fd3000002') as Mac;

let store: Store;
let main: string;
let time: number;
let configs: string[];
let dropped: string[];
let changed: string[][];

beforeEach(async () => {
  store = await openSqliteStore(':memory:');
  main = (await store.tenants.list())[0]?.id ?? '';
  time = 1_000_000_000;
  configs = [];
  dropped = [];
  changed = [];
});

function service(options: Partial<DeviceServiceOptions> = {}): DeviceService {
  const notifier = deviceNotifier();
  notifier.subscribe((ids) => changed.push([...ids]));
  return deviceService({
    dao: store.devices,
    notifier,
    nat: () => false,
    unknown: 'create',
    addressHold: hour,
    choosePlugin: ({ vendor }, current) => current ?? (vendor === undefined ? undefined : `${vendor}-1`),
    autocreateConfig: async () => {
      configs.push(`auto${configs.length}`);
      return configs.at(-1);
    },
    isAutocreated: async (id) => configs.includes(id),
    dropConfig: async (id) => void dropped.push(id),
    now: () => time,
    ...options,
  });
}

test('a phone that nobody knows becomes a device with plugin and config of its own', async () => {
  const device = await service().meet({ mac: macA, vendor: 'Digium', model: 'D40' }, ip('10.0.0.1'), main, ip('10.0.0.1'));
  expect(device).toMatchObject({
    tenant: main,
    mac: macA,
    vendor: 'Digium',
    model: 'D40',
    ip: '10.0.0.1',
    plugin: 'Digium-1',
    config: 'auto0',
    pinned: false,
    approved: true,
    added: 'auto',
  });
});

test('such a device is written once, with its config, and told of once', async () => {
  const device = await service().meet({ mac: macA }, ip('10.0.0.1'), main, ip('10.0.0.1'));
  expect(device).toMatchObject({ config: 'auto0', revision: 1 });
  expect([changed, dropped]).toEqual([[[device?.id]], []]);
});

test('a phone that is held gets no config, and one that could not be stored keeps what went wrong', async () => {
  expect(await service({ unknown: 'hold' }).meet({ mac: macA }, ip('10.0.0.1'), main, undefined)).not.toHaveProperty('config');
  expect(configs).toEqual([]);
  const dao = { ...store.devices, insert: () => Promise.reject(new Error('disk full')) };
  await expect(service({ dao }).meet({ serial: 'S1' }, ip('10.0.0.2'), main, undefined)).rejects.toThrow('disk full');
});

test.each([{ mac: macA }, { serial: 'S1' }, { uuid: 'u-1' }])(
  'two processes that meet one unknown phone at once, known by %j, make one device with one config',
  async (identity) => {
    const processes = [service(), service(), service()];
    const met = await Promise.all(processes.map((devices) => devices.meet(identity, ip('10.0.0.1'), main, ip('10.0.0.1'))));
    const { devices, total } = await store.devices.list({});
    expect(total).toBe(1);
    expect(met.map((device) => device?.id)).toEqual(Array(3).fill(devices[0]?.id));
    expect([devices[0]?.config, ...dropped].toSorted()).toEqual(configs);
  },
);

test('an address is held from when the last of several processes saw its device there', async () => {
  const [one, other] = [service(), service()];
  const device = await one.meet({ mac: macA }, ip('10.0.0.1'), main, ip('10.0.0.1'));
  one.noteSighting(device?.id ?? '', ip('10.0.0.1'));
  time += hour - 1_000;
  other.noteSighting(device?.id ?? '', ip('10.0.0.1'));
  await other.flush();
  time += 2_000;
  expect(await one.addressOwner(ip('10.0.0.1'), undefined)).toMatchObject({ id: device?.id });
});

test('two requests of one unknown phone at once make one device with one config', async () => {
  const devices = service();
  const met = await Promise.all(
    Array.from({ length: 10 }, () => devices.meet({ serial: 'S1' }, ip('10.0.0.1'), main, ip('10.0.0.1'))),
  );
  expect(new Set(met.map((device) => device?.id)).size).toBe(1);
  expect((await devices.list({})).total).toBe(1);
  expect(configs).toHaveLength(1);
});

test.each([
  ['one process', () => Array(2).fill(service())],
  ['two processes', () => [service(), service()]],
])('of two requests of one unknown phone at once, to %s, both count: what each told, and where it is', async (_what, open) => {
  const [one, two] = open();
  await Promise.all([
    one.meet({ mac: macA, vendor: 'Digium' }, UNSPECIFIED, main, UNSPECIFIED),
    two.meet({ mac: macA, model: 'D40' }, UNSPECIFIED, main, ip('10.0.0.1')),
  ]);
  expect((await store.devices.list({})).devices).toMatchObject([{ mac: macA, vendor: 'Digium', model: 'D40', ip: '10.0.0.1' }]);
});

test('two nodes that meet one phone at once make one device', async () => {
  const [one, two] = [service(), service()];
  const met = await Promise.all([
    one.meet({ mac: macA }, ip('10.0.0.1'), main, ip('10.0.0.1')),
    two.meet({ mac: macA }, ip('10.0.0.1'), main, ip('10.0.0.1')),
  ]);
  expect(new Set(met.map((device) => device?.id)).size).toBe(1);
  expect((await one.list({})).total).toBe(1);
});

test('held, an unknown phone waits for approval without a config; approved, it has one', async () => {
  const devices = service({ unknown: 'hold' });
  const device = await devices.meet({ mac: macA }, ip('10.0.0.1'), main, ip('10.0.0.1'));
  expect(device).toMatchObject({ approved: false });
  expect(device).not.toHaveProperty('config');
  expect(await devices.change(device?.id ?? '', { approved: true })).toMatchObject({ approved: true, config: 'auto0' });
});

test('refused, or without anything to know it by again, an unknown phone leaves no trace', async () => {
  expect(await service({ unknown: 'refuse' }).meet({ mac: macA }, ip('10.0.0.1'), main, ip('10.0.0.1'))).toBeUndefined();
  expect(await service().meet({ vendor: 'Digium', model: 'D40' }, ip('10.0.0.1'), main, ip('10.0.0.1'))).toBeUndefined();
  expect((await store.devices.list({})).total).toBe(0);
});

test('what a request would make of a phone can be told beforehand, and nothing is written', async () => {
  const devices = service();
  const told = { mac: macA, vendor: 'Digium', version: '1.4' };
  const foreseen = devices.newcomer(told, main, ip('10.0.0.1'));
  expect((await store.devices.list({})).total).toBe(0);
  const met = await devices.meet(told, ip('10.0.0.1'), main, ip('10.0.0.1'));
  const { id, condition, config, revision, updated, ...rest } = met ?? ({} as never);
  expect(foreseen).toMatchObject(rest);

  if (!met) throw new Error('no device');
  const after = devices.learned(met, { ...told, version: '1.5' }, ip('10.0.0.2'));
  expect(await devices.get(met.id)).toEqual(met);
  expect(await devices.remember(met, { ...told, version: '1.5' }, ip('10.0.0.2'))).toMatchObject({
    ...after,
    revision: met.revision + 1,
  });
});

test('a known device learns what it lacked, and its address and version are kept true', async () => {
  const devices = service();
  const made = await devices.create(main, { mac: macA, model: 'D40' });
  const learned = await devices.remember(made, { mac: macA, model: 'D50', vendor: 'Digium', version: '1.4' }, ip('10.0.0.9'));
  expect(learned).toMatchObject({ model: 'D40', vendor: 'Digium', version: '1.4', ip: '10.0.0.9', plugin: 'Digium-1' });
});

test('a request that tells nothing new writes nothing', async () => {
  const devices = service();
  const made = await devices.meet({ mac: macA, vendor: 'Digium', version: '1' }, ip('10.0.0.1'), main, ip('10.0.0.1'));
  if (!made) throw new Error('no device');
  changed = [];
  expect(await devices.remember(made, { mac: macA, vendor: 'Digium', version: '1' }, ip('10.0.0.1'))).toBe(made);
  expect(await devices.get(made.id)).toEqual(made);
  expect(changed).toEqual([]);
});

test('requests of one device at once lose nothing of each other', async () => {
  const devices = service();
  const made = await devices.create(main, { mac: macA });
  await Promise.all([
    devices.remember(made, { mac: macA, model: 'D40' }, ip('10.0.0.1')),
    devices.remember(made, { mac: macA, serial: 'S1' }, ip('10.0.0.1')),
    devices.change(made.id, { description: 'reception' }),
    devices.remember(made, { mac: macA, version: '7' }, ip('10.0.0.1')),
  ]);
  expect(await devices.get(made.id)).toMatchObject({
    model: 'D40',
    serial: 'S1',
    version: '7',
    description: 'reception',
    ip: '10.0.0.1',
  });
});

test('an address belongs to one device: whoever has it now takes it from the one who had it', async () => {
  const devices = service({ addressHold: 0 });
  const [a, b] = [await devices.create(main, { mac: macA, ip: ip('10.0.0.1') }), await devices.create(main, { mac: macB })];
  await devices.remember(b, { mac: macB }, ip('10.0.0.1'));
  expect(await devices.get(a.id)).not.toHaveProperty('ip');
  expect(await devices.get(b.id)).toMatchObject({ ip: '10.0.0.1' });
});

test.each([
  ['one process', () => Array(5).fill(service()), [1]],
  ['five processes', () => Array.from({ length: 5 }, () => service()), [0, 1]],
])('of phones that come to one address at the same time, to %s, no two have it', async (_what, open, holders) => {
  const here = ip('10.0.0.1');
  const macs = Array.from({ length: 5 }, (_, at) => parseMac(`000fd300000${at}`) as Mac);
  for (const known of [false, true]) {
    const devices: DeviceService[] = open();
    for (const { id } of (await store.devices.list({})).devices) await store.devices.delete(id);
    const met = await Promise.all(
      devices.map(async (service, at) => {
        const mac = macs[at] as Mac;
        const device = known ? await service.create(main, { mac }) : await service.meet({ mac }, here, main, here);
        return (device && (known ? await service.remember(device, { mac }, here) : device)) as StoredDevice;
      }),
    );
    expect(holders).toContain(met.filter((device) => device.ip === here).length);
    expect(holders).toContain((await store.devices.list({})).devices.filter((device) => device.ip === here).length);
  }
});

test('behind NAT several devices have one address, and it says of nobody who asks', async () => {
  const devices = service({ nat: () => true });
  const [a, b] = [await devices.create(main, { mac: macA, ip: ip('10.0.0.1') }), await devices.create(main, { mac: macB })];
  const there = await devices.remember(b, { mac: macB }, ip('10.0.0.1'));
  expect(await devices.get(a.id)).toMatchObject({ ip: '10.0.0.1' });
  expect(await devices.addressOwner(ip('10.0.0.1'), there)).toBeUndefined();
  expect(devices.isAt(there, ip('10.0.0.1'))).toBe(false);
});

test('an address is held for the device that was last seen there, and no longer than the settings say', async () => {
  const devices = service();
  const a = await devices.create(main, { mac: macA, ip: ip('10.0.0.1') });
  const b = await devices.create(main, { mac: macB, ip: ip('10.0.0.2') });
  expect(await devices.addressOwner(ip('10.0.0.1'), b)).toMatchObject({ id: a.id });
  expect(await devices.addressOwner(ip('10.0.0.1'), a)).toBeUndefined();
  time += hour;
  expect(await devices.addressOwner(ip('10.0.0.1'), b)).toBeUndefined();
  devices.noteSighting(a.id, ip('10.0.0.1'));
  expect(await devices.addressOwner(ip('10.0.0.1'), b)).toMatchObject({ id: a.id });
  await devices.flush();
  expect(await service().addressOwner(ip('10.0.0.1'), b)).toMatchObject({ id: a.id });
});

test.each([
  ['mac', { mac: macA }],
  ['serial', { serial: 'SA' }],
  ['uuid', { uuid: 'ua' }],
  ['ip', { vendor: 'Digium' }],
])('a device is found by %s', async (by, info) => {
  const devices = service();
  const a = await devices.create(main, { mac: macA, serial: 'SA', uuid: 'ua', ip: ip('10.0.0.1') });
  await devices.create(main, { mac: macB, serial: 'SB', uuid: 'ub', ip: ip('10.0.0.2') });
  expect(await devices.find(info, ip('10.0.0.1'), undefined)).toEqual({ device: a, by, contradictions: [] });
});

test('an address finds a device only if exactly one is left that nothing contradicts', async () => {
  const devices = service({ nat: () => true });
  const a = await devices.create(main, { mac: macA, model: 'D40', ip: ip('10.0.0.1') });
  expect(await devices.find({ mac: macB }, ip('10.0.0.1'), undefined)).toEqual({ contradictions: [] });
  expect(await devices.find({ model: 'D50' }, ip('10.0.0.1'), undefined)).toEqual({ contradictions: [] });
  const b = await devices.create(main, { mac: macB, model: 'D50', ip: ip('10.0.0.1') });
  expect(await devices.find({}, ip('10.0.0.1'), undefined)).toEqual({ undecided: [a.id, b.id], contradictions: [] });
  expect((await devices.find({ model: 'D40' }, ip('10.0.0.1'), undefined)).device?.id).toBe(a.id);
});

test('facts of two devices in one request contradict each other', async () => {
  const devices = service();
  const a = await devices.create(main, { mac: macA, serial: 'SA' });
  await devices.create(main, { mac: macB, serial: 'SB' });
  const found = await devices.find({ mac: macA, serial: 'SB' }, ip('10.0.0.1'), undefined);
  expect(found.device?.id).toBe(a.id);
  expect(found.contradictions).toHaveLength(2);
  const unknown = await devices.find({ mac: macA, serial: 'SX' }, ip('10.0.0.1'), undefined);
  expect(unknown.contradictions).toEqual(["serial is SX, the device's is SA"]);
});

describe('what the server made of a phone that had told only its serial number', () => {
  const info = { mac: macA, serial: 'SA' };
  const here = ip('10.0.0.1');

  async function both(change: DeviceChange = {}, options: Partial<DeviceServiceOptions> = {}) {
    const devices = service(options);
    const double = await devices.meet({ serial: 'SA' }, here, main, here);
    if (!double) throw new Error('the phone was not met');
    await devices.change(double.id, change);
    const device = await devices.create(main, { mac: macA });
    return { devices, double, device, found: await devices.find(info, here, undefined) };
  }

  test('is no other phone than the one that somebody made with its MAC address', async () => {
    const { devices, double, device, found } = await both();
    expect(found).toMatchObject({ device: { id: device.id }, by: 'mac', contradictions: [], double: { id: double.id } });
    await devices.absorb(double, here);
    await devices.remember(device, info, here);
    expect(await devices.get(double.id)).toBeUndefined();
    expect(await devices.find({ serial: 'SA' }, here, undefined)).toMatchObject({
      device: { id: device.id, ip: here },
      by: 'serial',
    });
    expect(dropped).toEqual([double.config]);
  });

  test('is given up once when two requests find so', async () => {
    const { devices, double } = await both();
    await Promise.all([devices.absorb(double, here), devices.absorb(double, here)]);
    expect(await devices.get(double.id)).toBeUndefined();
  });

  test.each([
    ['a config', { config: 'of-somebody' }],
    ['a plugin', { plugin: 'Digium-1', pinned: true }],
    ['a MAC address', { mac: macB }],
  ] as const)('stays a device of its own once somebody gave it %s', async (_, change) => {
    const { double, device, found } = await both(change);
    expect(found.contradictions).toContain(`serial SA is the device ${double.id}, mac says ${device.id}`);
    expect(found.double).toBeUndefined();
  });

  test('stays one where the device with the MAC address has another serial number, or nobody told the address', async () => {
    const { devices, double, device } = await both();
    expect((await devices.find({ serial: 'SA' }, here, undefined)).double).toBeUndefined();
    await devices.change(device.id, { serial: 'SB' });
    expect((await devices.find(info, here, undefined)).contradictions).toEqual([
      `serial SA is the device ${double.id}, mac says ${device.id}`,
      "serial is SA, the device's is SB",
    ]);
  });
});

test('with a tenant’s key only that tenant’s devices are found, and another’s are a contradiction', async () => {
  const devices = service();
  const other = '11111111-1111-4111-8111-111111111111';
  await store.tenants.insert({ id: other, name: 'other', main: false, created: 1, updated: 1, revision: 1 });
  const a = await devices.create(main, { mac: macA, ip: ip('10.0.0.1') });
  expect((await devices.find({ mac: macA }, ip('10.0.0.1'), main)).device?.id).toBe(a.id);
  const foreign = await devices.find({ mac: macA }, ip('10.0.0.1'), other);
  expect(foreign).toEqual({ contradictions: [`the device with mac ${macA} is of another tenant than the key`] });
  expect(await devices.find({}, ip('10.0.0.1'), other)).toEqual({ contradictions: [] });
  await devices.create(other, { mac: macA });
  expect((await devices.find({ mac: macA }, ip('10.0.0.9'), undefined)).contradictions).toEqual([
    `several tenants have a device with mac ${macA}`,
  ]);
});

test('who names a plugin pins it; who takes it away leaves the choice to the server', async () => {
  const devices = service();
  const made = await devices.create(main, { vendor: 'Digium', plugin: 'digium-1.4.0.0' });
  expect(made).toMatchObject({ plugin: 'digium-1.4.0.0', pinned: true });
  expect(await devices.change(made.id, { plugin: null })).toMatchObject({ plugin: 'Digium-1', pinned: false });
});

test('a device is assigned the plugin that is said of it as it is by then, and the server’s choice is not asked', async () => {
  const devices = service({ choosePlugin: () => 'Digium-1' });
  const { id } = await devices.create(main, { vendor: 'Digium' });
  changed = [];
  const answers = await Promise.all([
    devices.assign(id, () => ({ plugin: 'other', pinned: false })),
    devices.assign(id, (current) => (current.plugin === 'other' ? undefined : { plugin: 'late', pinned: true })),
  ]);
  expect(answers).toMatchObject([1, 2].map(() => ({ plugin: 'other', pinned: false })));
  expect(changed).toEqual([[id]]);
  expect(await devices.assign('none', () => ({ plugin: 'other', pinned: false }))).toBeUndefined();
});

test('a config that a device stops using is dropped, also with the device', async () => {
  const devices = service();
  const made = await devices.create(main, { mac: macA });
  expect(made.config).toBe('auto0');
  await devices.change(made.id, { config: 'mine' });
  expect(dropped).toEqual(['auto0']);
  await devices.remove(made.id);
  expect(dropped).toEqual(['auto0', 'mine']);
  await expect(devices.remove(made.id)).rejects.toMatchObject({ code: 'device-unknown' });
});

test('what was sent is known at once, and written in batches', async () => {
  const devices = service();
  const made = await devices.create(main, { mac: macA });
  const note = { device: made.id, artefact: 'a.cfg', digest: 'd1', ip: ip('10.0.0.1'), transport: 'http' };
  devices.noteDelivery(note);
  expect(await devices.deliveries(made.id)).toEqual([{ ...note, at: time }]);
  expect(await store.devices.deliveries(made.id)).toEqual([]);
  await devices.flush();
  devices.noteDelivery({ ...note, digest: 'd2' });
  expect(await store.devices.deliveries(made.id)).toEqual([{ ...note, at: time }]);
  expect(await devices.deliveries(made.id)).toEqual([{ ...note, digest: 'd2', at: time }]);
});

test('those of whom it is not known whether they fetched what they would get now are told of once', async () => {
  const devices = service();
  const made = await devices.create(main, { mac: macA });
  devices.noteDelivery({ device: made.id, artefact: 'a.cfg', digest: 'd1', ip: ip('10.0.0.1'), transport: 'http', own: true });
  expect(await devices.flush()).toEqual([made.id]);
  expect(await devices.flush()).toEqual([]);
});

test('under which URL devices come is written with the next batch, the last time it was told', async () => {
  const devices = service();
  const made = await devices.create(main, { mac: macA });
  devices.noteUrl(made.id, 'http://192.0.2.1');
  devices.noteUrl(made.id, 'http://192.0.2.2');
  expect(await devices.urls()).toEqual(new Map());
  await devices.flush();
  expect(await devices.urls()).toEqual(new Map([[made.id, 'http://192.0.2.2']]));
});

test('notes that could not be written are written with the next batch', async () => {
  let broken = true;
  const dao = {
    ...store.devices,
    noteDeliveries: async (rows: Parameters<Store['devices']['noteDeliveries']>[0]) => {
      if (broken) throw new Error('disk full');
      return store.devices.noteDeliveries(rows);
    },
  };
  const devices = service({ dao });
  const made = await devices.create(main, { mac: macA });
  devices.noteDelivery({ device: made.id, artefact: 'a.cfg', digest: 'd1', ip: ip('10.0.0.1'), transport: 'http' });
  await expect(devices.flush()).rejects.toThrow('disk full');
  broken = false;
  await devices.flush();
  expect(await store.devices.deliveries(made.id)).toHaveLength(1);
});

test('those who keep something of a device hear of each change after it is stored', async () => {
  const devices = service({ autocreateConfig: async () => undefined });
  const made = await devices.create(main, { mac: macA });
  await devices.change(made.id, { description: 'x' });
  await devices.change(made.id, { description: 'x' });
  await devices.remove(made.id);
  expect(changed).toEqual([[made.id], [made.id], [made.id]]);
});
