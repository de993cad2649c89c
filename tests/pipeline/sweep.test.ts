import { expect, test } from '@jest/globals';
import type { StoredDevice } from '../../server/devices/dao.ts';
import type { Condition, Looked } from '../../server/devices/model.ts';
import { ProvisioningError } from '../../server/lib/errors.ts';
import { createLog } from '../../server/lib/log.ts';
import { Sweep, type SweepOptions } from '../../server/pipeline/sweep.ts';
import { catalogueOf } from '../../server/plugins/service.ts';
import { testPackage } from '../support/packages.ts';
import { device } from '../support/render.ts';

const acme = testPackage('Acme', {});
const catalogue = catalogueOf([acme], []);
const [plugin] = acme.plugins;
if (!plugin) throw new Error('no plugin');

function sweepWith(
  render: (id: string) => void,
  change: (device: StoredDevice) => Partial<StoredDevice> = () => ({}),
  refused = 0,
  busy: SweepOptions['busy'] = () => undefined,
) {
  const conditions = new Map<string, Condition>();
  const lines: string[] = [];
  const looked: string[] = [];
  let refusals = refused;
  const devices = {
    async get(id: string) {
      looked.push(id);
      if (id === 'gone') return undefined;
      if (id === 'broken') throw new Error('disk');
      const stored: StoredDevice = { ...device(plugin as never), id, condition: { configured: false } };
      return { ...stored, ...change(stored) };
    },
    deliveries: async () => [],
    async setConditions(found: ReadonlyMap<string, Looked>) {
      if (refusals-- > 0) throw new Error('disk full');
      for (const [id, { wanted, ...condition }] of found) conditions.set(id, condition);
    },
  };
  const desired = {
    filesOf: (_: unknown, { mac }: StoredDevice) => (mac === undefined ? [] : [{}]),
    async current(_plugin: unknown, _file: unknown, { id }: StoredDevice) {
      render(id);
      return {};
    },
  };
  const options = {
    devices,
    desired,
    plugins: { catalogue },
    busy,
    baseUrl: () => 'http://192.0.2.1:8667',
    log: createLog({ level: 'error', format: 'json', sink: { write: (line) => void lines.push(line) } }),
  } as unknown as SweepOptions;
  return { sweep: new Sweep(options), conditions, lines, looked };
}

test('each device that was touched is looked at once, however often it was touched before its turn', async () => {
  const { sweep, conditions, looked } = sweepWith(() => {});
  sweep.touch(['a', 'b', 'a']);
  sweep.touch(['b', 'c']);
  expect(sweep.waiting).toBe(3);
  await sweep.idle();
  expect(looked).toEqual(['a', 'b', 'c']);
  expect([...conditions]).toEqual(['a', 'b', 'c'].map((id) => [id, { configured: true }]));
});

test('why a device is not configured is told in words', async () => {
  const fails = sweepWith((id) => {
    if (id === 'b') throw new ProvisioningError('config-missing', 'Its config x does not exist');
  });
  fails.sweep.touch(['a', 'b']);
  await fails.sweep.idle();
  expect(fails.conditions.get('a')).toEqual({ configured: true });
  expect(fails.conditions.get('b')).toEqual({ configured: false, problem: 'Its config x does not exist' });

  const lacks = sweepWith(
    () => {},
    ({ id }) =>
      ({ none: { plugin: undefined }, other: { plugin: 'x-1' }, nameless: { mac: undefined } })[id] as Partial<StoredDevice>,
  );
  lacks.sweep.touch(['none', 'other', 'nameless']);
  await lacks.sweep.idle();
  expect(Object.fromEntries([...lacks.conditions].map(([id, { problem }]) => [id, problem]))).toEqual({
    none: 'No installed plugin supports it',
    other: 'Its plugin x-1 is not installed',
    nameless: 'It lacks what Acme-1 needs to name its files: a MAC address, say',
  });
});

test('a device that is gone is passed over, and one that cannot be looked at holds up no other', async () => {
  const { sweep, conditions, lines } = sweepWith(() => {});
  sweep.touch(['gone', 'broken', 'a']);
  await sweep.idle();
  expect([...conditions.keys()]).toEqual(['a']);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('"device":"broken","why":"disk"');
});

test('others have their turn between the slices, and a stopped sweep ends soon', async () => {
  const { sweep, looked } = sweepWith(() => {
    const end = performance.now() + 3;
    while (performance.now() < end);
  });
  sweep.touch(Array.from({ length: 100 }, (_, index) => `d${index}`));
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  await sweep.stop();
  expect(looked.length).toBeLessThan(100);
  expect(sweep.waiting).toBe(100 - looked.length);
});

test('what the store refused to take is found out and stored again', async () => {
  const { sweep, conditions, lines } = sweepWith(
    () => {},
    () => ({}),
    1,
  );
  sweep.touch(['a']);
  await sweep.idle();
  expect([...conditions]).toEqual([['a', { configured: true }]]);
  expect(lines).toHaveLength(1);
});

/** What the sweep does with two devices while phones do this, look by look. */
async function sweepAmong(phones: NonNullable<SweepOptions['busy']>): Promise<string[]> {
  const seen: string[] = [];
  const { sweep } = sweepWith(
    (id) => {
      seen.push(id);
      const end = performance.now() + 3;
      while (performance.now() < end);
    },
    () => ({}),
    0,
    () => {
      const phone = phones();
      seen.push(phone ?? 'quiet');
      return phone;
    },
  );
  sweep.touch(['a', 'b']);
  await sweep.idle();
  return seen;
}

test('between two slices it waits until nobody asks any more', async () => {
  const looks = ['asking', 'crowd', undefined] as const;
  let look = 0;
  const seen = await sweepAmong(() => looks[look++]);
  expect(seen.slice(0, 5)).toEqual(['a', 'asking', 'crowd', 'quiet', 'b']);
});

test('phones that ask without end do not stop it', async () => {
  const seen = await sweepAmong(() => 'asking');
  expect(seen.indexOf('b')).toBeGreaterThan(1);
  expect(seen).not.toContain('quiet');
});

test('for one who asks it tells how far it is, and has told all when it is stored', async () => {
  const { sweep, conditions } = sweepWith(
    () => {},
    () => ({}),
    1,
  );
  const rendering = sweep.render(['a', 'gone', 'broken', 'b']);
  expect([rendering.total, rendering.left, sweep.waiting]).toEqual([4, 4, 4]);
  while (rendering.left > 0) await new Promise((resolve) => setImmediate(resolve));
  // The store refused the first time: nothing counts as done that it does not have.
  expect([...conditions.keys()]).toEqual(['a', 'b']);
  expect(sweep.waiting).toBe(0);
  expect(sweep.render([]).left).toBe(0);
});

test('what changes meanwhile is looked at first, and counts for all who wait for it', async () => {
  const { sweep, looked } = sweepWith(() => {});
  const [one, other] = [sweep.render(['a', 'b', 'c']), sweep.render(['c', 'd'])];
  sweep.touch(['c', 'x']);
  expect(sweep.waiting).toBe(5);
  await sweep.idle();
  expect(looked).toEqual(['c', 'x', 'a', 'b', 'd']);
  expect([one.left, other.left]).toEqual([0, 0]);
});

test('what nobody asks for any more is not looked at, except where it has changed', async () => {
  const { sweep, looked } = sweepWith(() => {});
  const rendering = sweep.render(['a', 'b', 'c']);
  sweep.touch(['b']);
  rendering.stop();
  await sweep.idle();
  expect([looked, rendering.left, sweep.waiting]).toEqual([['b'], 3, 0]);
});
