import { chmodSync, statSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { DeviceQuery } from '../../server/devices/dao.ts';
import type { Device } from '../../server/devices/model.ts';
import type { EntryQuery } from '../../server/history/dao.ts';
import { Secret } from '../../server/lib/secret.ts';
import { KEPT } from '../../server/store/sqlite/changes.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { Store } from '../../server/store/store.ts';
import { daoSuite } from './dao-suite.ts';
import { Place } from './place.ts';

const place = new Place();

async function deviceOf(store: Store, id: string, fields: Partial<Device> = {}): Promise<Device> {
  const tenant = (await store.tenants.list())[0]?.id ?? '';
  const nothing = new Map();
  return {
    id,
    tenant,
    pinned: false,
    approved: true,
    options: nothing,
    extra: nothing,
    created: 1,
    updated: 1,
    revision: 1,
    ...fields,
  };
}

daoSuite('SQLite, in a file', async () => {
  const store = await place.open();
  return { store, close: () => store.close() };
});

daoSuite('SQLite, in memory', async () => {
  const store = await openSqliteStore(':memory:');
  return { store, close: () => store.close() };
});

test('what was written, even without waiting before close, is there when the file is opened again', async () => {
  const store = await place.open();
  const device = await deviceOf(store, 'd');
  const written = store.devices.insert(device);
  await store.close();
  await written;
  const again = await place.open();
  expect(await again.devices.get('d')).toMatchObject(device);
  expect(await again.tenants.list()).toHaveLength(1);
});

test.each([0o000, 0o022])('only its owner can read the store, with a umask of %o', async (mask) => {
  const before = process.umask(mask);
  try {
    const store = await place.open();
    await store.devices.insert(await deviceOf(store, 'd'));
  } finally {
    process.umask(before);
  }
  const modes = ['', '/store.db', '/store.db-wal', '/store.db-shm'].map((name) => statSync(place.data + name).mode & 0o777);
  expect(modes).toEqual([0o700, 0o600, 0o600, 0o600]);
});

test('a store that others could read is closed to them', async () => {
  await (await place.open()).close();
  chmodSync(place.file, 0o644);
  await place.open();
  expect(statSync(place.file).mode & 0o777).toBe(0o600);
});

describe('writes', () => {
  test('called in one turn are one commit; a read is none', async () => {
    const ran: string[] = [];
    const store = await place.open({ trace: (sql) => ran.push(sql) });
    const devices = await Promise.all(Array.from({ length: 100 }, (_, index) => deviceOf(store, `${index}`)));
    ran.length = 0;
    await Promise.all([...devices.map((device) => store.devices.insert(device)), store.tenants.delete('none')]);
    await store.devices.list({});
    expect(ran.filter((sql) => /^(?:BEGIN|COMMIT|ROLLBACK)/.test(sql))).toEqual(['BEGIN IMMEDIATE', 'COMMIT']);
  });

  test('of 10,000 devices at once are 20 commits, between which others get their turn', async () => {
    const ran: string[] = [];
    const store = await place.open({ trace: (sql) => ran.push(sql) });
    const device = await deviceOf(store, '');
    ran.length = 0;
    const all = Promise.all(Array.from({ length: 10_000 }, (_, index) => store.devices.insert({ ...device, id: `${index}` })));
    let turns = 0;
    const ticking = setInterval(() => turns++, 0);
    await all;
    clearInterval(ticking);
    expect(ran.filter((sql) => sql === 'COMMIT')).toHaveLength(20);
    expect(turns).toBeGreaterThan(5);
    expect((await store.devices.list({ limit: 0 })).total).toBe(10_000);
  });

  test('a read called before the commit does not see what is not committed', async () => {
    const store = await place.open();
    const device = await deviceOf(store, 'd');
    const written = store.devices.insert(device);
    expect(await store.devices.get('d')).toBeUndefined();
    await written;
    expect(await store.devices.get('d')).toMatchObject(device);
  });

  test('are undone whole when they fail half way, and only they', async () => {
    const database = place.database();
    const insert = database.prepare('INSERT INTO tenants (id, name, main, created, updated, revision) VALUES (?, ?, 0, 1, 1, 1)');
    const add = (name: string) => database.write(() => insert.run(name, name));
    const addBoth = (one: string, other: string) =>
      database.write(() => {
        insert.run(one, one);
        insert.run(other, other);
      });
    const outcomes = await Promise.allSettled([add('a'), addBoth('b', 'a'), add('c')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(place.bare().prepare('SELECT name FROM tenants WHERE main = 0').pluck().all()).toEqual(['a', 'c']);
  });

  test('reject all together as store-full when one of them no longer fits, and go through when there is room again', async () => {
    const database = place.database();
    const insert = database.prepare('INSERT INTO tenants (id, name, main, created, updated, revision) VALUES (?, ?, 0, 1, 1, 1)');
    const add = (name: string) => database.write(() => insert.run(name, name));
    // No page more than there are now.
    database.prepare('PRAGMA max_page_count = 1').get();
    const full = { status: 'rejected', reason: { code: 'store-full' } };
    expect(await Promise.allSettled([add('a'), add('b'.repeat(100_000)), add('c')])).toMatchObject([full, full, full]);
    database.prepare('PRAGMA max_page_count = 1000').get();
    await add('d');
    expect(place.bare().prepare('SELECT name FROM tenants WHERE main = 0').pluck().all()).toEqual(['d']);
  });

  test('reject all together when the commit fails, and the next ones go through', async () => {
    const database = place.database();
    const insert = database.prepare('INSERT INTO tenants (id, name, main, created, updated, revision) VALUES (?, ?, 0, 1, 1, 1)');
    const add = (name: string) => database.write(() => insert.run(name, name));
    const failing = database.write(() => {
      // Puts off to the commit what the insertion does wrong.
      database.prepare('PRAGMA defer_foreign_keys = ON').run();
      database
        .prepare(
          "INSERT INTO deliveries (device, artefact, digest, at, ip, transport) VALUES ('no device', 'a', 'b', 1, 'c', 'd')",
        )
        .run();
    });
    const outcomes = await Promise.allSettled([add('a'), failing, add('c')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await add('d');
    expect(place.bare().prepare('SELECT name FROM tenants WHERE main = 0').pluck().all()).toEqual(['d']);
  });

  test('reject all together when one of them loses the transaction', async () => {
    const database = place.database();
    const insert = database.prepare(
      "INSERT INTO tenants (id, name, main, created, updated, revision) VALUES ('a', 'a', 0, 1, 1, 1)",
    );
    const lose = database.prepare('ROLLBACK');
    const outcomes = await Promise.allSettled([
      database.write(() => insert.run()),
      database.write(() => {
        lose.run();
        throw new Error('disk I/O error');
      }),
      database.write(() => insert.run()),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(place.bare().prepare('SELECT count(*) FROM tenants').pluck().get()).toBe(1);
    await expect(database.write(() => insert.run())).resolves.toMatchObject({ changes: 1 });
  });

  test('reject as store-busy while another process holds the lock, and go through afterwards', async () => {
    const store = await place.open();
    const device = await deviceOf(store, 'd');
    const other = place.bare();
    other.exec('BEGIN IMMEDIATE');
    await expect(store.devices.insert(device)).rejects.toMatchObject({ code: 'store-busy' });
    other.exec('ROLLBACK');
    await expect(store.devices.insert(device)).resolves.toBeUndefined();
  });
});

test('while another process holds the lock, a write waits, and reads go on', async () => {
  const store = await place.open();
  const device = await deviceOf(store, 'd');
  const other = place.bare();
  other.exec('BEGIN IMMEDIATE');
  let isWritten = false;
  const writing = store.devices.insert(device).then(() => {
    isWritten = true;
  });
  // SQLite's own waiting would not come back before it gave up.
  for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(await store.devices.get('d')).toBeUndefined();
  expect(isWritten).toBe(false);
  other.exec('ROLLBACK');
  await writing;
  expect(await store.devices.get('d')).toMatchObject(device);
});

test('two processes may have the store open: each sees what the other committed, and one of two updates wins', async () => {
  const [one, two] = [await place.open(), await place.open()];
  const device = await deviceOf(one, 'd');
  await one.devices.insert(device);
  expect(await two.devices.get('d')).toMatchObject(device);
  const won = await Promise.all([one, two].map((store, index) => store.devices.update({ ...device, model: `${index}` })));
  expect(won.toSorted()).toEqual([false, true]);
  expect(await two.devices.get('d')).toMatchObject({ model: won[0] ? '0' : '1', revision: 2 });
});

describe('of two connections that share the store, one is told', () => {
  const both = async () => [await place.open({ shared: true }), await place.open({ shared: true })] as const;

  test('of each record that the other stores, changes or removes, in that order, and not of its own', async () => {
    const [one, two] = await both();
    const start = await two.changes.newest();
    const device = await deviceOf(one, 'd');
    const { tenant, created, updated, revision, extra } = device;
    const config = { id: 'c', tenant, parents: [], raw: new Map(), transient: false, deletable: true, extra };
    const added = { id: 't', name: 't', main: false, created, updated, revision };
    await one.tenants.insert(added);
    await one.tenants.update({ ...added, name: 'u' });
    await one.tenants.delete('t');
    await one.configs.insert({ ...config, created, updated, revision });
    await two.devices.insert(await deviceOf(two, 'mine'));
    await one.configs.update({ ...config, created, updated, revision });
    await one.devices.insert(device);
    await one.devices.update(device);
    await one.devices.delete('d');
    await one.configs.delete('c');
    const told = await two.changes.after(start);
    const pairs = told?.changes.map(({ kind, id }) => `${kind} ${id}`);
    const [tenants, configs, devices] = [Array(3).fill('tenant t'), Array(2).fill('config c'), Array(3).fill('device d')];
    expect(pairs).toEqual([...tenants, ...configs, ...devices, 'config c']);
    expect(await two.changes.after(told?.newest ?? 0)).toBeUndefined();
    expect(await two.changes.newest()).toBe(told?.newest);
  });

  test('of nothing that changed nothing, nor of what phones did', async () => {
    const [one, two] = await both();
    const device = await deviceOf(one, 'd');
    await one.devices.insert(device);
    const start = await two.changes.newest();
    const refused = one.devices.insert(device);
    await expect(refused).rejects.toMatchObject({ code: 'device-id-taken' });
    expect(await one.devices.update({ ...device, revision: 7 })).toBe(false);
    expect(await one.devices.delete('nobody')).toBe(false);
    await one.devices.setConditions(new Map([['d', { configured: true }]]));
    await one.devices.noteSightings([{ device: 'd', at: 1, ip: '10.0.0.1' as Device['ip'] & string }]);
    expect(await two.changes.after(start)).toBeUndefined();
  });

  test('that it is too late, when more was changed than is still known', async () => {
    const [one, two] = await both();
    const start = await two.changes.newest();
    const device = await deviceOf(one, 'd');
    await one.devices.insert(device);
    // As if so many had been told; the thousandth makes the oldest go.
    place.bare().exec(`UPDATE changes SET sequence = ${KEPT + 999}`);
    await one.devices.update(device);
    await one.devices.delete('d');
    expect(place.bare().prepare('SELECT count(*) FROM changes').pluck().get()).toBe(3);
    await expect(two.changes.after(start)).rejects.toMatchObject({ code: 'store-behind' });
    expect(await two.changes.after(KEPT + 1_000)).toMatchObject({ changes: [{ kind: 'device', id: 'd' }], newest: KEPT + 1_001 });
  });
});

test('a store that is not shared keeps no changes', async () => {
  const store = await place.open();
  await store.devices.insert(await deviceOf(store, 'd'));
  expect(place.bare().prepare('SELECT count(*) FROM changes').pluck().get()).toBe(0);
});

describe('through an index goes', () => {
  /** How SQLite runs the statements of a call: `SEARCH devices USING INDEX …` or `SCAN devices`. */
  async function plan(call: (store: Store) => Promise<unknown>, only = /^(?!BEGIN|COMMIT|SAVEPOINT|RELEASE)/): Promise<string[]> {
    const ran: string[] = [];
    const store = await place.open({ trace: (sql) => ran.push(sql) });
    ran.length = 0;
    await call(store);
    return ran
      .filter((sql) => only.test(sql))
      .flatMap((sql) => place.bare().prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all())
      .map(({ detail }) => detail);
  }
  const searches = expect.stringMatching(
    /^SEARCH (?:devices|configs|config_parents|device_accounts|deliveries|audit|config_versions) USING (?:COVERING )?(?:INDEX|INTEGER PRIMARY KEY|PRIMARY KEY)/,
  );
  const scans = expect.stringMatching(
    /^SCAN (?:devices|configs|config_parents|device_accounts|deliveries|tenants|audit|config_versions)/,
  );
  const device = { id: 'd', tenant: 't', revision: 1 } as Device;
  const sighting = { device: 'd', at: 1, ip: '10.0.0.1' } as const;

  test.each<[string, (store: Store) => Promise<unknown>]>([
    ['devices.get', ({ devices }) => devices.get('d')],
    ['devices.findBy mac', ({ devices }) => devices.findBy('mac', 'x')],
    ['devices.findBy serial', ({ devices }) => devices.findBy('serial', 'x')],
    ['devices.findBy uuid', ({ devices }) => devices.findBy('uuid', 'x')],
    ['devices.findBy ip', ({ devices }) => devices.findBy('ip', 'x')],
    ['devices.delete', ({ devices }) => devices.delete('d')],
    ['devices.idsUsing', ({ devices }) => devices.idsUsing({ configs: ['a', 'b'], plugins: ['c'] })],
    ['devices.idsOfAccount', ({ devices }) => devices.idsOfAccount('1001', ['t'], 9)],
    ['devices.setConditions', ({ devices }) => devices.setConditions(new Map([['d', { configured: true }]]))],
    ['devices.noteSightings', ({ devices }) => devices.noteSightings([{ ...sighting, ip: '10.0.0.1' as Device['ip'] & string }])],
    ['devices.deliveries', ({ devices }) => devices.deliveries('d')],
    ['devices.list of a MAC', ({ devices }) => devices.list({ where: { mac: 'x' as Device['mac'] & string } })],
    ['devices.list of a tenant', ({ devices }) => devices.list({ tenants: ['t'] })],
    ['devices.list of a tenant and a config', ({ devices }) => devices.list({ tenants: ['t', 'u'], where: { config: 'c' } })],
    ['devices.list of a plugin', ({ devices }) => devices.list({ where: { plugin: 'p' }, sort: 'model' })],
    ['configs.get', ({ configs }) => configs.get('c')],
    ['configs.byCode', ({ configs }) => configs.byCode('t', new Secret('4711'))],
    ['configs.delete', ({ configs }) => configs.delete('c')],
    ['configs.childrenOf', ({ configs }) => configs.childrenOf('c')],
    ['configs.list of a role', ({ configs }) => configs.list({ role: 'autocreate' })],
    ['history.entries of an id', ({ history }) => history.entries({ id: 'd', tenants: ['t'], resource: 'device', limit: 50 })],
    ['history.entries of a resource', ({ history }) => history.entries({ resource: 'device', after: 9, limit: 50 })],
    ['history.entries of tenants', ({ history }) => history.entries({ tenants: ['t', 'u'], limit: 50 })],
    [
      'history.entries of a tenant and a resource',
      ({ history }) => history.entries({ tenants: ['t'], resource: 'r', limit: 50 }),
    ],
    ['history.entries of somebody', ({ history }) => history.entries({ who: { kind: 'token', id: 'i' }, limit: 50 })],
    [
      'history.entries of somebody and a resource',
      ({ history }) => history.entries({ who: { kind: 'server' }, resource: 'r', tenants: ['t'], limit: 50 }),
    ],
    ['history.versions', ({ history }) => history.versions('c')],
    ['history.version', ({ history }) => history.version('c', 1)],
    ['history.crowded', ({ history }) => history.crowded(1, 'a')],
    ['history.forgetBefore', ({ history }) => history.forgetBefore(1, 1)],
    ['history.forgetBeyond', ({ history }) => history.forgetBeyond('c', 1)],
    ['configs.list of a tenant', ({ configs }) => configs.list({ tenants: ['t'] })],
  ])('%s', async (_, call) => {
    const steps = await plan(call);
    expect(steps).toContainEqual(searches);
    expect(steps).not.toContainEqual(scans);
  });

  test.each<[string, Partial<EntryQuery>]>([
    ['all', {}],
    ['some time', { from: 1, to: Number.MAX_SAFE_INTEGER }],
    ['a resource', { resource: 'tenant' }],
    ['a tenant', { tenants: ['t'] }],
    ['an id', { id: 't', resource: 'tenant' }],
    ['somebody', { who: { kind: 'server' } }],
  ])('entries of %s, which lie in their order in an index and are not sorted', async (_, query) => {
    const steps = await plan(async ({ history, tenants }) => {
      await tenants.insert({ id: 't', name: 't', main: false, created: 1, updated: 1, revision: 1 });
      expect(await history.entries({ ...query, limit: 1 })).toHaveLength(1);
    }, /^SELECT number FROM audit/);
    expect(steps.length).toBeGreaterThan(0);
    expect(steps).not.toContainEqual(expect.stringContaining('TEMP B-TREE'));
  });

  test('an update of a device', async () => {
    const steps = await plan(async (store) => store.devices.update(await deviceOf(store, device.id)));
    expect(steps).toContainEqual(searches);
  });

  test('not a search for a problem, which nobody can ask for: this is how a scan would look', async () => {
    await place.open();
    const steps = place
      .bare()
      .prepare<[], { detail: string }>("EXPLAIN QUERY PLAN SELECT 1 FROM devices WHERE problem = 'x'")
      .all();
    expect(steps.map(({ detail }) => detail)).toContainEqual(scans);
  });

  test('the first page of all devices, which is not sorted for it', async () => {
    const steps = await plan(async (store) => {
      await store.devices.insert(await deviceOf(store, 'd'));
      await store.devices.list({ limit: 50 });
    }, /^SELECT (?!count)[\s\S]*LIMIT/);
    expect(steps).toEqual(['SCAN devices USING INDEX devices_created']);
  });

  test.each<[string, DeviceQuery]>([
    ['one tenant', { tenants: ['t'] }],
    ['a vendor', { where: { vendor: 'Digium' } }],
    ['no plugin', { where: { plugin: null } }],
    ['a state', { state: 'failing' }],
    ['what is not configured', { configured: false }],
    ['what is not pinned', { where: { pinned: false } }],
    ['what was never seen', { seen: false }],
  ])('a page of devices of %s, however far down, which is not sorted for it', async (_, query) => {
    const steps = await plan(async (store) => {
      await store.tenants.insert({ id: 't', name: 't', main: false, created: 1, updated: 1, revision: 1 });
      for (const id of ['a', 'b', 'c'])
        await store.devices.insert({ ...(await deviceOf(store, id)), tenant: 't', vendor: 'Digium' });
      const first = await store.devices.list({ ...query, limit: 1 });
      expect(first).toMatchObject({ devices: [{ id: 'a' }], next: expect.anything() });
      const second = await store.devices.list({ ...query, limit: 1, ...(first.next && { after: first.next }) });
      expect(second).toMatchObject({ devices: [{ id: 'b' }] });
    }, /^SELECT (?!count)[\s\S]*LIMIT/);
    expect(steps.length).toBeGreaterThan(1);
    expect(steps).not.toContainEqual(expect.stringContaining('TEMP B-TREE'));
    expect(steps).not.toContainEqual(scans);
  });
});
