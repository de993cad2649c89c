import { expect, test } from '@jest/globals';
import type { Config, RawConfig } from '../../server/configs/model.ts';
import { createConfigNotifier } from '../../server/configs/notifier.ts';
import { flatten, visibleTo } from '../../server/configs/resolve.ts';
import { type ConfigFields, type ConfigService, createConfigService, type NewConfig } from '../../server/configs/service.ts';
import { ProvisioningError } from '../../server/lib/errors.ts';
import { type OrderedJson, parseOrdered, stringifyOrdered } from '../../server/lib/ordered-json.ts';
import { Secret } from '../../server/lib/secret.ts';
import { fc } from '../support/fuzz.ts';
import { memoryConfigDao } from '../support/memory-config-dao.ts';

const MAIN = 'main';
/** A line of tenants: of those that are named after their owners, `north.shop` belongs to `north`, and `north` to the main one. */
const lineOf = (tenant: string): string[] => {
  if (tenant === MAIN) return [MAIN];
  const end = tenant.lastIndexOf('.');
  return [tenant, ...lineOf(end < 0 ? MAIN : tenant.slice(0, end))];
};

function raw(document: object | string): Map<string, OrderedJson> {
  return parseOrdered(typeof document === 'string' ? document : JSON.stringify(document)) as Map<string, OrderedJson>;
}

function service(options: { base?: RawConfig; pause?: () => Promise<void>; dao?: ReturnType<typeof memoryConfigDao> } = {}) {
  const { base = raw({ tftp_port: 69 }), dao = memoryConfigDao(options.pause) } = options;
  const told: (readonly string[])[] = [];
  const failures: unknown[] = [];
  const notifier = createConfigNotifier(dao, (cause) => failures.push(cause));
  notifier.subscribe((ids) => told.push(ids));
  let time = 1_000;
  const configs = createConfigService({ dao, base, line: lineOf, notifier, now: () => time++ });
  return { configs, dao, notifier, told, failures, base };
}

function given(id: string, document: object | string = {}, rest: Partial<NewConfig> = {}): NewConfig {
  return { id, tenant: MAIN, parents: [], raw: raw(document), ...rest };
}

const line = { username: 'u', password: 'p', display_name: 'N', proxy_ip: '192.0.2.1' };

async function failure(work: Promise<unknown>): Promise<ProvisioningError> {
  const thrown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(thrown instanceof ProvisioningError)) throw new Error(`expected a ProvisioningError, not ${thrown}`);
  return thrown;
}

async function refused(work: Promise<unknown>): Promise<string[]> {
  const { code, complaints } = await failure(work);
  expect(code).toBe('config-invalid');
  return complaints.map(({ path, message }) => `${path}: ${message}`);
}

// Writing -----------------------------------------------------------------------------------------------------------------------

test('what is created can be had again, with the defaults', async () => {
  const { configs } = service();
  const created = await configs.create(given('a', { tftp_port: 70 }));
  expect(created).toMatchObject({
    id: 'a',
    tenant: MAIN,
    parents: [],
    transient: false,
    deletable: true,
    revision: 1,
    created: 1_000,
  });
  expect(await configs.get('a')).toEqual(created);
  expect((await configs.list({})).total).toBe(1);
});

test('a config without an id is given 32 hexadecimal digits', async () => {
  const { configs } = service();
  const { id } = await configs.create({ tenant: MAIN, parents: [], raw: raw({}) });
  expect(id).toMatch(/^[\da-f]{32}$/);
});

test.each(['', '.', '..', '../etc', 'a/b', 'a b', 'é', 'a'.repeat(129), 'settings'])('%p is no id of a config', async (id) => {
  expect(await refused(service().configs.create(given(id)))).toHaveLength(1);
});

test.each(['a', '...', 'a'.repeat(128), 'A-b_c.9'])('%p is an id', async (id) => {
  expect((await service().configs.create(given(id))).id).toBe(id);
});

test('an id is taken once', async () => {
  const { configs } = service();
  await configs.create(given('a'));
  expect((await failure(configs.create(given('a')))).code).toBe('config-id-taken');
});

test('all complaints of a config come at once, and the message has the first', async () => {
  const bad = given('a/b', { nope: 1, vlan_id: -1 }, { extra: new Map([['colour', 1]]) });
  const error = await failure(service().configs.create(bad));
  expect(error.complaints.map(({ path }) => path)).toEqual(['id', 'colour', 'raw_config.nope', 'raw_config.vlan_id']);
  expect(error.message).toMatch(/^The config is not valid: id must be .*\(and 3 more\)$/);
});

test.each(['1234', '0042', '1234567890123456'])('%p is a code', async (text) => {
  const { configs } = service();
  await configs.create(given('a', {}, { code: new Secret(text) }));
  expect((await configs.byCode(MAIN, new Secret(text)))?.id).toBe('a');
});

test.each(['', '123', '12345678901234567', '12a4', '*1234', ' 1234', '1234\n', '١٢٣٤'])('%p is no code', async (text) => {
  const error = await failure(service().configs.create(given('a', {}, { code: new Secret(text) })));
  expect(error.complaints).toEqual([{ path: 'code', message: 'must be 4 to 16 digits' }]);
  if (text.trim()) expect(error.message).not.toContain(text);
});

test.each<Partial<NewConfig>>([{ transient: true }, { role: 'autocreate' }, { role: 'default' }])(
  'what is %p has no code: nobody could be given it as his own',
  async (rest) => {
    const work = service().configs.create(given('a', { sip_lines: { 1: line } }, { ...rest, code: new Secret('1234') }));
    expect(await refused(work)).toEqual([expect.stringMatching(/^code: must not be there/)]);
  },
);

test('a code is taken once in a tenant, and free again when it is taken away', async () => {
  const { configs } = service();
  const code = new Secret('1234');
  await configs.create(given('a', {}, { code }));
  await configs.create(given('b', {}, { code: new Secret('1234'), tenant: 'north' }));
  expect((await failure(configs.create(given('c', {}, { code: new Secret('1234') })))).code).toBe('config-code-taken');
  await configs.replace('a', { parents: [], raw: raw({}) });
  expect(await configs.get('a')).not.toHaveProperty('code');
  expect((await configs.create(given('c', {}, { code: new Secret('1234') }))).code?.reveal()).toBe('1234');
});

test('who knows nothing of codes keeps that which a config has; another code is a change, the same is none', async () => {
  const { configs } = service();
  const code = async () => (await configs.get('a'))?.code?.reveal();
  await configs.create(given('a', {}, { code: new Secret('1234') }));
  expect((await configs.replace('a', { parents: [], raw: raw({ locale: 'fr_FR' }), code: 'kept' })).revision).toBe(2);
  expect(await code()).toBe('1234');
  expect((await configs.replace('a', { parents: [], raw: raw({ locale: 'fr_FR' }), code: new Secret('1234') })).revision).toBe(2);
  expect((await configs.replace('a', { parents: [], raw: raw({ locale: 'fr_FR' }), code: new Secret('4321') })).revision).toBe(3);
  expect(await code()).toBe('4321');
  expect(await configs.create(given('b', {}, { code: 'kept' }))).not.toHaveProperty('code');
});

test('nulls of a config for devices are dropped, at any depth, and kept elsewhere', async () => {
  const { configs } = service();
  const document = '{"exten_dnd":null,"X_o":{"a":null,"b":{"c":null},"l":[null]}}';
  const device = await configs.create(given('d', document, { extra: new Map([['X_type', 'device']]) }));
  expect(stringifyOrdered(new Map(device.raw))).toBe('{"X_o":{"b":{},"l":[null]}}');
  const other = await configs.create(given('o', document, { extra: new Map([['X_type', 'internal']]) }));
  expect(stringifyOrdered(new Map(other.raw))).toBe(document);
});

test('a replacement replaces all but id, tenant and birth', async () => {
  const { configs } = service();
  await configs.create(given('a', { tftp_port: 70 }, { role: 'default', deletable: false, extra: new Map([['X_a', 1]]) }));
  const replaced = await configs.replace('a', { parents: ['b'], raw: raw({}) });
  expect(replaced).toEqual(await configs.get('a'));
  expect(replaced).toEqual({
    ...{ id: 'a', tenant: MAIN, parents: ['b'], raw: new Map(), transient: false, deletable: true, extra: new Map() },
    ...{ created: 1_000, updated: 1_001, revision: 2 },
  });
});

test('the same again is no change; another order of the keys is one', async () => {
  const { configs, told, notifier } = service();
  const first = await configs.create(given('a', '{"X_a":1,"X_b":2}'));
  expect(await configs.replace('a', { parents: [], raw: raw('{"X_a":1,"X_b":2}') })).toBe(first);
  await notifier.settled();
  expect(told).toEqual([['a']]);
  expect((await configs.replace('a', { parents: [], raw: raw('{"X_b":2,"X_a":1}') })).revision).toBe(2);
});

test('a replacement of what is not there, or has moved on, is refused', async () => {
  const { configs } = service();
  expect((await failure(configs.replace('a', given('a')))).code).toBe('config-unknown');
  await configs.create(given('a'));
  await configs.replace('a', given('a', { X_a: 1 }), 1);
  expect((await failure(configs.replace('a', given('a', { X_a: 2 }), 1))).code).toBe('config-changed');
  expect((await configs.get('a'))?.raw.get('X_a')).toBe(1);
});

test('replacements without a revision that cross one another all arrive', async () => {
  const { configs } = service({ pause: () => new Promise(setImmediate) });
  await configs.create(given('a'));
  await Promise.all([1, 2, 3, 4].map((value) => configs.replace('a', given('a', { X_a: value }))));
  expect((await configs.get('a'))?.revision).toBe(5);
});

test('a replacement that always comes too late says so', async () => {
  const { dao, configs } = service();
  await configs.create(given('a'));
  const losing = service({ dao: { ...dao, update: async () => false } });
  expect((await failure(losing.configs.replace('a', given('a', { X_a: 1 })))).code).toBe('config-changed');
});

test('a config is removed if it may be', async () => {
  const { configs } = service();
  await configs.create(given('a', {}, { deletable: false }));
  expect((await failure(configs.remove('a'))).code).toBe('config-not-deletable');
  await configs.replace('a', given('a'));
  expect(await configs.remove('a')).toBe(true);
  expect(await configs.remove('a')).toBe(false);
  expect(await configs.get('a')).toBeUndefined();
});

// Validation --------------------------------------------------------------------------------------------------------------------

test('a tenant has one config of a role, and so has each other tenant', async () => {
  const { configs } = service({ pause: () => new Promise(setImmediate) });
  const both = await Promise.allSettled(['a', 'b'].map((id) => configs.create(given(id, {}, { role: 'default' }))));
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(await refused(configs.create(given('c', {}, { role: 'default' })))).toEqual([
    'role: the config a of the tenant main is already its default',
  ]);
  await configs.create(given('d', {}, { role: 'default', tenant: 'other' }));
  await configs.create(given('e', {}, { role: 'autocreate' }));
  await configs.replace('a', { ...given('a', { X_a: 1 }), role: 'default' });
  await configs.replace('a', given('a'));
  await configs.create(given('c', {}, { role: 'default' }));
});

test('a parent is of the same or of the main tenant, and not transient; it may be yet to come', async () => {
  const { configs } = service();
  await configs.create(given('main'));
  await configs.create(given('one', {}, { tenant: 'one' }));
  await configs.create(given('two', {}, { tenant: 'two' }));
  await configs.create(given('fleeting', {}, { transient: true }));
  await configs.create(given('good', {}, { tenant: 'one', parents: ['main', 'one', 'nobody', 'good'] }));
  expect(await refused(configs.create(given('a', {}, { tenant: 'one', parents: ['one', 'two', 'fleeting'] })))).toEqual([
    'parent_ids.1: belongs to another tenant',
    'parent_ids.2: is made for one device and goes with it',
  ]);
  expect(await refused(configs.create(given('a', {}, { parents: ['one'] })))).toEqual([
    'parent_ids.0: belongs to another tenant',
  ]);
});

test('what a config lacks may be in its parents, or in the base', async () => {
  const { configs } = service({ base: raw({ sip_proxy_ip: '192.0.2.9' }) });
  await configs.create(given('vlan', { vlan_id: 7 }));
  await configs.create(given('a', { vlan_enabled: true, sip_lines: { 1: { ...line, proxy_ip: null } } }, { parents: ['vlan'] }));
  expect(await refused(configs.create(given('b', { vlan_enabled: true })))).toEqual([
    'raw_config.vlan_id: is missing; vlan_enabled needs it',
  ]);
});

test('what a parent lacks is not the fault of a config below it; what it breaks itself is', async () => {
  const { configs } = service();
  await configs.create(given('vlan', { vlan_id: 7 }));
  await configs.create(given('parent', { vlan_enabled: true }, { parents: ['vlan'] }));
  await configs.remove('vlan');
  await configs.create(given('a', { X_a: 1 }, { parents: ['parent'] }));
  expect(await refused(configs.create(given('b', { dns_enabled: true }, { parents: ['parent'] })))).toEqual([
    'raw_config.dns_ip: is missing; dns_enabled needs it',
  ]);
});

test('a line without any account may be shared, but not be used', async () => {
  const { configs } = service();
  const shared = { sip_lines: { 1: { voicemail: '*98' }, 2: null } };
  const device = { extra: new Map([['X_type', 'device']]), parents: ['shared'] };
  await configs.create(given('shared', shared));
  await configs.create(given('a', { sip_lines: { 1: line } }, device));
  expect(await refused(configs.create(given('b', { sip_lines: { 1: { ...line, password: null } } }, device)))).toEqual([
    'raw_config.sip_lines.1.password: is missing; every line needs it',
  ]);
  expect(await refused(configs.create(given('b', {}, device)))).toHaveLength(4);
  expect(await refused(configs.create(given('b', { sip_lines: { 1: { username: 'u' } } })))).toHaveLength(3);
});

test('no complaint of a write holds a password', async () => {
  const { configs } = service();
  const bad = { admin_password: ['m4rker'], sip_lines: { 1: { username: 'u', password: 'm4rker' } }, sip_local_key: 'm4rker' };
  const error = await failure(configs.create(given('a', bad)));
  expect(JSON.stringify([error.message, error.complaints])).not.toContain('m4rker');
});

// Resolving ---------------------------------------------------------------------------------------------------------------------

test('a resolved config is over base and parents, and each value knows where it came from', async () => {
  const { configs } = service();
  await configs.create(given('p', { X_o: { p: 1, both: 1 } }));
  await configs.create(given('a', { X_o: { both: 2 } }, { parents: ['p', 'gone'] }));
  const resolved = await configs.resolve('a');
  expect(resolved && stringifyOrdered(new Map(resolved.raw))).toBe('{"tftp_port":69,"X_o":{"p":1,"both":2}}');
  expect(resolved?.missing).toEqual(['gone']);
  expect(await configs.explainValue('a', 'X_o.p')).toBe('p');
  expect(await configs.explainValue('a', 'X_o.both')).toBe('a');
  expect(await configs.explainValue('a', 'tftp_port')).toBe('settings');
  expect(await configs.explainValue('a', 'X_o')).toBeUndefined();
  expect(await configs.explainValue('nobody', 'X_o')).toBeUndefined();
  expect(await configs.resolve('nobody')).toBeUndefined();
});

test('those who ask at once share the work and get one object', async () => {
  let reads = 0;
  const dao = memoryConfigDao(() => new Promise(setImmediate));
  const { configs } = service({ dao: { ...dao, get: (id) => dao.get(id).finally(() => reads++) } });
  await configs.create(given('a'));
  reads = 0;
  const all = await Promise.all(Array.from({ length: 50 }, () => configs.resolve('a')));
  expect(new Set(all).size).toBe(1);
  expect(await configs.resolve('a')).toBe(all[0]);
  expect(reads).toBe(1);
});

test('a store that fails once is asked again', async () => {
  const dao = memoryConfigDao();
  let broken = true;
  const { configs } = service({
    dao: { ...dao, get: (id) => (broken ? Promise.reject(new Error('disk')) : dao.get(id)) },
  });
  await expect(configs.resolve('a')).rejects.toThrow('disk');
  broken = false;
  await configs.create(given('a'));
  expect(await configs.resolve('a')).toBeDefined();
});

test.each<[string, (configs: ConfigService) => Promise<unknown>]>([
  ['itself is replaced', (configs) => configs.replace('a', { ...given('a', { X_a: 2 }), parents: ['p', 'missing'] })],
  ['itself is removed', (configs) => configs.remove('a')],
  ['a parent is replaced', (configs) => configs.replace('p', { ...given('p', { X_p: 2 }), parents: ['g'] })],
  ['a parent of a parent is replaced', (configs) => configs.replace('g', given('g', { X_g: 2 }))],
  ['a parent is removed', (configs) => configs.remove('p')],
  ['a missing parent appears', (configs) => configs.create(given('missing', { X_m: 1 }))],
])('when %s, a new object is made, and only then', async (_, write) => {
  const { configs } = service();
  await configs.create(given('g', { X_g: 1 }, { parents: ['a'] }));
  await configs.create(given('p', { X_p: 1 }, { parents: ['g'] }));
  await configs.create(given('a', { X_a: 1 }, { parents: ['p', 'missing'] }));
  await configs.create(given('other', {}, { parents: ['elsewhere'] }));
  const [mine, others] = [await configs.resolve('a'), await configs.resolve('other')];
  await configs.create(given('elsewhere-too'));
  expect(await configs.resolve('a')).toBe(mine);
  await write(configs);
  expect(await configs.resolve('a')).not.toBe(mine);
  expect(await configs.resolve('other')).toBe(others);
});

test('what the store refused has changed nothing', async () => {
  const { configs } = service();
  await configs.create(given('a'));
  const before = await configs.resolve('a');
  await failure(configs.create(given('a')));
  await failure(configs.replace('a', given('a', { nope: 1 })));
  expect(await configs.resolve('a')).toBe(before);
});

test('a write that failed may have been made: what was made before is forgotten', async () => {
  const dao = memoryConfigDao();
  const { configs } = service({
    dao: { ...dao, update: (config) => dao.update(config).then(() => Promise.reject(new Error('connection lost'))) },
  });
  await configs.create(given('a'));
  await configs.resolve('a');
  await expect(configs.replace('a', given('a', { X_a: 1 }))).rejects.toThrow('connection lost');
  expect((await configs.resolve('a'))?.raw.get('X_a')).toBe(1);
});

test('a name that another tenant takes later is not inherited', async () => {
  const { configs } = service();
  await configs.create(given('a', {}, { tenant: 'one', parents: ['later'] }));
  await configs.create(given('later', { admin_password: 'of-two' }, { tenant: 'two' }));
  const resolved = await configs.resolve('a');
  expect(resolved?.raw.has('admin_password')).toBe(false);
  expect(resolved?.missing).toEqual(['later']);
});

test('what a tenant has goes down its line, and to no other', async () => {
  const { configs } = service();
  await configs.create(given('of-main', { admin_username: 'main' }));
  await configs.create(
    given('of-north', { admin_password: 'of-north' }, { tenant: 'north', parents: ['of-main'], role: 'default' }),
  );
  await configs.create(given('shop', {}, { tenant: 'north.shop', parents: ['of-north'] }));
  expect((await configs.resolve('shop'))?.raw).toEqual(
    raw({ tftp_port: 69, admin_username: 'main', admin_password: 'of-north' }),
  );
  expect([await configs.fallback('north.shop'), await configs.fallback('south')]).toEqual(['of-north', undefined]);
  for (const tenant of ['south', 'south.shop', MAIN]) {
    await expect(configs.create(given(`of-${tenant}-2`, {}, { tenant, parents: ['of-north'] }))).rejects.toMatchObject({
      complaints: [{ path: 'parent_ids.0', message: 'belongs to another tenant' }],
    });
  }
});

const ids = ['a', 'b', 'c', 'd', 'e'];
const action = fc.record({
  kind: fc.constantFrom('create', 'replace', 'remove', 'resolve', 'resolve'),
  id: fc.constantFrom(...ids),
  parents: fc.array(fc.constantFrom(...ids), { maxLength: 3 }),
  value: fc.nat(2),
  tenant: fc.constantFrom(MAIN, MAIN, 'one'),
  wait: fc.boolean(),
});
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

async function act(configs: ConfigService, { kind, id, parents, value, tenant }: Action): Promise<void> {
  const fields: ConfigFields = { parents, raw: raw({ [`X_${id}`]: value, X_last: id }) };
  try {
    if (kind === 'create') await configs.create({ id, tenant, ...fields });
    if (kind === 'replace') await configs.replace(id, fields);
    if (kind === 'remove') await configs.remove(id);
    if (kind === 'resolve') await configs.resolve(id);
  } catch (cause) {
    // Taken, unknown, lost, of another tenant: refusals are part of the game.
    if (!(cause instanceof ProvisioningError)) throw cause;
  }
}

/** What `resolve` should give, read and laid over each other anew. */
async function freshly({ dao, base }: ReturnType<typeof service>, id: string) {
  const { configs } = await dao.list({});
  const all = new Map(configs.map((config) => [config.id, config]));
  const config = all.get(id);
  return config && { all, resolved: flatten(base, config, visibleTo(lineOf(config.tenant), all)) };
}

/** Everything a resolved config depends on: each config of its chain as it is, and each missing one as seen by its tenant. */
function dependencies(fresh: Awaited<ReturnType<typeof freshly>>): (Config | undefined)[] {
  if (!fresh) return [];
  return [...fresh.resolved.chain, ...fresh.resolved.missing].map((id) => fresh.all.get(id));
}

test('whatever is written, one after the other: always fresh, and the same object exactly as long as nothing of it changed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
      const parts = service();
      const last = new Map<string, { object: unknown; dependencies: (Config | undefined)[] }>();
      for (const step of actions) {
        await act(parts.configs, step);
        for (const id of ids) {
          const fresh = await freshly(parts, id);
          const object = await parts.configs.resolve(id);
          expect(object).toEqual(fresh?.resolved);
          const known = last.get(id);
          const now = dependencies(fresh);
          if (object && known?.object) {
            const unchanged = now.length === known.dependencies.length && now.every((each, i) => each === known.dependencies[i]);
            expect(object === known.object).toBe(unchanged);
          }
          last.set(id, { object, dependencies: now });
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('whatever is written all at once, with a slow store: nothing stale is left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 25 }), fc.infiniteStream(fc.nat(3)), async (actions, delays) => {
      const pause = async () => {
        for (let ticks = delays.next().value ?? 0; ticks > 0; ticks--) await new Promise(setImmediate);
      };
      const parts = service({ pause });
      const running: Promise<void>[] = [];
      for (const step of actions) {
        running.push(act(parts.configs, step));
        if (step.wait) await running.at(-1);
      }
      await Promise.all(running);
      for (const id of ids) expect(await parts.configs.resolve(id)).toEqual((await freshly(parts, id))?.resolved);
    }),
    { numRuns: 300 },
  );
});

test.each<[string, string, (configs: ConfigService) => Promise<unknown>, unknown]>([
  ['a parent is replaced', 'p', (configs) => configs.replace('p', given('p', { X_v: 1 })), 1],
  ['a parent is removed', 'p', (configs) => configs.remove('p'), undefined],
  ['the config names another parent', 'a', (configs) => configs.replace('a', { parents: ['q'], raw: raw({}) }), 2],
])('when %s while its old state is being read, that state reaches nobody who asks later', async (_, id, write, value) => {
  const dao = memoryConfigDao();
  let slow: string | undefined;
  let finish = () => {};
  const reading = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const get = async (wanted: string) => {
    const config = await dao.get(wanted);
    if (wanted === slow) await reading;
    return config;
  };
  const { configs } = service({ dao: { ...dao, get } });
  await configs.create(given('p', { X_v: 0 }));
  await configs.create(given('q', { X_v: 2 }));
  await configs.create(given('a', {}, { parents: ['p'] }));
  slow = id;
  const early = configs.resolve('a');
  await new Promise(setImmediate);
  slow = undefined;
  await write(configs);
  const late = configs.resolve('a');
  finish();
  expect((await late)?.raw.get('X_v')).toBe(value);
  await early;
  expect((await configs.resolve('a'))?.raw.get('X_v')).toBe(value);
});

test('whoever asks after a write was acknowledged gets what was written, even if the work had begun before', async () => {
  const { configs } = service({ pause: () => new Promise(setImmediate) });
  await configs.create(given('p', { X_v: 0 }));
  await configs.create(given('a', {}, { parents: ['p'] }));
  for (let value = 1; value <= 50; value++) {
    const early = Array.from({ length: 3 }, () => configs.resolve('a'));
    await configs.replace('p', given('p', { X_v: value }));
    expect((await configs.resolve('a'))?.raw.get('X_v')).toBe(value);
    await Promise.all(early);
  }
});

// Roles -------------------------------------------------------------------------------------------------------------------------

const auto = { sip_lines: { 1: line } };

test('a new device is given a copy of the autocreate config of its tenant, else of the main tenant', async () => {
  const { configs } = service();
  await configs.create(given('auto', auto, { role: 'autocreate' }));
  expect(await configs.autocreateSource('one')).toBe('auto');
  const made = await configs.autocreate('one');
  expect(made).toMatchObject({ tenant: 'one', parents: ['auto'], transient: true, deletable: true, revision: 1 });
  expect(made?.id).toMatch(/^auto[\da-f]{32}$/);
  expect(made?.role).toBeUndefined();
  expect(made?.raw).toEqual(raw(auto));
  expect(await configs.get(made?.id ?? '')).toEqual(made);
  await configs.create(given('own', auto, { role: 'autocreate', tenant: 'one' }));
  expect((await configs.autocreate('one'))?.parents).toEqual(['own']);
  expect((await configs.autocreate('two'))?.parents).toEqual(['auto']);
});

test('who has a role is looked up once, until somebody gets, loses or had it', async () => {
  const dao = memoryConfigDao();
  let lookedUp = 0;
  const list: typeof dao.list = (query) => {
    lookedUp += 1;
    return dao.list(query);
  };
  const { configs } = service({ dao: { ...dao, list } });
  const sourceNow = async () => {
    const source = await configs.autocreateSource(MAIN);
    const before = lookedUp;
    await configs.autocreate(MAIN);
    expect([await configs.autocreateSource(MAIN), lookedUp]).toEqual([source, before]);
    return source;
  };
  expect(await sourceNow()).toBeUndefined();
  await configs.create(given('auto', auto, { role: 'autocreate' }));
  expect(await sourceNow()).toBe('auto');
  await configs.replace('auto', { parents: [], raw: raw({ sip_lines: { 2: line } }), role: 'autocreate' });
  expect(await sourceNow()).toBeUndefined();
  await configs.replace('auto', { parents: [], raw: raw(auto), role: 'autocreate' });
  expect(await sourceNow()).toBe('auto');
  await configs.replace('auto', { parents: [], raw: raw(auto) });
  expect(await sourceNow()).toBeUndefined();
  await configs.create(given('other', auto, { role: 'autocreate' }));
  expect(await sourceNow()).toBe('other');
  await configs.remove('other');
  expect(await sourceNow()).toBeUndefined();
  // Another process.
  const stored = await dao.get('auto');
  if (stored) await dao.update({ ...stored, role: 'autocreate' });
  await configs.changedElsewhere(['auto']);
  expect(await sourceNow()).toBe('auto');
});

test('a role that is given away while its holder is looked up is not missed', async () => {
  const dao = memoryConfigDao();
  let release = () => {};
  const paused = new Promise<void>((resolve) => {
    release = resolve;
  });
  let first = true;
  const list: typeof dao.list = async (query) => {
    const found = await dao.list(query);
    if (first) {
      first = false;
      await paused;
    }
    return found;
  };
  const { configs } = service({ dao: { ...dao, list } });
  const early = configs.fallback(MAIN);
  const { code: _, ...bare } = given('d');
  await dao.insert({
    ...bare,
    id: 'd',
    role: 'default',
    transient: false,
    deletable: true,
    extra: new Map(),
    created: 1,
    updated: 1,
    revision: 1,
  });
  await configs.changedElsewhere(['d']);
  release();
  await early;
  expect(await configs.fallback(MAIN)).toBe('d');
});

test('without an autocreate config, or without a line 1 in it, there is nothing to give', async () => {
  const { configs } = service();
  expect(await configs.autocreate(MAIN)).toBeUndefined();
  await configs.create(given('auto', { sip_lines: { 2: line } }, { role: 'autocreate' }));
  expect(await configs.autocreate(MAIN)).toBeUndefined();
  expect(await configs.autocreateSource(MAIN)).toBeUndefined();
});

test('the default config is the tenant’s, else the main tenant’s', async () => {
  const { configs } = service();
  expect(await configs.fallback('one')).toBeUndefined();
  await configs.create(given('d', {}, { role: 'default' }));
  expect(await configs.fallback('one')).toBe('d');
  await configs.create(given('own', {}, { role: 'default', tenant: 'one' }));
  expect(await configs.fallback('one')).toBe('own');
  expect(await configs.fallback(MAIN)).toBe('d');
});

test('a transient config goes when no device uses it, any other stays', async () => {
  const { configs } = service();
  await configs.create(given('t', {}, { transient: true }));
  await configs.create(given('a'));
  expect(await configs.dropUnused('t', MAIN, async () => true)).toBe(false);
  expect(await configs.dropUnused('a', MAIN, async () => false)).toBe(false);
  expect(await configs.dropUnused('nobody', MAIN, async () => false)).toBe(false);
  await configs.create(given('of-one', {}, { transient: true, tenant: 'one' }));
  expect(await configs.dropUnused('of-one', 'two', async () => false)).toBe(false);
  expect(await configs.dropUnused('of-one', 'one.shop', async () => false)).toBe(true);
  expect(await configs.dropUnused('t', MAIN, async (id) => id !== 't')).toBe(true);
  expect((await configs.list({})).configs.map(({ id }) => id)).toEqual(['a']);
});
