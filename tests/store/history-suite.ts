import { describe, expect, test } from '@jest/globals';
import type { Config } from '../../server/configs/model.ts';
import type { Device } from '../../server/devices/model.ts';
import type { EntryQuery } from '../../server/history/dao.ts';
import type { Entry } from '../../server/history/model.ts';
import { type Actor, actingAs } from '../../server/lib/actor.ts';
import type { Ip } from '../../server/lib/ip.ts';
import type { Mac } from '../../server/lib/mac.ts';
import { MASK, masked } from '../../server/lib/mask.ts';
import { type OrderedJson, stringifyOrdered } from '../../server/lib/ordered-json.ts';
import { Secret } from '../../server/lib/secret.ts';
import { fc } from '../support/fuzz.ts';
import { replayed } from '../support/replay.ts';
import { json, type Open, Stage } from './stage.ts';

const ann: Actor = { kind: 'user', id: 'u1', name: 'ann', from: '192.0.2.7' as Ip };
const phone: Actor = { kind: 'phone', from: '10.0.0.9' as Ip };

const key = fc.constantFrom('a', 'b.c', 'd\\e', '10', '2', '__proto__', 'password', 'X_pin');
const { tree } = fc.letrec<{ tree: Map<string, OrderedJson>; value: OrderedJson }>((tie) => ({
  tree: fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
  value: fc.oneof({ maxDepth: 3 }, fc.constantFrom<OrderedJson>(null, '', 'x', 'y', 0, true, []), tie('tree')),
}));
const extra = tree.map((map) => new Map([...map].map(([name, value]) => [`X_${name}`, value])));
const word = fc.constantFrom('one', 'two', 'three');
const maybe = fc.option(word, { nil: undefined });
const change = fc.record({
  kind: fc.constantFrom('device', 'config', 'tenant'),
  id: fc.constantFrom('1', '2'),
  act: fc.constantFrom('write', 'write', 'write', 'write stale', 'delete'),
  tree,
  extra,
  word: maybe,
  flag: fc.boolean(),
});

/** The record in the words of the API, by hand. */
function told({ options, extra, raw }: Partial<Pick<Device & Config, 'options' | 'extra' | 'raw'>>, fields: object): string {
  const all: [string, OrderedJson][] = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (options?.size) all.push(['options', new Map(options)]);
  if (raw?.size) all.push(['raw_config', new Map(raw)]);
  return sorted(masked(new Map([...all, ...(extra ?? [])])));
}

/** As text, whatever the order of its keys. */
function sorted(map: Map<string, OrderedJson>): string {
  const inOrder = (value: OrderedJson): OrderedJson =>
    value instanceof Map
      ? new Map([...value].sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, item]) => [name, inOrder(item)]))
      : value;
  return stringifyOrdered(inOrder(map));
}

export function historySuite(open: Open): void {
  describe('the history', () => {
    const stage = new Stage(open);
    const entries = (query: Partial<EntryQuery> = {}) => stage.store.history.entries({ limit: 1_000, ...query });
    const numbers = async (query: Partial<EntryQuery>) => (await entries(query)).map(({ number }) => number);

    test('a change has one entry, which says who did what to what, from where, and when', async () => {
      const start = Date.now();
      await actingAs(ann, () => stage.addDevices({ id: 'd', description: 'Lobby' }));
      await stage.store.devices.update(stage.device({ id: 'd', description: 'Hall' }));
      await actingAs({ kind: 'administrator' }, () => stage.store.devices.delete('d'));
      const what = { resource: 'device', id: 'd', tenant: stage.main };
      const at = expect.any(Number);
      const all = await entries();
      expect(all).toEqual([
        {
          number: 3,
          at,
          who: { kind: 'administrator' },
          what: { ...what, revision: 2 },
          action: 'removed',
          diff: expect.arrayContaining([{ path: 'description', before: 'Hall' }]),
        },
        {
          number: 2,
          at,
          who: { kind: 'server' },
          what: { ...what, revision: 2 },
          action: 'changed',
          diff: [{ path: 'description', before: 'Lobby', after: 'Hall' }],
        },
        {
          number: 1,
          at,
          who: { kind: 'user', id: 'u1', name: 'ann' },
          from: '192.0.2.7',
          what: { ...what, revision: 1 },
          action: 'created',
          diff: expect.arrayContaining([{ path: 'description', after: 'Lobby' }]),
        },
      ]);
      expect(all.every((entry) => entry.at >= start && entry.at <= Date.now())).toBe(true);
    });

    test('each of many that write in one turn has its own changes', async () => {
      const names = Array.from({ length: 50 }, (_, index) => `u${index}`);
      await Promise.all(names.map((id) => actingAs({ kind: 'user', id }, () => stage.addConfigs({ id: `config of ${id}` }))));
      const said = (await entries()).map(({ who, what }) => `${what.id} by ${who.id}`);
      expect(said.toSorted()).toEqual(names.map((id) => `config of ${id} by ${id}`).toSorted());
    });

    test('what was refused has no entry, and makes no version', async () => {
      await stage.addConfigs({ id: 'c' });
      await stage.addDevices({ id: 'd', mac: 'm' as Mac });
      const before = await numbers({});
      const refused = await Promise.allSettled([
        stage.addConfigs({ id: 'c' }),
        stage.addDevices({ id: 'e', mac: 'm' as Mac }),
        stage.store.configs.update(stage.config({ id: 'c', tenant: 'nobody' })),
        stage.store.tenants.delete(stage.main),
      ]);
      expect(refused.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
      const lost = [
        stage.store.configs.update(stage.config({ id: 'c', revision: 7 })),
        stage.store.devices.update(stage.device({ id: 'd', revision: 7 })),
        stage.store.devices.delete('nobody'),
        stage.store.configs.delete('nobody'),
      ];
      expect(await Promise.all(lost)).toEqual([false, false, false, false]);
      expect(await numbers({})).toEqual(before);
      expect(await stage.store.history.versions('c')).toEqual([]);
    });

    test('what phones tell by asking has no entry; what they cause to be made or removed has, in their name', async () => {
      const { devices } = stage.store;
      const device = stage.device({ id: 'd' });
      await actingAs(phone, async () => {
        await devices.insert(device);
        await devices.update({ ...device, ip: '10.0.0.9' as Ip, version: '2', model: 'T46S', plugin: 'p' });
        await devices.update({ ...device, revision: 2, config: 'c' });
        await devices.delete('d');
      });
      expect((await entries()).map(({ action, who, from }) => [action, who.kind, from])).toEqual([
        ['removed', 'phone', '10.0.0.9'],
        ['changed', 'phone', '10.0.0.9'],
        ['created', 'phone', '10.0.0.9'],
      ]);
    });

    test('sightings, deliveries and conditions have no entry', async () => {
      await stage.addDevices({ id: 'd' });
      const seen = { device: 'd', at: 1, ip: '10.0.0.9' as Ip };
      await stage.store.devices.setConditions(new Map([['d', { configured: true }]]));
      await stage.store.devices.noteSightings([seen]);
      await stage.store.devices.noteDeliveries([{ ...seen, artefact: 'a', digest: 'b', transport: 'http' }]);
      expect(await numbers({})).toEqual([1]);
    });

    test('no entry holds a secret, whatever became of it', async () => {
      const secrets = (text: string) => ({
        raw: json(`{"sip_lines":{"1":{"password":"${text}"}},"X_a":{"api_token":{"v":["${text}"]}},"sip_local_key":"${text}"}`),
        extra: json(`{"X_url":"http://u:${text}@host/"}`),
      });
      await stage.addConfigs({ id: 'c', ...secrets('marker1'), code: new Secret('marker-1') });
      await stage.store.configs.update(stage.config({ id: 'c', ...secrets('marker2'), code: new Secret('marker-2') }));
      await stage.store.configs.delete('c');
      const tenant = await stage.addTenant({ name: 't', provisioningKey: new Secret('marker-key') });
      await stage.store.tenants.update({ ...tenant, provisioningKey: new Secret('marker-key-2') });
      const all = await entries();
      expect(JSON.stringify(all, (_, value) => (value instanceof Map ? [...value] : value))).not.toContain('marker');
      const changes = all.filter(({ action }) => action === 'changed').map(({ diff }) => diff);
      const another = (path: string) => ({ path, before: MASK, after: MASK });
      expect(changes[0]).toEqual([another('provisioning_key')]);
      const paths = ['code', 'raw_config.sip_lines.1.password', 'raw_config.sip_local_key', 'X_url'];
      expect(changes[1]).toEqual(expect.arrayContaining(paths.map(another)));
      expect((await stage.store.history.version('c', 1))?.raw).toEqual(secrets('marker1').raw);
    });

    test('what nests as deep as a body of the API may is noted', async () => {
      const raw = json(`${'{"X_a":'.repeat(99)}1${'}'.repeat(99)}`);
      await stage.addConfigs({ id: 'c', raw });
      expect((await entries())[0]?.diff).toContainEqual({ path: 'raw_config', after: raw });
    });

    test('the entries of any changes, replayed, make the last state, and each change has exactly one', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 25 }), async (changes) => {
          const { devices, configs, tenants } = stage.store;
          for (const id of ['1', '2']) await Promise.all([devices.delete(id), configs.delete(id), tenants.delete(id)]);
          const [newest] = await entries({ limit: 1 });
          const states = new Map<string, string>();
          const revisions = new Map<string, number>();
          let made = 0;
          for (const { kind, id, act, tree, extra, word, flag } of changes) {
            const revision = revisions.get(`${kind} ${id}`);
            const stale = (revision ?? 0) + (act === 'write stale' ? 1 : 0);
            const at = { id, extra, revision: stale, tenant: stage.main };
            const device = stage.device({ ...at, options: tree, pinned: flag, ...(word && { description: word, model: word }) });
            const config = stage.config({ ...at, raw: tree, parents: word ? [word] : [], deletable: flag });
            const tenant = stage.tenant({
              id,
              revision: stale,
              name: `${id} ${word}`,
              ...(flag && { provisioningKey: new Secret(`key of ${id}`) }),
            });
            const dao = {
              device: {
                insert: () => devices.insert(device),
                update: () => devices.update(device),
                delete: () => devices.delete(id),
              },
              config: {
                insert: () => configs.insert(config),
                update: () => configs.update(config),
                delete: () => configs.delete(id),
              },
              tenant: {
                insert: () => tenants.insert(tenant),
                update: () => tenants.update(tenant),
                delete: () => tenants.delete(id),
              },
            }[kind as 'device' | 'config' | 'tenant'];
            if (act === 'delete') {
              if (await dao.delete()) made++;
              expect(states.delete(`${kind} ${id}`)).toBe(revisions.delete(`${kind} ${id}`));
              continue;
            }
            if (revision === undefined) {
              const given = (await dao.insert()) ?? stale;
              revisions.set(`${kind} ${id}`, given);
            } else if (await dao.update()) revisions.set(`${kind} ${id}`, revision + 1);
            else continue;
            made++;
            const state = {
              device: () => told(device, { tenant: stage.main, pinned: flag, approved: true, description: word, model: word }),
              config: () => told(config, { tenant: stage.main, parent_ids: config.parents, transient: false, deletable: flag }),
              tenant: () => told({}, { name: tenant.name, main: false, ...(flag && { provisioning_key: MASK }) }),
            }[kind as 'device' | 'config' | 'tenant'];
            states.set(`${kind} ${id}`, state());
          }
          const all = (await entries()).filter(({ number }) => number > (newest?.number ?? 0)).reverse();
          expect(all).toHaveLength(made);
          const records = new Map<string, Map<string, OrderedJson>>();
          for (const { what, action, diff } of all) {
            const name = `${what.resource} ${what.id}`;
            expect(action === 'created').toBe(!records.has(name));
            const next = replayed(records.get(name) ?? new Map(), diff);
            if (action === 'removed') {
              expect(next.size).toBe(0);
              records.delete(name);
            } else records.set(name, next);
          }
          expect(new Map([...records].map(([name, record]) => [name, sorted(record)]))).toEqual(states);
        }),
        { numRuns: 40 },
      );
    });

    describe('lists', () => {
      const note = (resource: string, id: string, tenant?: string, who: Actor = ann) =>
        actingAs(who, () =>
          stage.store.history.note({ what: { resource, id, ...(tenant && { tenant }) }, action: 'installed', diff: [] }),
        );
      const fill = async () => {
        await note('plugin', 'p');
        await note('plugin', 'q', undefined, { kind: 'administrator' });
        await note('device', 'd', 'one');
        await note('template', 'd', 'two', { kind: 'user', id: 'u2' });
        await note('device', 'e', 'two', { kind: 'administrator' });
      };

      test.each<[string, Partial<EntryQuery>, number[]]>([
        ['all, the newest first', {}, [5, 4, 3, 2, 1]],
        ['the newest two', { limit: 2 }, [5, 4]],
        ['those before a number', { after: 4, limit: 2 }, [3, 2]],
        ['a resource', { resource: 'device' }, [5, 3]],
        ['an id', { id: 'd' }, [4, 3]],
        ['an id of a resource', { id: 'd', resource: 'device' }, [3]],
        ['a tenant', { tenants: ['two'] }, [5, 4]],
        ['tenants, and nothing that is everybody’s', { tenants: ['one', 'two'], limit: 2 }, [5, 4]],
        ['no tenant', { tenants: [] }, []],
        ['a tenant and a resource', { tenants: ['two'], resource: 'device' }, [5]],
        ['an id of another tenant', { tenants: ['two'], id: 'e', after: 5 }, []],
        ['somebody', { who: { kind: 'user', id: 'u2' } }, [4]],
        ['somebody without an id', { who: { kind: 'administrator' } }, [5, 2]],
        ['somebody and a resource', { who: { kind: 'administrator' }, resource: 'plugin' }, [2]],
        ['somebody of whom there is nothing', { who: { kind: 'token', id: 'u2' } }, []],
      ])('hold %s', async (_, query, expected) => {
        await fill();
        expect(await numbers(query)).toEqual(expected);
        // Wherever a page begins and ends.
        const { limit: _limit, after: _after, ...asked } = query;
        expect(await stage.store.history.count(asked)).toBe((await numbers(asked)).length);
      });

      test('hold what was noted from one time until another', async () => {
        await fill();
        const times = (await entries()).map(({ at }) => at);
        const [newest = 0, oldest = 0] = [times[0], times.at(-1)];
        expect(await numbers({ from: oldest, to: newest + 1 })).toEqual([5, 4, 3, 2, 1]);
        expect(await numbers({ from: newest + 1 })).toEqual([]);
        const { history } = stage.store;
        expect(await Promise.all([{ from: oldest, to: newest + 1 }, { to: oldest }].map(history.count))).toEqual([5, 0]);
        expect(await numbers({ to: oldest })).toEqual([]);
        expect(await numbers({ from: oldest, to: newest + 1, id: 'd' })).toEqual([4, 3]);
      });

      test('put together from pages are the whole list', async () => {
        await fill();
        const found: Entry[] = [];
        for (
          let page = await entries({ limit: 2 });
          page.length > 0;
          page = await entries({ limit: 2, after: found.at(-1)?.number ?? 0 })
        ) {
          found.push(...page);
        }
        expect(found).toEqual(await entries());
      });
    });

    test('whoever has read up to an entry reads on from there, and knows whether some were forgotten', async () => {
      const { history, configs } = stage.store;
      expect(await history.range()).toEqual({ oldest: 1, newest: 0 });
      await stage.addConfigs({ id: 'a' }, { id: 'b' }, { id: 'c' });
      expect(await history.range()).toEqual({ oldest: 1, newest: 3 });
      expect((await history.after(1, 1)).map(({ number }) => number)).toEqual([2]);
      expect((await history.after(1, 9)).map(({ number }) => number)).toEqual([2, 3]);
      await history.forgetBefore(Date.now() + 1_000, 0);
      expect(await history.range()).toEqual({ oldest: 4, newest: 3 });
      await configs.delete('a');
      expect(await history.range()).toEqual({ oldest: 4, newest: 4 });
    });

    describe('versions of a config', () => {
      const update = (fields: Partial<Config> & { id: string }) => stage.store.configs.update(stage.config(fields));

      test('are the config as it was before each change and before its removal', async () => {
        const first = {
          id: 'c',
          parents: ['a', 'b'],
          raw: json('{"10":1,"2":{"password":"p"}}'),
          role: 'default',
          deletable: false,
        } as const;
        const second = { id: 'c', parents: ['x'], extra: json('{"X_type":"device"}'), revision: 2 };
        await stage.addConfigs(first);
        await update({ ...second, revision: 1 });
        await stage.store.configs.delete('c');
        const [removed, changed] = await entries({ id: 'c' });
        const one = { ...stage.config(first), replaced: changed?.at, entry: changed?.number };
        const two = { ...stage.config(second), replaced: removed?.at, entry: removed?.number };
        expect(await stage.store.history.version('c', 1)).toStrictEqual(one);
        expect(await stage.store.history.version('c', 2)).toStrictEqual(two);
        expect(await stage.store.history.version('c', 3)).toBeUndefined();
        expect(stringifyOrdered(new Map((await stage.store.history.version('c', 1))?.raw))).toBe('{"10":1,"2":{"password":"p"}}');
        const summaries = [two, one].map(({ raw, extra, ...rest }) => rest);
        expect(await stage.store.history.versions('c')).toStrictEqual(summaries);
        expect(await stage.store.history.versions('d')).toEqual([]);
      });

      test('are told of the tenants that are asked for', async () => {
        await stage.addConfigs({ id: 'c' });
        await update({ id: 'c' });
        expect(await stage.store.history.versions('c', [stage.main])).toHaveLength(1);
        expect(await stage.store.history.versions('c', ['other'])).toEqual([]);
      });

      test('of a config that was removed and made again go on counting', async () => {
        expect(await stage.store.configs.insert(stage.config({ id: 'c' }))).toBe(1);
        await update({ id: 'c' });
        await stage.store.configs.delete('c');
        expect(await stage.store.configs.insert(stage.config({ id: 'c' }))).toBe(3);
        await update({ id: 'c', revision: 3 });
        const revisions = (await stage.store.history.versions('c')).map(({ revision }) => revision);
        expect(revisions).toEqual([3, 2, 1]);
      });

      test('are not kept of a transient one', async () => {
        await stage.addConfigs({ id: 'c', transient: true });
        await update({ id: 'c', transient: true });
        await stage.store.configs.delete('c');
        expect(await stage.store.history.versions('c')).toEqual([]);
        expect(await entries()).toHaveLength(3);
      });
    });

    test('what is forgotten goes in small pieces, the oldest first, and what is left is whole', async () => {
      await stage.addConfigs({ id: 'b' }, { id: 'c' });
      for (let revision = 1; revision <= 150; revision++) await stage.store.configs.update(stage.config({ id: 'c', revision }));
      const { history } = stage.store;
      expect(await history.crowded(150, '')).toEqual({ configs: [], last: 'c' });
      expect(await history.crowded(20, '')).toEqual({ configs: ['c'], last: 'c' });
      expect(await history.crowded(20, 'c')).toBeUndefined();
      const pieces = [
        await history.forgetBeyond('c', 20),
        await history.forgetBeyond('c', 20),
        await history.forgetBeyond('c', 20),
      ];
      expect(pieces).toEqual([100, 30, 0]);
      expect((await history.versions('c')).map(({ revision }) => revision)).toEqual(
        Array.from({ length: 20 }, (_, index) => 150 - index),
      );
      expect(await history.forgetBefore(0, 0)).toBe(0);
      expect(await history.forgetBefore(Number.MAX_SAFE_INTEGER, 0)).toBe(100);
      expect(await numbers({ limit: 1_000 })).toHaveLength(52);
      expect((await numbers({})).at(-1)).toBe(101);
      expect(await history.forgetBefore(0, Number.MAX_SAFE_INTEGER)).toBe(20);
    });
  });
}
