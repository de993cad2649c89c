import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../server/lib/secret.ts';
import type { Tenant } from '../../server/tenants/model.ts';
import { type Open, Stage } from './stage.ts';

/** Secrets look alike to a matcher; their texts do not. */
function revealed(tenant: Tenant | undefined) {
  return tenant && { ...tenant, ...(tenant.provisioningKey && { provisioningKey: tenant.provisioningKey.reveal() }) };
}

export function tenantSuite(open: Open): void {
  describe('tenants', () => {
    const stage = new Stage(open);
    const get = async (id: string) => (await stage.store.tenants.list()).find((tenant) => tenant.id === id);
    const mainTenant = async () => (await get(stage.main)) as Tenant;
    const taken = stage.tenant({ name: 'taken', provisioningKey: new Secret('key-of-taken') });

    test('a new store has the main tenant and no other', async () => {
      const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
      const time = expect.any(Number);
      expect(await stage.store.tenants.list()).toStrictEqual([
        { id: expect.stringMatching(uuid), name: 'main', main: true, created: time, updated: time, revision: 1 },
      ]);
    });

    test('every field of a tenant comes back as it was stored, the key as a secret', async () => {
      await stage.store.tenants.insert(taken);
      const stored = await get(taken.id);
      expect(stored?.provisioningKey).toBeInstanceOf(Secret);
      expect(revealed(stored)).toStrictEqual(revealed(taken));
    });

    test('a tenant belongs to one that there is, which is not deleted before it', async () => {
      const north = await stage.addTenant({ name: 'north', parent: stage.main });
      const shop = await stage.addTenant({ name: 'shop', parent: north.id });
      expect(await get(shop.id)).toStrictEqual(shop);
      await expect(stage.addTenant({ name: 'lost', parent: 'nobody' })).rejects.toMatchObject({
        code: 'tenant-unknown',
        message: 'No tenant has the id nobody',
      });
      await expect(stage.store.tenants.delete(north.id)).rejects.toMatchObject({ code: 'tenant-in-use' });
      expect(await stage.store.tenants.delete(shop.id)).toBe(true);
      expect(await stage.store.tenants.delete(north.id)).toBe(true);
    });

    test('of a tenant that is deleted while one is made below it, either is refused', async () => {
      const north = await stage.addTenant({ name: 'north', parent: stage.main });
      const [deleted, added] = await Promise.allSettled([
        stage.store.tenants.delete(north.id),
        stage.addTenant({ name: 'shop', parent: north.id }),
      ]);
      expect(deleted).toMatchObject({ status: 'fulfilled', value: true });
      expect(added).toMatchObject({ status: 'rejected', reason: { code: 'tenant-unknown' } });
    });

    test('tenants are listed in order of creation', async () => {
      const { created } = await mainTenant();
      await stage.addTenant({ name: 'z', created: created + 1 });
      await stage.addTenant({ name: 'a', created: created + 1 });
      await stage.addTenant({ name: 'm', created: created - 1 });
      expect((await stage.store.tenants.list()).map(({ name }) => name)).toEqual(['m', 'main', 'z', 'a']);
    });

    test.each<[string, Partial<Tenant>]>([
      ['tenant-id-taken', { id: taken.id }],
      ['tenant-name-taken', { name: 'taken' }],
      ['tenant-key-taken', { provisioningKey: new Secret('key-of-taken') }],
    ])('%s: there is one already, and no error shows a key', async (code, fields) => {
      await stage.store.tenants.insert(taken);
      const refused = await stage.addTenant({ name: 'new', ...fields }).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code });
      expect(String(refused)).not.toContain('key-of-taken');
      expect(await stage.store.tenants.list()).toHaveLength(2);
    });

    test('many tenants have no key', async () => {
      await stage.addTenant({ name: 'a' });
      await stage.addTenant({ name: 'b' });
      expect(await stage.store.tenants.list()).toHaveLength(3);
    });

    test('an update stores every field as the next revision, and takes away what is absent', async () => {
      await stage.store.tenants.insert(taken);
      const { provisioningKey, ...changed } = { ...taken, name: 'renamed', updated: 5 };
      expect(await stage.store.tenants.update(changed)).toBe(true);
      expect(await get(taken.id)).toStrictEqual({ ...changed, revision: 2 });
      await expect(stage.addTenant({ name: 'next', ...(provisioningKey && { provisioningKey }) })).resolves.toBeDefined();
    });

    test('an update to its own name and key is no conflict', async () => {
      await stage.store.tenants.insert(taken);
      expect(await stage.store.tenants.update({ ...taken, updated: 5 })).toBe(true);
    });

    test.each<[string, Partial<Tenant>]>([
      ['tenant-name-taken', { name: 'taken' }],
      ['tenant-key-taken', { provisioningKey: new Secret('key-of-taken') }],
    ])('%s: an update is refused and changes nothing', async (code, fields) => {
      await stage.store.tenants.insert(taken);
      const added = await stage.addTenant({ name: 'added' });
      await expect(stage.store.tenants.update({ ...added, ...fields })).rejects.toMatchObject({ code });
      expect(await get(added.id)).toStrictEqual(added);
    });

    test('of many updates of the same revision exactly one wins', async () => {
      const added = await stage.addTenant({ name: 'added' });
      const names = Array.from({ length: 20 }, (_, index) => `n${index}`);
      const won = await Promise.all(names.map((name) => stage.store.tenants.update({ ...added, name })));
      const winners = names.filter((_, index) => won[index]);
      expect(winners).toHaveLength(1);
      expect(await get(added.id)).toMatchObject({ name: winners[0], revision: 2 });
    });

    test('an update of another revision, or of a tenant that does not exist, changes nothing', async () => {
      const added = await stage.addTenant({ name: 'added' });
      expect(await stage.store.tenants.update({ ...added, name: 'renamed', revision: 2 })).toBe(false);
      expect(await stage.store.tenants.update(stage.tenant({ name: 'nobody' }))).toBe(false);
      expect((await stage.store.tenants.list()).map(({ name }) => name)).toEqual(['main', 'added']);
    });

    test('the main tenant can be renamed, stays the main one, and is the only one', async () => {
      const added = await stage.addTenant({ name: 'added' });
      expect(await stage.store.tenants.update({ ...(await mainTenant()), name: 'us', main: false })).toBe(true);
      expect(await stage.store.tenants.update({ ...added, main: true })).toBe(true);
      expect((await stage.store.tenants.list()).map(({ name, main }) => [name, main])).toEqual([
        ['us', true],
        ['added', false],
      ]);
      await expect(stage.addTenant({ name: 'third', main: true })).rejects.toBeInstanceOf(Error);
    });

    test('the main tenant is not deleted', async () => {
      await expect(stage.store.tenants.delete(stage.main)).rejects.toMatchObject({ code: 'tenant-in-use' });
      expect(await mainTenant()).toMatchObject({ name: 'main' });
    });

    test('a tenant is deleted once neither a device nor a config is left in it', async () => {
      const { id: tenant } = await stage.addTenant({ name: 'added' });
      await stage.addDevices({ id: 'd', tenant });
      await expect(stage.store.tenants.delete(tenant)).rejects.toMatchObject({ code: 'tenant-in-use' });
      await stage.addConfigs({ id: 'c', tenant });
      await stage.store.devices.delete('d');
      await expect(stage.store.tenants.delete(tenant)).rejects.toMatchObject({ code: 'tenant-in-use' });
      await stage.store.configs.delete('c');
      expect(await stage.store.tenants.delete(tenant)).toBe(true);
      expect(await stage.store.tenants.delete(tenant)).toBe(false);
    });
  });
}
