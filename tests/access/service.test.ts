import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { administrator } from '../../server/access/caller.ts';
import type { Caller } from '../../server/access/model.ts';
import { type AccessService, accessService } from '../../server/access/service.ts';
import { createLog } from '../../server/lib/log.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { Store } from '../../server/store/store.ts';
import { tenantNotifier } from '../../server/tenants/notifier.ts';
import { type TenantService, tenantService } from '../../server/tenants/service.ts';

const log = createLog({ level: 'fatal', format: 'json', sink: { write() {} } });
const START = Date.parse('2030-01-01T00:00:30Z');
let now = START;
let store: Store;
let tenants: TenantService;
let access: AccessService;
let root: Caller;
const open = () => accessService({ dao: store.tokens, tree: tenants, log, now: () => now });
beforeEach(async () => {
  now = START;
  store = await openSqliteStore(':memory:');
  tenants = await tenantService(store.tenants, tenantNotifier());
  access = await open();
  root = administrator(tenants);
});
afterEach(async () => {
  await access.close();
  await store.close();
});

const order = (more: object = {}) => ({ name: 'portal', tenant: tenants.main.id, permissions: ['devices.#'], ...more });

test('a token opens what it permits, also after a restart, and only its digest is stored', async () => {
  const { token, secret } = await access.create(order(), root);
  expect(secret.reveal()).toMatch(/^offhook_[\w-]{43}$/);
  expect(JSON.stringify(await store.tokens.list())).not.toContain(secret.reveal().slice(8));
  for (const each of [access, await open()]) {
    const caller = each.byBearer(secret.reveal());
    expect(caller).toMatchObject({ kind: 'token', id: token.id, name: 'portal', isMain: true, tenants: undefined });
    expect([caller?.may('devices.read'), caller?.may('configs.read')]).toEqual([true, false]);
  }
  for (const text of ['', 'offhook_', secret.reveal().slice(0, -1), `${secret.reveal()}x`])
    expect(access.byBearer(text)).toBeUndefined();
});

test('it opens nothing once it has expired, was revoked, or its tenant has gone', async () => {
  const { secret } = await access.create(order({ expires: START + 1_000 }), root);
  expect(access.byBearer(secret.reveal())).toBeDefined();
  now = START + 1_000;
  expect(access.byBearer(secret.reveal())).toBeUndefined();

  const other = await access.create(order(), root);
  await access.remove(other.token.id);
  expect(access.byBearer(other.secret.reveal())).toBeUndefined();
  await expect(access.remove(other.token.id)).rejects.toMatchObject({ code: 'token-unknown' });

  const north = await tenants.create('north');
  const gone = await access.create(order({ tenant: north.id }), root);
  await tenants.remove(north.id);
  expect(access.byBearer(gone.secret.reveal())).toBeUndefined();
  expect(access.list(root).map(({ id }) => id)).not.toContain(gone.token.id);
});

test('it sees its tenant and those below it', async () => {
  const [north, south] = [await tenants.create('north'), await tenants.create('south')];
  const shop = await tenants.create('shop', {}, north.id);
  const { secret } = await access.create(order({ tenant: north.id }), root);
  const caller = access.byBearer(secret.reveal());
  const seen = [tenants.main, north, south, shop].map(({ id }) => caller?.sees(id));
  expect(seen).toEqual([false, true, false, true]);
  expect(caller).toMatchObject({ isMain: false, tenants: [north.id, shop.id] });
});

test('nobody makes or changes a token into one that opens more than his own', async () => {
  const [north, south] = [await tenants.create('north'), await tenants.create('south')];
  const { secret } = await access.create(order({ tenant: north.id, permissions: ['devices.*', 'tokens.#'] }), root);
  const maker = access.byBearer(secret.reveal()) as Caller;
  const refused = (more: object) => access.create(order({ tenant: north.id, ...more }), maker);
  await expect(refused({ permissions: ['#'] })).rejects.toMatchObject({
    code: 'token-refused',
    complaints: [{ path: 'permissions' }],
  });
  await expect(refused({ permissions: ['secrets.read'] })).rejects.toMatchObject({ code: 'token-refused' });
  await expect(refused({ tenant: south.id })).rejects.toMatchObject({ code: 'tenant-unknown' });
  await expect(refused({ tenant: tenants.main.id })).rejects.toMatchObject({ code: 'tenant-unknown' });
  const { token } = await refused({ permissions: ['devices.read'] });
  expect(token).toMatchObject({ maker: maker.id, tenant: north.id });
  await expect(access.change(token.id, { permissions: ['configs.read'] }, maker)).rejects.toMatchObject({
    code: 'token-refused',
  });
  expect(await access.change(token.id, { permissions: ['devices.*'], name: 'desk' }, maker)).toMatchObject({ name: 'desk' });
});

test.each([
  [{ name: ' x' }, ['name']],
  [{ permissions: [] }, ['permissions']],
  [{ permissions: ['a', 'A', ''] }, ['permissions.1', 'permissions.2']],
  [{ expires: START }, ['expires']],
])('what cannot be stored is told by field: %j', async (more, paths) => {
  const failure = await access.create(order(more), root).catch((cause) => cause);
  expect(failure).toMatchObject({ code: 'token-invalid', complaints: paths.map((path) => expect.objectContaining({ path })) });
});

test('an expiry is changed and taken away', async () => {
  const { token, secret } = await access.create(order({ expires: START + 1_000 }), root);
  expect(await access.change(token.id, { name: 'still' }, root)).toMatchObject({ expires: START + 1_000 });
  expect(await access.change(token.id, { expires: null }, root)).not.toHaveProperty('expires');
  now = START + 2_000;
  expect(access.byBearer(secret.reveal())).toBeDefined();
});

test('when it was used is known to the minute, and kept', async () => {
  const { token, secret } = await access.create(order(), root);
  access.byBearer(secret.reveal());
  expect(access.get(token.id)?.used).toBe(START - 30_000);
  await access.close();
  expect(await store.tokens.list()).toMatchObject([{ used: START - 30_000 }]);
});
