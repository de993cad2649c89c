import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { type Database, type OpenOptions, openDatabase } from '../../server/store/sqlite/database.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { Store } from '../../server/store/store.ts';

/** A place for a store in a fresh directory, for every test of the file; what a test opened is closed after it. */
export class Place {
  directory = '';
  #closing: (() => unknown)[] = [];

  constructor() {
    beforeEach(() => {
      this.directory = mkdtempSync(join(tmpdir(), 'offhook-store-'));
      this.#closing = [];
    });
    afterEach(async () => {
      for (const close of this.#closing) await close();
      rmSync(this.directory, { recursive: true });
    });
  }

  /** The data directory; it does not exist at first. */
  get data(): string {
    return join(this.directory, 'data');
  }

  get file(): string {
    return join(this.data, 'store.db');
  }

  async open(options: OpenOptions = {}): Promise<Store> {
    const store = await openSqliteStore(this.file, options);
    this.#closing.push(() => store.close());
    return store;
  }

  database(): Database {
    const database = openDatabase(this.file);
    this.#closing.push(() => database.close());
    return database;
  }

  /** The file without our code. */
  bare(): Sqlite.Database {
    mkdirSync(this.data, { recursive: true });
    const database = new Sqlite(this.file);
    this.#closing.push(() => database.close());
    return database;
  }
}
