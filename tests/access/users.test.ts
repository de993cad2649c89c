import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { administrator } from '../../server/access/caller.ts';
import type { UserDao } from '../../server/access/dao.ts';
import { LOGIN_LIMITS } from '../../server/access/login-limiter.ts';
import type { Caller, Session, User } from '../../server/access/model.ts';
import type { Cost } from '../../server/access/password.ts';
import { type UserOptions, type UserOrder, type UserService, userService } from '../../server/access/users.ts';
import type { UserChange } from '../../server/access/validator.ts';
import type { Ip } from '../../server/lib/ip.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { Store } from '../../server/store/store.ts';
import { tenantNotifier } from '../../server/tenants/notifier.ts';
import { type TenantService, tenantService } from '../../server/tenants/service.ts';

const START = Date.parse('2030-01-01T00:00:30Z');
const CHEAP: Cost = { logN: 4, r: 8, p: 1 };
const PASSWORD = 'correct horse battery';
const OTHER = 'staple that stays put';
const desk = '192.0.2.7' as Ip;
const refused = { code: 'access-login-refused' };
const limited = { code: 'access-login-limited' };

let now = START;
let store: Store;
let tenants: TenantService;
let users: UserService;
let root: Caller;
const open = (more: Partial<UserOptions> = {}) =>
  userService({ dao: store.users, tree: tenants, cost: CHEAP, now: () => now, ...more });
beforeEach(async () => {
  now = START;
  store = await openSqliteStore(':memory:');
  tenants = await tenantService(store.tenants, tenantNotifier());
  users = await open();
  root = administrator(tenants);
});
afterEach(() => store.close());

const order = (more: Partial<UserOrder> = {}): UserOrder => ({
  name: 'ana',
  tenant: tenants.main.id,
  permissions: ['devices.#'],
  password: PASSWORD,
  ...more,
});
const callerOf = (user: Pick<User, 'tenant' | 'permissions'>): Promise<Caller> =>
  users
    .create(order({ ...user, name: `maker${user.permissions.length}` }), root)
    .then(({ name }) => users.login(name, PASSWORD, desk))
    .then(({ secret }) => users.byBearer(secret.reveal()) as Caller);

test('who logs in may what the user may, also after a restart, and neither password nor secret is stored', async () => {
  const ana = await users.create(order(), root);
  const { secret, user, session } = await users.login('Ana', PASSWORD, desk);
  expect(user.id).toBe(ana.id);
  expect(secret.reveal()).toMatch(/^offhook_[\w-]{43}$/);
  expect(session).toMatchObject({ user: ana.id, source: desk, created: START, expires: START + 12 * 3_600_000 });
  for (const each of [users, await open()]) {
    const caller = each.byBearer(secret.reveal());
    expect(caller).toMatchObject({ kind: 'user', id: ana.id, name: 'ana', session: session.id, isMain: true });
    expect([caller?.may('devices.read'), caller?.may('configs.read')]).toEqual([true, false]);
  }
  const stored = [...(await store.users.list()).map((each) => ({ ...each, password: each.password.reveal() }))];
  const text = JSON.stringify([stored, await store.users.sessions()]);
  expect(text).toContain('$scrypt$ln=4,r=8,p=1$');
  expect(text).not.toContain(PASSWORD);
  expect(text).not.toContain(secret.reveal().slice(8));
  for (const wrong of ['', 'offhook_', secret.reveal().slice(0, -1), `${secret.reveal()}x`])
    expect(users.byBearer(wrong)).toBeUndefined();
});

test('a wrong password, a name that nobody has and a disabled user are refused alike', async () => {
  await users.create(order(), root);
  const eve = await users.create(order({ name: 'eve' }), root);
  await users.change(eve.id, { disabled: true }, root);
  const failures = await Promise.all(
    [
      ['ana', 'wrong'],
      ['bob', PASSWORD],
      ['eve', PASSWORD],
      ['', ''],
      ['no\u0000name', PASSWORD],
    ].map(([name = '', password = '']) => users.login(name, password, desk).catch((cause) => cause)),
  );
  expect(new Set(failures.map(({ code, message }) => `${code} ${message}`)).size).toBe(1);
  expect(failures[0]).toMatchObject(refused);
});

test('a name that nobody has is tried at the cost of the users that there are', async () => {
  const dear: Cost = { logN: 14, r: 8, p: 2 };
  // All users there are have passwords of the dear kind, and the cheap one is what new ones get.
  const before = await open({ cost: dear });
  await before.create(order(), root);
  users = await open({ limits: { ...LOGIN_LIMITS, pair: { most: 1_000, everyMs: 1 }, network: { most: 1_000, everyMs: 1 } } });
  const medianOf = async (name: string) => {
    const times: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      const start = performance.now();
      await expect(users.login(name, 'wrong', desk)).rejects.toMatchObject(refused);
      times.push(performance.now() - start);
    }
    return times.sort((one, other) => one - other)[3] ?? 0;
  };
  const [known, unknown] = [await medianOf('ana'), await medianOf('nobody')];
  // A cheap try takes less than a hundredth of a dear one.
  expect(unknown).toBeGreaterThan(known / 4);
  expect(unknown).toBeLessThan(known * 4);
});

test('a session ends when it expires, and when it is ended', async () => {
  const { id } = await users.create(order(), root);
  const one = await users.login('ana', PASSWORD, desk);
  const other = await users.login('ana', PASSWORD, desk);
  expect(users.sessions(id).map((each) => each.id)).toEqual([one.session.id, other.session.id]);
  await users.endSession(other.session.id);
  await expect(users.endSession(other.session.id)).rejects.toMatchObject({ code: 'session-unknown' });
  expect(users.byBearer(other.secret.reveal())).toBeUndefined();
  now = one.session.expires - 1;
  expect(users.byBearer(one.secret.reveal())).toBeDefined();
  now += 1;
  expect(users.byBearer(one.secret.reveal())).toBeUndefined();
  expect(users.sessions(id)).toEqual([]);
  await users.login('ana', PASSWORD, desk);
  expect(await store.users.sessions()).toHaveLength(1);
});

test('sessions last as long as it is set', async () => {
  users = await open({ sessionMs: 5_000 });
  await users.create(order(), root);
  expect((await users.login('ana', PASSWORD, desk)).session.expires).toBe(START + 5_000);
});

test('disabling a user, another password, removing the user and removing the tenant end the sessions', async () => {
  const north = await tenants.create('north');
  const { id } = await users.create(order({ tenant: north.id }), root);
  const signIn = async (password = PASSWORD) => (await users.login('ana', password, desk)).secret.reveal();

  const first = await signIn();
  await users.change(id, { disabled: true }, root);
  expect(users.byBearer(first)).toBeUndefined();
  await users.change(id, { disabled: false }, root);
  expect(users.byBearer(first)).toBeUndefined();

  const second = await signIn();
  await users.change(id, { name: 'anna' }, root);
  await users.change(id, { name: 'ana' }, root);
  expect(users.byBearer(second)).toBeDefined();
  await users.change(id, { password: OTHER }, root);
  expect(users.byBearer(second)).toBeUndefined();
  await expect(signIn()).rejects.toMatchObject(refused);

  const third = await signIn(OTHER);
  await users.remove(id);
  expect(users.byBearer(third)).toBeUndefined();
  await expect(users.remove(id)).rejects.toMatchObject({ code: 'user-unknown' });
  expect(await store.users.sessions()).toEqual([]);

  await users.create(order({ tenant: north.id }), root);
  const fourth = await signIn();
  await tenants.remove(north.id);
  expect(users.byBearer(fourth)).toBeUndefined();
  expect(users.list(root)).toEqual([]);
  await expect(signIn()).rejects.toMatchObject(refused);
});

test('what a user may now is what his sessions permit now', async () => {
  const { id } = await users.create(order(), root);
  const { secret } = await users.login('ana', PASSWORD, desk);
  await users.change(id, { permissions: ['configs.read'] }, root);
  const caller = users.byBearer(secret.reveal());
  expect([caller?.may('devices.read'), caller?.may('configs.read')]).toEqual([false, true]);
});

test.each<[string, UserChange]>([
  ['disabled', { disabled: true }],
  ['given another password', { password: OTHER }],
])('a login that is under way while the user is %s opens nothing', async (_, change) => {
  const { id } = await users.create(order(), root);
  const changing = users.change(id, change, root);
  const login = users.login('ana', PASSWORD, desk);
  const [changed, outcome] = await Promise.allSettled([changing, login]);
  expect(changed.status).toBe('fulfilled');
  expect(outcome).toMatchObject({ status: 'rejected', reason: refused });
});

test('a login whose session is written after the user was disabled is refused', async () => {
  const { id } = await users.create(order(), root);
  const dao: UserDao = {
    ...store.users,
    async insertSession(session) {
      await users.change(id, { disabled: true }, root);
      await store.users.insertSession(session);
    },
  };
  users = await open({ dao });
  await expect(users.login('ana', PASSWORD, desk)).rejects.toMatchObject(refused);
});

test('a user sees the tenant and those below it', async () => {
  const [north, south] = [await tenants.create('north'), await tenants.create('south')];
  const shop = await tenants.create('shop', {}, north.id);
  const caller = await callerOf({ tenant: north.id, permissions: ['#'] });
  expect([tenants.main, north, south, shop].map(({ id }) => caller.sees(id))).toEqual([false, true, false, true]);
  await users.create(order({ name: 'shop', tenant: shop.id }), root);
  await users.create(order({ name: 'south', tenant: south.id }), root);
  expect(users.list(caller).map(({ name }) => name)).toEqual(['maker1', 'shop']);
});

test('nobody makes or changes a user that may more than himself, nor one of another tenant', async () => {
  const [north, south] = [await tenants.create('north'), await tenants.create('south')];
  const maker = await callerOf({ tenant: north.id, permissions: ['devices.*', 'users.#'] });
  const make = (more: Partial<UserOrder>) => users.create(order({ tenant: north.id, ...more }), maker);
  await expect(make({ permissions: ['#'] })).rejects.toMatchObject({
    code: 'user-refused',
    complaints: [{ path: 'permissions' }],
  });
  for (const tenant of [south.id, tenants.main.id, 'none'])
    await expect(make({ tenant, permissions: ['devices.read'] })).rejects.toMatchObject({ code: 'tenant-unknown' });

  const { id, maker: by } = await make({ permissions: ['devices.read'] });
  expect(by).toBe(maker.id);
  await expect(users.change(id, { permissions: ['configs.read'] }, maker)).rejects.toMatchObject({ code: 'user-refused' });
  await users.change(id, { permissions: ['devices.*'] }, maker);

  // Who could set the password of somebody who may more could log in as him.
  const chief = await users.create(order({ name: 'chief', tenant: north.id, permissions: ['#'] }), root);
  for (const change of [{ password: OTHER }, { permissions: ['devices.read'], password: OTHER }, { disabled: true }])
    await expect(users.change(chief.id, change, maker)).rejects.toMatchObject({ code: 'user-refused' });
  await expect(users.login('chief', PASSWORD, desk)).resolves.toBeDefined();
});

test('people change their own passwords by the one that was', async () => {
  const { id } = await users.create(order(), root);
  const before = await users.login('ana', PASSWORD, desk);
  await expect(users.changeOwnPassword(id, 'wrong', OTHER, desk)).rejects.toMatchObject(refused);
  await expect(users.changeOwnPassword(id, PASSWORD, 'short', desk)).rejects.toMatchObject({ code: 'user-invalid' });
  expect(users.byBearer(before.secret.reveal())).toBeDefined();
  const after = await users.changeOwnPassword(id, PASSWORD, OTHER, desk);
  expect(users.byBearer(before.secret.reveal())).toBeUndefined();
  expect(users.byBearer(after.secret.reveal())).toMatchObject({ id });
  await expect(users.login('ana', PASSWORD, desk)).rejects.toMatchObject(refused);
  await expect(users.login('ana', OTHER, desk)).resolves.toBeDefined();
});

test('what a password costs is raised when its user logs in, and the sessions go on', async () => {
  const { id } = await users.create(order(), root);
  const { secret } = await users.login('ana', PASSWORD, desk);
  const kept = async () => (await store.users.list())[0]?.password.reveal();
  const before = await kept();
  users = await open({ cost: { logN: 5, r: 8, p: 2 } });
  await expect(users.login('ana', 'wrong', desk)).rejects.toMatchObject(refused);
  expect(await kept()).toBe(before);
  await users.login('ana', PASSWORD, desk);
  expect(await kept()).toContain('$scrypt$ln=5,r=8,p=2$');
  expect(users.byBearer(secret.reveal())).toMatchObject({ id });
  await expect(users.login('ana', PASSWORD, desk)).resolves.toBeDefined();
});

test.each<[Partial<UserOrder>, string[]]>([
  [{ name: '' }, ['name']],
  [{ name: 'Ana' }, ['name']],
  [{ name: 'a b' }, ['name']],
  [{ name: 'ana.' }, ['name']],
  [{ name: 'a'.repeat(129) }, ['name']],
  [{ permissions: [] }, ['permissions']],
  [{ permissions: ['a', 'A'] }, ['permissions.1']],
  [{ password: 'eleven char' }, ['password']],
  [{ password: '😀'.repeat(11) }, ['password']],
  [{ name: 'A', password: '' }, ['name', 'password']],
])('what cannot be stored is told by field: %j', async (more, paths) => {
  const failure = await users.create(order(more), root).catch((cause) => cause);
  expect(failure).toMatchObject({ code: 'user-invalid', complaints: paths.map((path) => ({ path })) });
  if (more.password) expect(failure.message).toContain('at least 12 characters');
  if (more.password) expect(failure.message).not.toContain(more.password);
});

test.each(['a', 'ana', 'ana.b@example.com', 'a-b_c+d'])('%s is a name', async (name) => {
  await expect(users.create(order({ name }), root)).resolves.toMatchObject({ name });
});

test('a name is had once', async () => {
  await users.create(order(), root);
  const ben = await users.create(order({ name: 'ben' }), root);
  await expect(users.create(order(), root)).rejects.toMatchObject({ code: 'user-name-taken' });
  await expect(users.change(ben.id, { name: 'ana' }, root)).rejects.toMatchObject({ code: 'user-name-taken' });
});

test('of two changes at once the second does not undo the first', async () => {
  const { id } = await users.create(order(), root);
  const outcomes = await Promise.allSettled([
    users.change(id, { disabled: true }, root),
    users.change(id, { name: 'anna' }, root),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(outcomes[1]).toMatchObject({ reason: { code: 'user-changed' } });
  expect(users.get(id)).toMatchObject({ disabled: true, name: 'ana', revision: 2 });
});

test('a password is the same however a keyboard writes its letters', async () => {
  await users.create(order({ password: 'caf\u00e9 au lait noir' }), root);
  await expect(users.login('ana', 'cafe\u0301 au lait noir', desk)).resolves.toBeDefined();
});

test('wrong passwords from one address, also all at once, do not lock the user out from others', async () => {
  await users.create(order(), root);
  const flood = await Promise.allSettled(Array.from({ length: 40 }, () => users.login('ana', 'wrong', '203.0.113.9' as Ip)));
  const codes = flood.map((each) => (each.status === 'rejected' ? each.reason.code : ''));
  expect(codes.filter((code) => code === refused.code)).toHaveLength(5);
  expect(codes.filter((code) => code === limited.code)).toHaveLength(35);
  await expect(users.login('ana', PASSWORD, '203.0.113.9' as Ip)).rejects.toMatchObject({ ...limited, seconds: 60 });
  await expect(users.login('ana', PASSWORD, desk)).resolves.toBeDefined();
  now += 60_000;
  await expect(users.login('ana', PASSWORD, '203.0.113.9' as Ip)).resolves.toBeDefined();
});

test('where the user is logged in, he is let in whatever others try', async () => {
  await users.create(order(), root);
  await users.login('ana', PASSWORD, desk);
  for (let host = 0; host < 20; host += 1)
    for (let time = 0; time < 5; time += 1)
      await expect(users.login('ana', 'wrong', `198.51.100.${host}` as Ip)).rejects.toMatchObject(refused);
  await expect(users.login('ana', PASSWORD, '192.0.2.99' as Ip)).rejects.toMatchObject(limited);
  await expect(users.login('ana', PASSWORD, desk)).resolves.toBeDefined();
});

test('when too many wait for their turn, the next is told to come again, and nobody waits for ever', async () => {
  await users.create(order(), root);
  const many = Array.from({ length: 60 }, (_, host) => users.login('ana', 'wrong', `198.51.100.${host}` as Ip));
  const outcomes = await Promise.allSettled(many);
  const codes = outcomes.map((each) => (each.status === 'rejected' ? each.reason.code : ''));
  expect(codes.filter((code) => code === refused.code)).toHaveLength(50);
  expect(codes.filter((code) => code === limited.code)).toHaveLength(10);
  await expect(users.login('ana', PASSWORD, desk)).resolves.toBeDefined();
});

test('a session of an earlier generation in the store opens nothing', async () => {
  const { id } = await users.create(order(), root);
  const { session, secret } = await users.login('ana', PASSWORD, desk);
  await users.change(id, { disabled: true }, root);
  await users.change(id, { disabled: false }, root);
  const kept: readonly Session[] = await store.users.sessions();
  expect(kept.map((each) => each.id)).toEqual([session.id]);
  expect((await open()).byBearer(secret.reveal())).toBeUndefined();
});
