import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import type { Config } from '../../server/configs/model.ts';
import { openDatabase } from '../../server/store/sqlite/database.ts';
import { MIGRATIONS, migrate } from '../../server/store/sqlite/migrations.ts';
import type { Store } from '../../server/store/store.ts';
import { Place } from './place.ts';

/** The user nobody, on every Linux. */
const NOBODY = 65_534;

const place = new Place();

/** Adds configs of about 1,000 bytes. */
async function addConfigs(store: Store, ...ids: string[]): Promise<void> {
  const tenant = (await store.tenants.list())[0]?.id ?? '';
  const raw: Config['raw'] = new Map([['text', 'x'.repeat(1_000)]]);
  const config = {
    tenant,
    parents: [],
    raw,
    transient: false,
    deletable: true,
    extra: new Map(),
    created: 1,
    updated: 1,
    revision: 1,
  };
  await Promise.all(ids.map((id) => store.configs.insert({ ...config, id })));
}

describe('migrations', () => {
  const schemaOf = (database: Sqlite.Database) =>
    database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all();
  const versionOf = (database: Sqlite.Database) => database.pragma('user_version', { simple: true });

  test.each(MIGRATIONS.map((_, index) => index))('a store of version %i becomes one of today', async (version) => {
    const old = place.bare();
    migrate(old, MIGRATIONS.slice(0, version));
    expect(versionOf(old)).toBe(version);
    await place.open();
    const today = new Sqlite(':memory:');
    migrate(today);
    expect(schemaOf(old)).toEqual(schemaOf(today));
    expect(versionOf(old)).toBe(MIGRATIONS.length);
  });

  test('tenants of a store from before they were a tree belong to the main one', async () => {
    const old = place.bare();
    migrate(old, MIGRATIONS.slice(0, 4));
    const fields = 'id, name, main, created, updated, revision';
    old.exec(`INSERT INTO tenants (${fields}) VALUES ('n', 'north', 0, 1, 1, 1), ('s', 'south', 0, 1, 1, 1)`);
    const { tenants } = await place.open();
    const all = await tenants.list();
    const main = all.find((tenant) => tenant.main);
    expect(all.map(({ name, parent }) => [name, parent])).toEqual(
      expect.arrayContaining([
        ['main', undefined],
        ['north', main?.id],
        ['south', main?.id],
      ]),
    );
  });

  test('run once each, in order, from where the store stands, and keep what is in it', async () => {
    const store = await place.open();
    await addConfigs(store, 'c');
    await store.close();
    const ran: string[] = [];
    const more = ['a', 'b'].map((name) => (database: Sqlite.Database) => {
      ran.push(name);
      database.exec(`ALTER TABLE configs ADD COLUMN ${name} TEXT`);
    });
    const database = place.bare();
    migrate(database, [...MIGRATIONS, ...more.slice(0, 1)]);
    migrate(database, [...MIGRATIONS, ...more]);
    migrate(database, [...MIGRATIONS, ...more]);
    expect(ran).toEqual(['a', 'b']);
    expect(versionOf(database)).toBe(MIGRATIONS.length + 2);
    expect(database.prepare('SELECT id, a, b FROM configs').all()).toEqual([{ id: 'c', a: null, b: null }]);
  });

  test('one that fails leaves the store as it was before it, and the ones before it stay done', () => {
    const database = place.bare();
    const failing = () => {
      database.exec('CREATE TABLE half (a TEXT) STRICT');
      database.exec('nonsense');
    };
    expect(() => migrate(database, [...MIGRATIONS, failing])).toThrow('nonsense');
    expect(versionOf(database)).toBe(MIGRATIONS.length);
    expect(database.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").pluck().get()).toBe(0);
  });

  test('a store of a later release is refused and not touched', async () => {
    await (await place.open()).close();
    const later = place.bare();
    later.pragma(`user_version = ${MIGRATIONS.length + 1}`);
    later.close();
    const before = readFileSync(place.file);
    expect(() => openDatabase(place.file)).toThrow(
      expect.objectContaining({
        code: 'store-too-new',
        message: expect.stringMatching(
          new RegExp(`store\\.db has version ${MIGRATIONS.length + 1}.*up to ${MIGRATIONS.length}.*Run the release`),
        ),
      }),
    );
    expect(readFileSync(place.file).equals(before)).toBe(true);
  });
});

describe('what cannot be opened says what it is, where, and what to do', () => {
  /** Runs something as a user whom file modes bind. */
  function unprivileged(run: () => void): void {
    const root = process.geteuid?.() === 0;
    try {
      if (root) process.seteuid?.(NOBODY);
      run();
    } finally {
      if (root) process.seteuid?.(0);
    }
  }
  function giveAwayAll(): void {
    if (process.geteuid?.() !== 0) return;
    for (const name of readdirSync(place.directory, { recursive: true }))
      chownSync(join(place.directory, String(name)), NOBODY, NOBODY);
    chownSync(place.directory, NOBODY, NOBODY);
  }
  /** A store with a good many pages. */
  async function filled(): Promise<void> {
    const store = await place.open();
    await addConfigs(store, ...Array.from({ length: 200 }, (_, index) => `${index}`));
    await store.close();
  }

  test.each<[string, string, () => void | Promise<void>]>([
    [
      'a text file',
      'store-foreign',
      () => {
        mkdirSync(place.data);
        writeFileSync(place.file, 'These are not the bytes of a database, but there are quite some of them.\n'.repeat(100));
      },
    ],
    [
      'the database of another program',
      'store-foreign',
      () => {
        place.bare().exec('CREATE TABLE bookmarks (url TEXT)');
      },
    ],
    [
      'a damaged page in the middle',
      'store-corrupt',
      async () => {
        await filled();
        const bytes = readFileSync(place.file);
        const pages = Math.floor(bytes.length / 4096);
        bytes.fill(0x5a, Math.floor(pages / 2) * 4096, Math.floor(pages / 2) * 4096 + 4096);
        writeFileSync(place.file, bytes);
      },
    ],
    [
      'a file that was cut off',
      'store-corrupt',
      async () => {
        await filled();
        writeFileSync(place.file, readFileSync(place.file).subarray(0, 3 * 4096));
      },
    ],
    ['a directory of that name', 'store-not-writable', () => void mkdirSync(place.file, { recursive: true })],
    ['a file where the directory should be', 'store-not-writable', () => writeFileSync(place.data, '')],
    [
      'a file that may only be read',
      'store-not-writable',
      async () => {
        await filled();
        chmodSync(place.file, 0o400);
      },
    ],
    [
      'a directory that may only be read, without a store',
      'store-not-writable',
      () => {
        mkdirSync(place.data);
        chmodSync(place.data, 0o500);
      },
    ],
    [
      'a directory that may only be read, with a store',
      'store-not-writable',
      async () => {
        await filled();
        chmodSync(place.data, 0o500);
      },
    ],
    ['a place where no directory can be made', 'store-not-writable', () => chmodSync(place.directory, 0o500)],
    [
      'a store that another process writes',
      'store-busy',
      async () => {
        await filled();
        place.bare().exec('BEGIN EXCLUSIVE');
      },
    ],
    [
      'a store that another process has for itself',
      'store-busy',
      async () => {
        await filled();
        const other = place.bare();
        other.pragma('locking_mode = EXCLUSIVE');
        other.exec('BEGIN IMMEDIATE');
      },
    ],
  ])('%s: %s', async (_, code, arrange) => {
    await arrange();
    giveAwayAll();
    let thrown: unknown;
    unprivileged(() => {
      try {
        openDatabase(place.file);
      } catch (error) {
        thrown = error;
      }
    });
    expect(thrown).toMatchObject({ name: 'ProvisioningError', code, message: expect.stringContaining(place.file) });
    // The remedy is a sentence of its own.
    expect(String(thrown)).toMatch(/[Mm]ove it away|restore a backup|must exist and belong|End that process/);
    expect(existsSync(`${place.file}-journal`)).toBe(false);
  });

  test('a directory that was named instead of a file keeps its mode', () => {
    mkdirSync(place.file, { recursive: true, mode: 0o755 });
    chmodSync(place.file, 0o755);
    expect(() => openDatabase(place.file)).toThrow(expect.objectContaining({ code: 'store-not-writable' }));
    expect(statSync(place.file).mode & 0o777).toBe(0o755);
  });
});
