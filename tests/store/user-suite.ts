import { describe, expect, test } from '@jest/globals';
import type { Session, User } from '../../server/access/model.ts';
import type { Ip } from '../../server/lib/ip.ts';
import { Secret } from '../../server/lib/secret.ts';
import { type Open, Stage, UNUSUAL } from './stage.ts';

/** Secrets look alike to a matcher; their texts do not. */
const revealed = (user: User | undefined) => user && { ...user, password: user.password.reveal() };

export function userSuite(open: Open): void {
  describe('users', () => {
    const stage = new Stage(open);
    const user = (fields: Partial<User> = {}): User => ({
      id: 'u',
      name: 'ana',
      tenant: stage.main,
      permissions: ['devices.#', '!*.delete'],
      password: new Secret('kept-of-a-password'),
      disabled: false,
      generation: 1,
      maker: 'administrator',
      created: 1_700_000_000_000,
      updated: 1_700_000_000_001,
      revision: 1,
      ...fields,
    });
    const session = (fields: Partial<Session> = {}): Session => ({
      id: 's',
      user: 'u',
      generation: 1,
      digest: 'digest',
      source: '192.0.2.1' as Ip,
      created: 1_700_000_000_000,
      expires: 1_700_000_001_000,
      ...fields,
    });
    const get = async (id: string) => (await stage.store.users.list()).find((each) => each.id === id);

    test('every field of a user and of a session comes back as it was stored, the password as a secret', async () => {
      const { users } = stage.store;
      for (const disabled of [true, false]) {
        const added = user({ id: `${disabled}`, name: `${disabled}`, disabled });
        await users.insert(added);
        const stored = await get(added.id);
        expect(stored?.password).toBeInstanceOf(Secret);
        expect(revealed(stored)).toStrictEqual(revealed(added));
      }
      await users.insertSession(session({ user: 'true' }));
      expect(await users.sessions()).toStrictEqual([session({ user: 'true' })]);
    });

    test.each(UNUSUAL)('unusual text is kept as it is: %#', async (text) => {
      await stage.store.users.insert(user({ name: text, permissions: [text], password: new Secret(text) }));
      expect(revealed(await get('u'))).toMatchObject({ name: text, permissions: [text], password: text });
    });

    test('users and sessions are listed in order of creation', async () => {
      const { users } = stage.store;
      for (const id of ['z', 'a', 'm']) await users.insert(user({ id, name: id }));
      for (const id of ['z', 'a', 'm']) await users.insertSession(session({ id, digest: id, user: 'a' }));
      expect((await users.list()).map(({ id }) => id)).toEqual(['z', 'a', 'm']);
      expect((await users.sessions()).map(({ id }) => id)).toEqual(['z', 'a', 'm']);
    });

    test('a name is had once, and no error shows a password', async () => {
      const { users } = stage.store;
      await users.insert(user());
      await users.insert(user({ id: 'v', name: 'ben' }));
      for (const refused of [
        await users.insert(user({ id: 'w' })).catch((cause) => cause),
        await users.update(user({ id: 'v' })).catch((cause) => cause),
      ]) {
        expect(refused).toMatchObject({ code: 'user-name-taken' });
        expect(String(refused)).not.toContain('kept-of-a-password');
      }
      expect(await get('v')).toMatchObject({ name: 'ben', revision: 1 });
    });

    test('a user is of a tenant that there is, and goes with it, and so do the sessions', async () => {
      const { users, tenants } = stage.store;
      await expect(users.insert(user({ tenant: 'none' }))).rejects.toMatchObject({ code: 'tenant-unknown' });
      const { id: tenant } = await stage.addTenant({ name: 'north' });
      await users.insert(user({ tenant }));
      await users.insertSession(session());
      expect(await tenants.delete(tenant)).toBe(true);
      expect([await users.list(), await users.sessions()]).toEqual([[], []]);
    });

    test('an update stores every field as the next revision', async () => {
      await stage.store.users.insert(user());
      const changed = user({ name: 'anna', permissions: ['#'], password: new Secret('other'), disabled: true, generation: 2 });
      expect(await stage.store.users.update(changed)).toBe(true);
      expect(revealed(await get('u'))).toStrictEqual(revealed({ ...changed, revision: 2 }));
      expect(await stage.store.users.update(changed)).toBe(false);
      expect(await stage.store.users.update(user({ id: 'nobody' }))).toBe(false);
    });

    test('of many updates of the same revision exactly one wins', async () => {
      await stage.store.users.insert(user());
      const names = Array.from({ length: 20 }, (_, index) => `n${index}`);
      const won = await Promise.all(names.map((name) => stage.store.users.update(user({ name }))));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await get('u')).toMatchObject({ name: names[won.indexOf(true)], revision: 2 });
    });

    test('a session is of a user that there is, and goes with the user', async () => {
      const { users } = stage.store;
      await expect(users.insertSession(session())).rejects.toMatchObject({ code: 'user-unknown' });
      await users.insert(user());
      await users.insertSession(session());
      expect(await users.delete('u')).toBe(true);
      expect(await users.delete('u')).toBe(false);
      expect(await users.sessions()).toEqual([]);
    });

    test('sessions that have expired, or are of an earlier generation, go when another begins; the others stay', async () => {
      const { users } = stage.store;
      await users.insert(user());
      await users.insert(user({ id: 'v', name: 'ben', generation: 2 }));
      const { created } = session();
      const rows: Partial<Session>[] = [
        { id: 'expired', expires: created + 10 },
        { id: 'good', expires: created + 11 },
        { id: 'other', user: 'v', generation: 2 },
        { id: 'earlier', user: 'v', generation: 1 },
      ];
      for (const each of rows) await users.insertSession(session({ digest: each.id ?? '', ...each }));
      expect((await users.sessions()).map(({ id }) => id)).toEqual(['expired', 'good', 'other', 'earlier']);
      await users.insertSession(session({ id: 'new', digest: 'new', created: created + 10 }));
      expect((await users.sessions()).map(({ id }) => id)).toEqual(['good', 'other', 'new']);
    });

    test('a session is ended once', async () => {
      const { users } = stage.store;
      await users.insert(user());
      await users.insertSession(session());
      expect(await users.deleteSession('s')).toBe(true);
      expect(await users.deleteSession('s')).toBe(false);
      expect(await users.sessions()).toEqual([]);
    });
  });
}
