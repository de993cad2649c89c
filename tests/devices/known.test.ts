import { beforeEach, expect, test } from '@jest/globals';
import type { StoredDevice } from '../../server/devices/dao.ts';
import { type Finder, knownDevices } from '../../server/devices/known.ts';
import type { Identity } from '../../server/devices/model.ts';
import { type DeviceNotifier, deviceNotifier } from '../../server/devices/notifier.ts';

const mac = '00:0f:d3:00:00:01';

let stored: Partial<StoredDevice>[];
let asked: string[];
let notifier: DeviceNotifier;
let known: Finder;

beforeEach(() => {
  stored = [{ id: 'a', mac: mac as never, ip: '10.0.0.1' as never }];
  asked = [];
  notifier = deviceNotifier();
  known = knownDevices(
    {
      async findBy(identity: Identity, value: string) {
        asked.push(`${identity} ${value}`);
        return stored.filter((device) => device[identity] === value) as StoredDevice[];
      },
    },
    notifier,
  );
});

const idsBy = async (identity: Identity, value: string) => (await known.findBy(identity, value)).map(({ id }) => id);

test('the store is asked once for a phone that comes again, until a device changes', async () => {
  expect(await idsBy('mac', mac)).toEqual(['a']);
  expect(await idsBy('mac', mac)).toEqual(['a']);
  expect(asked).toEqual([`mac ${mac}`]);
  stored.push({ id: 'b', mac: mac as never });
  notifier.changed(['b']);
  expect(await idsBy('mac', mac)).toEqual(['a', 'b']);
  stored = [];
  notifier.changed(['a', 'b']);
  expect(await idsBy('mac', mac)).toEqual([]);
});

test('whose an address is is asked every time', async () => {
  for (const value of ['10.0.0.1', '10.0.0.1']) expect(await idsBy('ip', value)).toEqual(['a']);
  expect(asked).toHaveLength(2);
});

test('that nobody has a MAC address is asked once, until a device changes', async () => {
  const other = '02:00:00:00:00:01';
  for (const value of [other, other]) expect(await idsBy('mac', value)).toEqual([]);
  expect(asked).toHaveLength(1);
  const early = known.findBy('mac', '02:00:00:00:00:02');
  stored.push({ id: 'b', mac: other as never }, { id: 'c', mac: '02:00:00:00:00:02' as never });
  notifier.changed(['b', 'c']);
  expect(await early).toEqual([]);
  expect(await idsBy('mac', other)).toEqual(['b']);
  expect(await idsBy('mac', '02:00:00:00:00:02')).toEqual(['c']);
});

test('however many devices that do not exist are asked for, those that exist are kept', async () => {
  expect(await idsBy('mac', mac)).toEqual(['a']);
  for (let number = 0; number < 40_000; number++) await known.findBy('serial', `${number}`);
  asked = [];
  expect(await idsBy('mac', mac)).toEqual(['a']);
  expect(asked).toEqual([]);
});

test('what was read before a change and comes after it is not kept', async () => {
  const early = known.findBy('mac', mac);
  stored = [{ id: 'c', mac: mac as never }];
  notifier.changed(['a', 'c']);
  expect((await early).map(({ id }) => id)).toEqual(['a']);
  expect(await idsBy('mac', mac)).toEqual(['c']);
});
