import { describe, expect, test } from '@jest/globals';
import type { Token } from '../../server/access/model.ts';
import { type Open, Stage, UNUSUAL } from './stage.ts';

export function tokenSuite(open: Open): void {
  describe('tokens', () => {
    const stage = new Stage(open);
    const token = (id: string, fields: Partial<Token> = {}): Token => ({
      id,
      name: id,
      tenant: stage.main,
      permissions: ['devices.read'],
      digest: `digest of ${id}`,
      maker: 'administrator',
      created: 1,
      ...fields,
    });
    const full = (id: string) =>
      token(id, { name: UNUSUAL.join(' '), permissions: ['#', '!a."b"', ''], expires: 2 ** 40, used: 3, maker: 'x' });

    test('every field comes back as it was stored, and they are listed in the order in which they were made', async () => {
      const { tokens } = stage.store;
      expect(await tokens.list()).toEqual([]);
      await tokens.insert(full('z'));
      await tokens.insert(token('a'));
      expect(await tokens.list()).toStrictEqual([full('z'), token('a')]);
    });

    test('name, permissions and expiry are changed, and nothing else; an expiry that is absent is taken away', async () => {
      const { tokens } = stage.store;
      await tokens.insert(full('a'));
      await tokens.insert(token('b'));
      const { expires: _, ...changed } = { ...full('a'), name: 'new', permissions: ['x'] };
      const other = { tenant: 'other', digest: 'other', maker: 'other', created: 9, used: 9 };
      expect(await tokens.update({ ...changed, ...other })).toBe(true);
      expect(await tokens.list()).toStrictEqual([changed, token('b')]);
    });

    test('one that is not there is neither changed nor deleted, nor made by that', async () => {
      const { tokens } = stage.store;
      await tokens.insert(token('a'));
      expect(await tokens.update(token('nobody'))).toBe(false);
      expect(await tokens.delete('nobody')).toBe(false);
      await tokens.noteUse(new Map([['nobody', 5]]));
      expect(await tokens.list()).toStrictEqual([token('a')]);
      expect(await tokens.delete('a')).toBe(true);
      expect(await tokens.list()).toEqual([]);
    });

    test('when they were used is noted of those that were', async () => {
      const { tokens } = stage.store;
      for (const id of ['a', 'b', 'c']) await tokens.insert(token(id));
      const uses = new Map([
        ['a', 60_000],
        ['c', 120_000],
      ]);
      await tokens.noteUse(uses);
      expect((await tokens.list()).map(({ used }) => used)).toEqual([60_000, undefined, 120_000]);
    });

    test('a token is of a tenant that there is, and goes with it', async () => {
      const { tokens, tenants } = stage.store;
      await expect(tokens.insert(token('a', { tenant: 'nobody' }))).rejects.toMatchObject({ code: 'tenant-unknown' });
      const north = await stage.addTenant({ name: 'north', parent: stage.main });
      await tokens.insert(token('b', { tenant: north.id }));
      await tokens.insert(token('c'));
      expect(await tenants.delete(north.id)).toBe(true);
      expect(await tokens.list()).toStrictEqual([token('c')]);
    });
  });
}
