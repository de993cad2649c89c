import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { ProvisioningError } from '../../lib/errors.ts';
import { type Refusals, refusal, storeError } from './errors.ts';
import { checkOrigin, migrate } from './migrations.ts';

export const IN_MEMORY = ':memory:';

// SQLite waits for a lock inside the call, and the whole process waits with it. Other processes of ours hold one for
// milliseconds; phones repeat a request after some seconds.
const BUSY_MS = 2_000;

// A write takes some 30 microseconds, and no packet is answered meanwhile: so many hold the phones up for 15 ms.
const WRITES_PER_COMMIT = 500;

interface Write {
  run(): void;
  /** Called when the write is on disk. */
  done(): void;
  failed(error: unknown): void;
}

/**
 * One connection to the file. Reads run at once. Writes wait for the end of this turn of the event loop and are committed
 * together, each in a savepoint of its own: one disk flush serves many, and one that fails fails alone.
 */
export class Database {
  readonly #sqlite: Sqlite.Database;
  readonly #file: string;
  readonly #statements: Readonly<Record<'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'undo', Sqlite.Statement>>;
  #queue: Write[] = [];
  #scheduled = false;

  constructor(sqlite: Sqlite.Database, file: string) {
    this.#sqlite = sqlite;
    this.#file = file;
    this.#statements = {
      begin: sqlite.prepare('BEGIN IMMEDIATE'),
      commit: sqlite.prepare('COMMIT'),
      rollback: sqlite.prepare('ROLLBACK'),
      savepoint: sqlite.prepare('SAVEPOINT one'),
      release: sqlite.prepare('RELEASE one'),
      undo: sqlite.prepare('ROLLBACK TO one'),
    };
  }

  /** A statement for use inside `read` and `write`. */
  prepare<Row = unknown, Parameters extends unknown[] = unknown[]>(sql: string): Sqlite.Statement<Parameters, Row> {
    return this.#sqlite.prepare<Parameters, Row>(sql);
  }

  async read<T>(job: () => T): Promise<T> {
    if (!this.#sqlite.open) throw this.#closed();
    try {
      return job();
    } catch (cause) {
      throw storeError(cause, this.#file);
    }
  }

  /** Resolves with what the job returned, after the commit. The job must be synchronous. */
  write<T>(job: () => T, refusals: Refusals = {}): Promise<T> {
    if (!this.#sqlite.open) return Promise.reject(this.#closed());
    return new Promise<T>((resolve, reject) => {
      let result: T;
      this.#queue.push({
        run: () => {
          result = job();
        },
        done: () => resolve(result),
        failed: (cause) => reject(refusal(cause, refusals) ?? storeError(cause, this.#file)),
      });
      this.#schedule();
    });
  }

  async close(): Promise<void> {
    if (!this.#sqlite.open) return;
    while (this.#queue.length > 0) this.#commit(this.#queue.splice(0));
    this.#sqlite.close();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      // Empty when the store was closed meanwhile.
      if (this.#queue.length > 0) this.#commit(this.#queue.splice(0, WRITES_PER_COMMIT));
      if (this.#queue.length > 0) this.#schedule();
    });
  }

  #commit(writes: readonly Write[]): void {
    let settle: (() => void)[];
    try {
      this.#statements.begin.run();
      settle = writes.map((write) => this.#attempt(write));
      this.#statements.commit.run();
    } catch (cause) {
      if (this.#sqlite.inTransaction) this.#statements.rollback.run();
      settle = writes.map((write) => () => write.failed(cause));
    }
    for (const tell of settle) tell();
  }

  /** Runs one write of an open transaction. @returns what to do when the transaction is committed. */
  #attempt(write: Write): () => void {
    this.#statements.savepoint.run();
    try {
      write.run();
    } catch (cause) {
      // A full disk, among others, ends the whole transaction and not only the statement (sqlite.org/lang_transaction.html).
      if (!this.#sqlite.inTransaction) throw cause;
      this.#statements.undo.run();
      this.#statements.release.run();
      return () => write.failed(cause);
    }
    this.#statements.release.run();
    return write.done;
  }

  #closed(): ProvisioningError {
    return new ProvisioningError('store-closed', `The store ${this.#file} is closed`);
  }
}

/**
 * Opens the file, or makes it, brings it to the newest version and checks it through.
 *
 * @param trace is told every SQL statement that is run, with its values: for tests only
 * @throws ProvisioningError store-…
 */
export function openDatabase(file: string, trace?: (sql: string) => void): Database {
  let sqlite: Sqlite.Database | undefined;
  try {
    if (file !== IN_MEMORY) guard(file);
    sqlite = new Sqlite(file, { timeout: BUSY_MS, ...(trace && { verbose: (sql) => trace(String(sql)) }) });
    prepareConnection(sqlite, file);
    return new Database(sqlite, file);
  } catch (cause) {
    sqlite?.close();
    throw storeError(cause, file);
  }
}

/** Sees to it that only our user can read the file: it holds SIP passwords. SQLite gives -wal and -shm the mode of the file. */
function guard(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  for (const name of [file, `${file}-wal`, `${file}-shm`]) {
    const found = statSync(name, { throwIfNoEntry: false });
    if (found?.isFile() && (found.mode & 0o077) !== 0) chmodSync(name, 0o600);
  }
}

function prepareConnection(sqlite: Sqlite.Database, file: string): void {
  // Before anything is written into a file that may not be ours.
  checkOrigin(sqlite, file);
  const mode = sqlite.pragma('journal_mode = WAL', { simple: true });
  if (mode !== 'wal' && mode !== 'memory') {
    throw new ProvisioningError(
      'store-not-writable',
      `The store ${file}: its file system cannot share memory between processes (NFS cannot). Use a data directory on a local disk`,
    );
  }
  // In WAL mode NORMAL would leave the last commits to the operating system, and a power cut would take them.
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  // In KiB: the pages of some 100,000 devices.
  sqlite.pragma('cache_size = -16384');
  // What is sorted may hold passwords: not in files outside the data directory.
  sqlite.pragma('temp_store = MEMORY');
  const damage = sqlite.pragma('quick_check(1)', { simple: true });
  if (damage !== 'ok') throw Object.assign(new Error(String(damage).replaceAll('\n', ' ')), { code: 'SQLITE_CORRUPT' });
  migrate(sqlite);
}
