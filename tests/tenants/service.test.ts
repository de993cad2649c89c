import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { Store } from '../../server/store/store.ts';
import { tenantNotifier } from '../../server/tenants/notifier.ts';
import { type TenantService, tenantService } from '../../server/tenants/service.ts';

let store: Store;
let tenants: TenantService;
beforeEach(async () => {
  store = await openSqliteStore(':memory:');
  tenants = await tenantService(store.tenants, tenantNotifier());
});
afterEach(() => store.close());

/** Main, north, shop below north, south. */
async function grow() {
  const main = tenants.main.id;
  const [north, south] = [(await tenants.create('north')).id, (await tenants.create('south')).id];
  const shop = (await tenants.create('shop', {}, north)).id;
  return { main, north, south, shop };
}

test('a tenant belongs to the main one, unless another is named', async () => {
  const { main, north, shop } = await grow();
  expect(tenants.main.parent).toBeUndefined();
  expect(tenants.get(north)?.parent).toBe(main);
  expect(tenants.get(shop)?.parent).toBe(north);
  await expect(tenants.create('lost', {}, 'nobody')).rejects.toMatchObject({ code: 'tenant-unknown' });
});

test('its line ends with the main tenant, and below it are those whose line it is in', async () => {
  const { main, north, south, shop } = await grow();
  expect(tenants.line(shop)).toEqual([shop, north, main]);
  expect(tenants.line(main)).toEqual([main]);
  expect(tenants.below(main)).toEqual(new Set([main, north, south, shop]));
  expect(tenants.below(north)).toEqual(new Set([north, shop]));
  expect(tenants.below(south)).toEqual(new Set([south]));
});

test('of one that is not there the line is that of a tenant of the main one, and nothing is below it', async () => {
  const { main } = await grow();
  expect([tenants.line('nobody'), tenants.below('nobody')]).toEqual([['nobody', main], new Set(['nobody'])]);
});

test('tenants may stand in a line as long as one likes', async () => {
  const at = { created: 1, updated: 1, revision: 1, main: false };
  const names = Array.from({ length: 3_000 }, (_, index) => `t${index}`);
  const { id: main } = tenants.main;
  await Promise.all(names.map((id, index) => store.tenants.insert({ ...at, id, name: id, parent: names[index - 1] ?? main })));
  const deep = await tenantService(store.tenants, tenantNotifier());
  expect(deep.below('t0').size).toBe(3_000);
  expect(deep.line('t2999')).toEqual([...names.toReversed(), main]);
  expect(deep.below('t2999')).toEqual(new Set(['t2999']));
});

test('one with tenants below it is not removed before they are', async () => {
  const { north, shop } = await grow();
  await expect(tenants.remove(north)).rejects.toMatchObject({ code: 'tenant-in-use' });
  await tenants.remove(shop);
  await tenants.remove(north);
  expect(tenants.list().map(({ name }) => name)).toEqual(['main', 'south']);
});

test('the tree is the same when the server starts again, and a change of a name leaves it', async () => {
  const { north, shop, main } = await grow();
  await tenants.change(shop, { name: 'stall' });
  const again = await tenantService(store.tenants, tenantNotifier());
  expect(again.line(shop)).toEqual([shop, north, main]);
  expect(again.get(shop)?.name).toBe('stall');
});
