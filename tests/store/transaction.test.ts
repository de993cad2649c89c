import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { blankDevice } from '../../server/devices/model.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { Store } from '../../server/store/store.ts';

let folder: string;
let store: Store;
let tenant: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-transaction-'));
  store = await openSqliteStore(join(folder, 'offhook.sqlite'), { shared: true });
  tenant = (await store.tenants.list()).find(({ main }) => main)?.id ?? '';
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const device = (id: string) => blankDevice(id, tenant, 1);
const refused = (work: Promise<unknown>) => work.catch(({ code }) => code);

test('nobody else sees what a transaction writes until it is committed, and it sees it at once', async () => {
  await store.transact(async ({ devices }) => {
    await devices.insert(device('a'));
    expect(await devices.ids()).toEqual(['a']);
    await sleep(5);
    expect(await store.devices.ids()).toEqual([]);
    return true;
  });
  expect(await store.devices.ids()).toEqual(['a']);
  const entries = await store.history.entries({ limit: 10 });
  expect(entries).toMatchObject([{ action: 'created', what: { resource: 'device', id: 'a' } }]);
});

test('what says false, or throws, leaves nothing, nor in the history or for other processes', async () => {
  const newest = await store.changes.newest();
  await store.transact(async ({ devices }) => {
    await devices.insert(device('a'));
    return false;
  });
  const failing = store.transact(async ({ devices }) => {
    await devices.insert(device('a'));
    throw new Error('no more');
  });
  await expect(failing).rejects.toThrow('no more');
  expect(await store.devices.ids()).toEqual([]);
  expect(await store.history.entries({ limit: 10 })).toEqual([]);
  expect(await store.changes.newest()).toBe(newest);
});

test('a part that throws undoes itself alone, and a write that is refused what it wrote', async () => {
  await store.transact(async ({ devices, part }) => {
    await devices.insert(device('a'));
    const broken = part(async () => {
      await devices.insert(device('b'));
      return devices.insert(device('a'));
    });
    expect(await refused(broken)).toBe('device-id-taken');
    expect(await refused(devices.insert({ ...device('c'), tenant: 'nobody' }))).toBe('tenant-unknown');
    await part(() => devices.insert(device('d')));
    return true;
  });
  expect(await store.devices.ids()).toEqual(['a', 'd']);
});

test('writes of others wait for its end, longer than for other processes, and transactions for one another', async () => {
  const order: string[] = [];
  const first = store.transact(async ({ devices }) => {
    await devices.insert(device('a'));
    await sleep(2_500);
    order.push('first');
    return true;
  });
  const write = store.devices.insert(device('b')).then(() => order.push('write'));
  const second = store.transact(async ({ devices }) => {
    expect(await devices.ids()).toContain('a');
    order.push('second');
    return true;
  });
  await Promise.all([first, write, second]);
  expect(order[0]).toBe('first');
  expect((await store.devices.ids()).sort()).toEqual(['a', 'b']);
});

test('what is open when the store is closed is finished first, and none begins after', async () => {
  const open = store.transact(async ({ devices }) => {
    await sleep(20);
    await devices.insert(device('a'));
    return true;
  });
  await sleep(5);
  const closing = store.close();
  expect(await refused(store.transact(async () => true))).toBe('store-closed');
  await Promise.all([open, closing]);
  store = await openSqliteStore(join(folder, 'offhook.sqlite'));
  expect(await store.devices.ids()).toEqual(['a']);
});
