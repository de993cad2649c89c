import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createConfigNotifier } from '../../server/configs/notifier.ts';
import { type ConfigService, createConfigService, type NewConfig } from '../../server/configs/service.ts';
import { type HistoryOptions, historyService } from '../../server/history/service.ts';
import { actingAs } from '../../server/lib/actor.ts';
import { MASK } from '../../server/lib/mask.ts';
import { type OrderedJson, parseOrdered, stringifyOrdered } from '../../server/lib/ordered-json.ts';
import { Secret } from '../../server/lib/secret.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { Store } from '../../server/store/store.ts';

const dayMs = 86_400_000;
const ann = { kind: 'user', id: 'u1', name: 'ann' } as const;

let store: Store;
let configs: ConfigService;
let main: string;
let at: number;

beforeEach(async () => {
  at = 1_800_000_000_000;
  store = await openSqliteStore(':memory:', { now: () => at });
  main = (await store.tenants.list())[0]?.id ?? '';
  const notifier = createConfigNotifier(store.configs, (cause) => {
    throw cause;
  });
  configs = createConfigService({ dao: store.configs, base: new Map(), line: (tenant) => [tenant], notifier, now: () => at });
});
afterEach(() => store.close());

const history = (options: Partial<HistoryOptions> = {}) =>
  historyService({
    dao: store.history,
    configs,
    auditMs: 365 * dayMs,
    versions: 50,
    versionMs: 365 * dayMs,
    now: () => at,
    ...options,
  });

const raw = (document: object | string) =>
  parseOrdered(typeof document === 'string' ? document : JSON.stringify(document)) as Map<string, OrderedJson>;
const given = (id: string, document: object | string, rest: Partial<NewConfig> = {}) => ({
  id,
  tenant: main,
  parents: [],
  raw: raw(document),
  ...rest,
});
const fields = (document: object | string) => ({ parents: [], raw: raw(document) });
const line = { username: 'u', password: 'p', display_name: 'N', proxy_ip: '192.0.2.1' };

test('what does not lie in the store is noted by whoever does it, and without its secrets', async () => {
  const before = new Map<string, OrderedJson | Secret>([
    ['text', 'a'],
    ['key', new Secret('marker1')],
  ]);
  const after = new Map<string, OrderedJson | Secret>([
    ['text', 'b'],
    ['key', new Secret('marker2')],
  ]);
  const what = { resource: 'template', id: 'yealink/phone.tpl' };
  await actingAs(ann, () => history().note({ what, action: 'changed', before, after }));
  const { entries } = await history().list({ limit: 10 });
  const diff = [
    { path: 'text', before: 'a', after: 'b' },
    { path: 'key', before: MASK, after: MASK },
  ];
  expect(entries).toEqual([{ number: 1, at, who: ann, what, action: 'changed', diff }]);
});

test('a page says with which number the next one begins, and the last one that there is none', async () => {
  for (const id of ['a', 'b', 'c']) await history().note({ what: { resource: 'plugin', id }, action: 'installed' });
  const first = await history().list({ limit: 2 });
  expect(first).toMatchObject({ entries: [{ number: 3 }, { number: 2 }], next: 2 });
  expect(await history().list({ limit: 2, after: first.next ?? 0 })).toEqual({
    entries: [expect.objectContaining({ number: 1 })],
  });
  expect((await history().list({ limit: 3 })).next).toBeUndefined();
});

test('entries never go back in time, even where the clock was set back', async () => {
  const note = () => history().note({ what: { resource: 'plugin', id: 'p' }, action: 'installed' });
  await note();
  at -= dayMs;
  await note();
  at += 2 * dayMs;
  await note();
  const start = 1_800_000_000_000;
  expect((await history().list({ limit: 9 })).entries.map((entry) => entry.at)).toEqual([start + dayMs, start, start]);
  expect((await history().list({ limit: 9, from: start, to: start + 1 })).entries.map(({ number }) => number)).toEqual([2, 1]);
});

test('a rollback is a change like any other, told as one, and can be rolled back', async () => {
  const first = await configs.create(given('c', '{"X_b":1,"X_a":{"password":"p"}}', { parents: ['base'] }));
  await configs.replace('c', fields({ tftp_port: 70 }));
  at += 1_000;
  const rolled = await actingAs(ann, () => history().rollback('c', 1));
  expect(rolled).toEqual({ ...first, updated: at, revision: 3 });
  expect(stringifyOrdered(new Map((await configs.get('c'))?.raw))).toBe('{"X_b":1,"X_a":{"password":"p"}}');
  const [newest] = (await history().list({ limit: 1 })).entries;
  expect(newest).toMatchObject({ action: 'rolled-back', who: ann, what: { resource: 'config', id: 'c', revision: 3 } });
  expect((await history().rollback('c', 2)).raw).toEqual(raw({ tftp_port: 70 }));
  expect((await history().versions('c')).map(({ revision }) => revision)).toEqual([3, 2, 1]);
});

test('a rollback to what a config is changes nothing', async () => {
  await configs.create(given('c', { tftp_port: 70 }));
  await configs.replace('c', fields({ tftp_port: 71 }));
  await configs.replace('c', fields({ tftp_port: 70 }));
  expect((await history().rollback('c', 1)).revision).toBe(3);
  expect((await history().list({ limit: 9 })).entries).toHaveLength(3);
});

test('a config that was removed comes back, and what resolves to it knows it again', async () => {
  await configs.create(given('c', { tftp_port: 70 }, { deletable: true, extra: new Map([['X_type', 'internal']]) }));
  await configs.remove('c');
  expect(await configs.resolve('c')).toBeUndefined();
  const back = await history().rollback('c', 1);
  expect(back).toMatchObject({
    id: 'c',
    tenant: main,
    raw: raw({ tftp_port: 70 }),
    extra: new Map([['X_type', 'internal']]),
    revision: 2,
  });
  expect((await configs.resolve('c'))?.raw).toEqual(raw({ tftp_port: 70 }));
  expect((await history().list({ limit: 1 })).entries[0]?.action).toBe('rolled-back');
});

test('a rollback is checked: what no longer fits is refused, and nothing is changed', async () => {
  await configs.create(given('old', { sip_lines: { 1: line } }, { role: 'autocreate' }));
  await configs.replace('old', fields({}));
  await configs.create(given('new', { sip_lines: { 1: line } }, { role: 'autocreate' }));
  await expect(history().rollback('old', 1)).rejects.toMatchObject({ code: 'config-invalid', complaints: [{ path: 'role' }] });
  expect(await configs.get('old')).toMatchObject({ revision: 2 });
  await configs.remove('old');
  await expect(history().rollback('old', 1)).rejects.toMatchObject({ code: 'config-invalid' });
  expect(await configs.get('old')).toBeUndefined();
});

test('a rollback may name the revision over which it goes', async () => {
  await configs.create(given('c', { tftp_port: 70 }));
  await configs.replace('c', fields({ tftp_port: 71 }));
  await expect(history().rollback('c', 1, { over: 1 })).rejects.toMatchObject({ code: 'config-changed' });
  expect((await history().rollback('c', 1, { over: 2 })).revision).toBe(3);
  await configs.remove('c');
  await expect(history().rollback('c', 1, { over: 3 })).rejects.toMatchObject({ code: 'config-unknown' });
});

test('versions are of the tenant that the config belonged to then, whoever has its id now', async () => {
  const other = { id: 'other', name: 'other', main: false, created: at, updated: at, revision: 1 };
  await store.tenants.insert(other);
  await configs.create(given('c', { tftp_port: 70 }));
  await configs.remove('c');
  const made = await configs.create(given('c', { tftp_port: 71 }, { tenant: 'other' }));
  expect(made.revision).toBe(2);
  expect(await history().versions('c', ['other'])).toEqual([]);
  expect(await history().version('c', 1, ['other'])).toBeUndefined();
  await expect(history().rollback('c', 1, { tenants: ['other'] })).rejects.toMatchObject({ code: 'version-unknown' });
  await expect(history().rollback('c', 1)).rejects.toMatchObject({ code: 'config-foreign' });
  await expect(history().rollback('c', 7)).rejects.toMatchObject({ code: 'version-unknown' });
  expect(await configs.get('c')).toMatchObject({ tenant: 'other', raw: raw({ tftp_port: 71 }) });
});

test('what is older than it is kept goes, and of each config the oldest versions beyond their number', async () => {
  await configs.create(given('quiet', { tftp_port: 1 }));
  await configs.replace('quiet', fields({ tftp_port: 2 }));
  at += 10 * dayMs;
  for (const id of ['busy', 'calm']) await configs.create(given(id, { tftp_port: 1 }));
  for (let port = 2; port <= 230; port++) await configs.replace('busy', fields({ tftp_port: port }));
  await configs.replace('calm', fields({ tftp_port: 2 }));
  const kept = async () => Promise.all(['quiet', 'busy', 'calm'].map(async (id) => (await history().versions(id)).length));
  await history({ versions: 5, versionMs: 11 * dayMs, auditMs: 11 * dayMs }).prune();
  expect(await kept()).toEqual([1, 5, 1]);
  expect((await history().versions('busy'))[0]?.revision).toBe(229);
  expect((await history().list({ limit: 1_000 })).entries).toHaveLength(234);
  at += 2 * dayMs;
  await history({ versions: 5, versionMs: 11 * dayMs, auditMs: 11 * dayMs }).prune();
  expect(await kept()).toEqual([0, 5, 1]);
  expect((await history().list({ limit: 1_000 })).entries).toHaveLength(232);
  await history({ versions: 0, versionMs: 5 * dayMs, auditMs: dayMs }).prune();
  expect(await kept()).toEqual([0, 0, 0]);
  expect((await history().list({ limit: 1_000 })).entries).toEqual([]);
});

test('pruning that is told to stop removes no more', async () => {
  await configs.create(given('c', { tftp_port: 1 }));
  at += 400 * dayMs;
  await history().prune(AbortSignal.abort());
  expect((await history().list({ limit: 9 })).entries).toHaveLength(1);
});
