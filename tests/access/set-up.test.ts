import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { administrator } from '../../server/access/caller.ts';
import { type AccessService, accessService } from '../../server/access/service.ts';
import { setUp } from '../../server/access/set-up.ts';
import { type UserService, userService } from '../../server/access/users.ts';
import { createLog } from '../../server/lib/log.ts';
import type { Secret } from '../../server/lib/secret.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { Store } from '../../server/store/store.ts';
import { tenantNotifier } from '../../server/tenants/notifier.ts';
import { type TenantService, tenantService } from '../../server/tenants/service.ts';

const log = createLog({ level: 'fatal', format: 'json', sink: { write() {} } });
const DAY = 24 * 3_600_000;
let now = 0;
let store: Store;
let tree: TenantService;
let access: AccessService;
let users: UserService;
/** As the server does when it starts again. */
async function start() {
  await access?.close();
  access = await accessService({ dao: store.tokens, tree, log, now: () => now });
  users = await userService({ dao: store.users, tree, cost: { logN: 4, r: 8, p: 1 }, now: () => now });
  return setUp({ access, users, tree, now: () => now });
}
const opens = (made: { secret: Secret } | undefined) => made && access.byBearer(made.secret.reveal());
beforeEach(async () => {
  now = Date.parse('2030-01-01T00:00:30Z');
  store = await openSqliteStore(':memory:');
  tree = await tenantService(store.tenants, tenantNotifier());
});
afterEach(async () => {
  await access.close();
  await store.close();
});

test('at the first start a token is made that permits everything for a day', async () => {
  const made = await start();
  expect(opens(made)).toMatchObject({ tenant: tree.main.id, permissions: ['#'], isMain: true });
  expect(made?.token).toMatchObject({ name: 'set-up', maker: 'set-up', expires: now + DAY });
  now += DAY - 1;
  expect(opens(made)).toBeDefined();
  now += 1;
  expect(opens(made)).toBeUndefined();
});

test('there is none where there was one', async () => {
  const first = await start();
  expect(await start()).toBeUndefined();
  expect(opens(first)).toBeDefined();
});

test('there is none once there is a user', async () => {
  const made = await start();
  const caller = opens(made) ?? administrator(tree);
  await access.remove(made?.token.id ?? '');
  await users.create({ name: 'ana', tenant: tree.main.id, permissions: ['#'], password: 'correct horse' }, caller);
  now += 2 * DAY;
  expect(await start()).toBeUndefined();
});

test('there is none once there is another token', async () => {
  const made = await start();
  const caller = opens(made) ?? administrator(tree);
  await access.remove(made?.token.id ?? '');
  await access.create({ name: 'portal', tenant: tree.main.id, permissions: ['devices.read'] }, caller);
  now += 2 * DAY;
  expect(await start()).toBeUndefined();
});
