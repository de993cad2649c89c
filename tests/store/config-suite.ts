import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { ConfigQuery } from '../../server/configs/dao.ts';
import type { Config } from '../../server/configs/model.ts';
import { stringifyOrdered } from '../../server/lib/ordered-json.ts';
import { Secret } from '../../server/lib/secret.ts';
import { json, type Open, Stage, UNUSUAL } from './stage.ts';

export function configSuite(open: Open): void {
  describe('configs', () => {
    const stage = new Stage(open);
    const idsOf = async (query: ConfigQuery) => (await stage.store.configs.list(query)).configs.map(({ id }) => id);

    test('every field of a config comes back as it was stored', async () => {
      const full: Required<Config> = {
        id: 'full',
        tenant: stage.main,
        parents: ['base', 'default', 'base'],
        raw: json('{"sip_lines":{"1":{"username":"a","password":"b"}}}'),
        role: 'autocreate',
        transient: true,
        deletable: false,
        code: new Secret('004711'),
        extra: json('{"X_type":"internal"}'),
        created: 1_700_000_000_001,
        updated: 1_700_000_000_002,
        revision: 7,
      };
      await stage.store.configs.insert(full);
      expect(await stage.store.configs.get('full')).toStrictEqual(full);
    });

    test('a field that a config does not have stays absent', async () => {
      await stage.addConfigs({ id: 'bare' });
      expect(await stage.store.configs.get('bare')).toStrictEqual(stage.config({ id: 'bare' }));
    });

    test('the keys of a raw config keep their order, even those that look like integers, through an update too', async () => {
      const text = '{"10":{"b":1,"2":[{"3":null,"1":-0.5e-7}],"1":true},"2":"x","__proto__":{"a":1},"":0}';
      await stage.addConfigs({ id: 'c', raw: json(text), extra: json(text) });
      await stage.store.configs.update(stage.config({ id: 'c', raw: json(text), extra: json(text) }));
      const stored = await stage.store.configs.get('c');
      const expected = stringifyOrdered(json(text));
      expect(stringifyOrdered(new Map(stored?.raw))).toBe(expected);
      expect(stringifyOrdered(new Map(stored?.extra))).toBe(expected);
    });

    test.each(UNUSUAL.map((text) => [text.slice(0, 30), text]))('the text %j comes back unharmed', async (_, text) => {
      const raw = new Map([[`${text}\0`, `${text}\0\ud800`]]);
      const unusual = { id: text, raw, parents: [text, `${text} 2`] };
      await stage.addConfigs(unusual);
      expect(await stage.store.configs.get(text)).toStrictEqual(stage.config(unusual));
      expect(await stage.store.configs.childrenOf(`${text} 2`)).toEqual([text]);
    });

    test('an id that nobody has is undefined', async () => {
      expect(await stage.store.configs.get('nobody')).toBeUndefined();
    });

    test('an id is taken once, in all tenants, and the first config stays', async () => {
      const { id: other } = await stage.addTenant({ name: 'other' });
      await stage.addConfigs({ id: 'c', parents: ['a'] });
      await expect(stage.addConfigs({ id: 'c', tenant: other, parents: ['b'] })).rejects.toMatchObject({
        code: 'config-id-taken',
      });
      expect(await stage.store.configs.get('c')).toStrictEqual(stage.config({ id: 'c', parents: ['a'] }));
      expect(await stage.store.configs.childrenOf('b')).toEqual([]);
    });

    test('a config of a tenant that does not exist is refused, as a new one and as an update', async () => {
      const nowhere = stage.config({ id: 'c', tenant: randomUUID(), parents: ['a'] });
      await expect(stage.store.configs.insert(nowhere)).rejects.toMatchObject({ code: 'tenant-unknown' });
      await stage.addConfigs({ id: 'c' });
      await expect(stage.store.configs.update(nowhere)).rejects.toMatchObject({ code: 'tenant-unknown' });
      expect(await stage.store.configs.get('c')).toStrictEqual(stage.config({ id: 'c' }));
    });

    test('an update stores every field as the next revision, parents too, and takes away what is absent', async () => {
      const { id: other } = await stage.addTenant({ name: 'other' });
      await stage.addConfigs({ id: 'c', parents: ['a', 'b'], role: 'default', raw: json('{"a":1}'), revision: 4 });
      const changed = stage.config({
        id: 'c',
        tenant: other,
        parents: ['b', 'x'],
        transient: true,
        updated: 1_800_000_000_000,
        revision: 4,
      });
      expect(await stage.store.configs.update(changed)).toBe(true);
      expect(await stage.store.configs.get('c')).toStrictEqual({ ...changed, revision: 5 });
      expect(await stage.store.configs.childrenOf('a')).toEqual([]);
      expect(await stage.store.configs.childrenOf('x')).toEqual(['c']);
    });

    test.each([1, 3])('an update that read revision %i of a config at revision 2 changes nothing', async (revision) => {
      await stage.addConfigs({ id: 'c', parents: ['a'], revision: 2 });
      expect(await stage.store.configs.update(stage.config({ id: 'c', parents: ['b'], revision }))).toBe(false);
      expect(await stage.store.configs.get('c')).toStrictEqual(stage.config({ id: 'c', parents: ['a'], revision: 2 }));
    });

    test('an update of a config that does not exist makes none', async () => {
      expect(await stage.store.configs.update(stage.config({ id: 'c', parents: ['a'] }))).toBe(false);
      expect(await stage.store.configs.get('c')).toBeUndefined();
      expect(await stage.store.configs.childrenOf('a')).toEqual([]);
    });

    test('of many updates of the same revision exactly one wins', async () => {
      await stage.addConfigs({ id: 'c' });
      const parents = Array.from({ length: 20 }, (_, index) => `p${index}`);
      const won = await Promise.all(
        parents.map((parent) => stage.store.configs.update(stage.config({ id: 'c', parents: [parent] }))),
      );
      const winners = parents.filter((_, index) => won[index]);
      expect(winners).toHaveLength(1);
      expect(await stage.store.configs.get('c')).toMatchObject({ parents: winners, revision: 2 });
    });

    test('a deleted config is gone, as a child too, and its id is free again', async () => {
      await stage.addConfigs({ id: 'c', parents: ['a'] }, { id: 'd', parents: ['c'] });
      expect(await stage.store.configs.delete('c')).toBe(true);
      expect(await stage.store.configs.delete('c')).toBe(false);
      expect(await stage.store.configs.get('c')).toBeUndefined();
      expect(await stage.store.configs.childrenOf('a')).toEqual([]);
      expect(await stage.store.configs.get('d')).toMatchObject({ parents: ['c'] });
      await stage.addConfigs({ id: 'c' });
      expect(await stage.store.configs.get('c')).toMatchObject({ parents: [] });
    });

    test('children are told once each, in order of creation, whether the parent exists or not', async () => {
      await stage.addConfigs(
        { id: 'late', parents: ['p', 'q', 'p'], created: 2 },
        { id: 'early', parents: ['q', 'p'], created: 1 },
        { id: 'grandchild', parents: ['late'] },
      );
      expect(await stage.store.configs.childrenOf('p')).toEqual(['early', 'late']);
      expect(await stage.store.configs.childrenOf('late')).toEqual(['grandchild']);
      expect(await stage.store.configs.childrenOf('grandchild')).toEqual([]);
    });

    test('a list holds the configs of a tenant, a role, transient or not, in order of creation', async () => {
      const { id: other } = await stage.addTenant({ name: 'other' });
      await stage.addConfigs(
        { id: 'late', created: 3, role: 'default' },
        { id: 'other', created: 2, tenant: other, transient: true },
        { id: 'early', created: 1, role: 'autocreate' },
        { id: 'same', created: 1, transient: true },
      );
      expect(await idsOf({})).toEqual(['early', 'same', 'other', 'late']);
      expect(await idsOf({ tenants: [other] })).toEqual(['other']);
      expect(await idsOf({ tenants: [stage.main, other], transient: true })).toEqual(['same', 'other']);
      expect(await idsOf({ transient: false })).toEqual(['early', 'late']);
      expect(await idsOf({ role: 'default' })).toEqual(['late']);
      expect(await idsOf({ role: 'default', tenants: [other] })).toEqual([]);
      expect(await stage.store.configs.list({ tenants: [] })).toEqual({ configs: [], total: 0 });
    });

    test('a code is of one config in its tenant, comes back through a change, and is found by it', async () => {
      const { id: other } = await stage.addTenant({ name: 'other' });
      const code = new Secret('0042');
      const found = async (tenant: string, text = '0042') => (await stage.store.configs.byCode(tenant, new Secret(text)))?.id;
      await stage.addConfigs({ id: 'a', code }, { id: 'b', tenant: other, code }, { id: 'none' }, { id: 'neither' });
      await expect(stage.addConfigs({ id: 'c', code: new Secret('0042') })).rejects.toMatchObject({ code: 'config-code-taken' });
      await expect(stage.store.configs.update(stage.config({ id: 'none', code }))).rejects.toMatchObject({
        code: 'config-code-taken',
        message: expect.not.stringContaining('0042'),
      });
      expect([await found(stage.main), await found(other), await found(stage.main, '42')]).toEqual(['a', 'b', undefined]);
      await stage.store.configs.update(stage.config({ id: 'a', code: new Secret('0043') }));
      expect((await stage.store.configs.get('a'))?.code?.reveal()).toBe('0043');
      await stage.store.configs.update(stage.config({ id: 'a', revision: 2 }));
      expect(await stage.store.configs.get('a')).not.toHaveProperty('code');
      expect((await stage.store.history.version('a', 1))?.code?.reveal()).toBe('0042');
      await stage.store.configs.update(stage.config({ id: 'none', code }));
      expect(await found(stage.main)).toBe('none');
    });

    test('pages of a list put together are the list, and every page knows the total', async () => {
      await stage.addConfigs(...[5, 3, 4, 1, 2].map((created) => ({ id: `${created}`, created })));
      const pages = [await stage.store.configs.list({ limit: 2 })];
      for (let after = pages[0]?.next; after; after = pages.at(-1)?.next)
        pages.push(await stage.store.configs.list({ limit: 2, after }));
      expect(pages.map(({ configs }) => configs.map(({ id }) => id))).toEqual([['1', '2'], ['3', '4'], ['5']]);
      expect(pages.map(({ total }) => total)).toEqual([5, 5, 5]);
    });
  });
}
