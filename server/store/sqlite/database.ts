import { randomInt } from 'node:crypto';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { type Actor, actor } from '../../lib/actor.ts';
import { codeOf, ProvisioningError } from '../../lib/errors.ts';
import { KeyedLock } from '../../lib/lock.ts';
import type { Change } from '../store.ts';
import { type Noted, noteTaker } from './audit.ts';
import { changeRecorder } from './changes.ts';
import { type Refusals, refusal, storeError } from './errors.ts';
import { checkOrigin, migrate } from './migrations.ts';
import { type Count, counting, rememberedCounts } from './totals.ts';
import { Transaction } from './transaction.ts';

const IN_MEMORY = ':memory:';

// How long a write waits for other processes, which hold the lock for some milliseconds each. Phones repeat a request after some
// seconds.
const BUSY_MS = 2_000;

// SQLite itself would wait inside the call, and the whole process with it. A flush to the disk takes about as long.
const RETRY_MS = 1;

// A write takes some 30 microseconds, and no packet is answered meanwhile: so many hold the phones up for 15 ms.
const WRITES_PER_COMMIT = 500;

// Nor is one while a commit is flushed to the disk: whoever writes again and again, as a crowd that wants leases, has two thirds of the time
// left for all else, and its writes are committed together.
const PAUSE_PER_COMMIT = 2;

interface Write {
  /** Who called it. Others may commit it. */
  readonly who: Actor;
  run(): void;
  /** Called when the write is on disk. */
  done(): void;
  failed(error: unknown): void;
}

export interface OpenOptions {
  /** Others have the store open as well and want to know what we change: see `Changes`. */
  readonly shared?: boolean;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** false: another process of ours has looked the file through for damage already. */
  readonly check?: boolean;
  /** Is told every SQL statement that is run, with its values: for tests only. */
  readonly trace?: (sql: string) => void;
}

/** What daos need: of the database itself, or of a transaction. */
export type Connection = Pick<Database, 'prepare' | 'count' | 'read' | 'write' | 'changed' | 'who' | 'note'>;

/**
 * One connection to the file, and one for transactions. Reads run at once. Writes wait for the end of this turn of the event loop and are committed
 * together, each in a savepoint of its own: one disk flush serves many, and one that fails fails alone.
 */
export class Database {
  /** For use inside `read`: see `rememberedCounts`. */
  readonly count: Count;
  /** Tells our changes from those of others. */
  readonly writer = randomInt(2 ** 47);
  readonly #record: (kind: Change['kind'], id: string) => void;
  readonly #note: (what: Noted, who: Actor) => number;
  readonly #sqlite: Sqlite.Database;
  readonly #file: string;
  readonly #shared: boolean;
  readonly #now: () => number;
  readonly #statements: Readonly<Record<'commit' | 'rollback' | 'savepoint' | 'release' | 'undo', Sqlite.Statement>>;
  /** Who has it, commits: writes, or a transaction. The file has one writer at a time. */
  readonly #turn = new KeyedLock();
  #transactions: { readonly sqlite: Sqlite.Database; readonly transaction: Transaction } | undefined;
  #queue: Write[] = [];
  #working: Promise<void> | undefined;
  #closing = false;
  /** Not before, by `performance.now`. */
  #next = 0;
  /** Whose write runs. */
  #who = actor();

  constructor(sqlite: Sqlite.Database, file: string, shared: boolean, now: () => number) {
    this.#sqlite = sqlite;
    this.#file = file;
    this.#shared = shared;
    this.#now = now;
    this.#statements = {
      commit: sqlite.prepare('COMMIT'),
      rollback: sqlite.prepare('ROLLBACK'),
      savepoint: sqlite.prepare('SAVEPOINT one'),
      release: sqlite.prepare('RELEASE one'),
      undo: sqlite.prepare('ROLLBACK TO one'),
    };
    // What is in memory has one connection, on which a transaction is seen before it is undone.
    this.count = file === IN_MEMORY ? counting(sqlite) : rememberedCounts(sqlite);
    this.#record = shared ? changeRecorder(this) : () => {};
    this.#note = noteTaker(this, now);
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
    if (this.#closing) return Promise.reject(this.#closed());
    return new Promise<T>((resolve, reject) => {
      let result: T;
      this.#queue.push({
        who: actor(),
        run: () => {
          result = job();
        },
        done: () => resolve(result),
        failed: (cause) => reject(refusal(cause, refusals) ?? storeError(cause, this.#file)),
      });
      this.#working ??= this.#work();
    });
  }

  /**
   * Runs work whose writes are committed together, or not at all when it says false or throws. It may take many turns of the event loop:
   * reads of others go on and see nothing of it, and their writes wait for its end.
   */
  async transact(work: (transaction: Transaction) => Promise<boolean>): Promise<void> {
    await this.#paused();
    await this.#turn.run('write', async () => {
      if (this.#closing) throw this.#closed();
      this.#transactions ??= this.#openTransactions();
      const { sqlite, transaction } = this.#transactions;
      const refused = await this.#begin(sqlite);
      if (refused !== undefined) throw storeError(refused, this.#file);
      try {
        const isKept = await work(transaction);
        const start = performance.now();
        if (isKept) this.#end(sqlite);
        this.#pauseFor(performance.now() - start);
      } finally {
        if (sqlite.inTransaction) sqlite.exec('ROLLBACK');
      }
    });
  }

  #end(sqlite: Sqlite.Database): void {
    try {
      sqlite.exec('COMMIT');
    } catch (cause) {
      throw storeError(cause, this.#file);
    }
  }

  #openTransactions() {
    // What is in memory has one connection: there, others see what is not committed yet.
    const sqlite = this.#file === IN_MEMORY ? this.#sqlite : new Sqlite(this.#file, { timeout: BUSY_MS });
    if (sqlite !== this.#sqlite) prepareConnection(sqlite, this.#file);
    const options = { file: this.#file, writer: this.writer, shared: this.#shared, now: this.#now };
    return { sqlite, transaction: new Transaction(sqlite, options) };
  }

  /** Whether a statement of a write changed the record with that id; other connections are told then. */
  changed(kind: Change['kind'], id: string, { changes }: Sqlite.RunResult): boolean {
    if (changes > 0) this.#record(kind, id);
    return changes > 0;
  }

  /** Who called the write that runs. */
  get who(): Actor {
    return this.#who;
  }

  /** Writes down in the history what the write that runs did. @returns the number of the entry */
  note(what: Noted): number {
    return this.#note(what, this.#who);
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#working;
    await this.#turn.run('write', async () => this.#transactions?.sqlite.close());
    this.#sqlite.close();
  }

  async #work(): Promise<void> {
    do {
      await turn();
      await this.#paused();
      await this.#turn.run('write', async () => {
        const refused = await this.#begin(this.#sqlite);
        const writes = this.#queue.splice(0, WRITES_PER_COMMIT);
        const start = performance.now();
        if (refused === undefined) this.#commit(writes);
        else for (const write of writes) write.failed(refused);
        this.#pauseFor(performance.now() - start);
      });
    } while (this.#queue.length > 0);
    this.#working = undefined;
  }

  #pauseFor(commit: number): void {
    this.#next = performance.now() + PAUSE_PER_COMMIT * commit;
  }

  async #paused(): Promise<void> {
    const pause = this.#next - performance.now();
    if (pause > 0 && !this.#closing) await new Promise((resolve) => setTimeout(resolve, pause));
  }

  /** Takes the lock, or waits for it while phones are served. @returns why it cannot be had, if it cannot */
  async #begin(sqlite: Sqlite.Database): Promise<unknown> {
    const end = performance.now() + BUSY_MS;
    for (;;) {
      try {
        sqlite.pragma('busy_timeout = 0');
        sqlite.exec('BEGIN IMMEDIATE');
        return undefined;
      } catch (cause) {
        if (codeOf(cause) !== 'SQLITE_BUSY' || performance.now() > end) return cause;
      } finally {
        sqlite.pragma(`busy_timeout = ${BUSY_MS}`);
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Runs the writes in the transaction that has begun. */
  #commit(writes: readonly Write[]): void {
    let settle: (() => void)[];
    try {
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
    this.#who = write.who;
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
 * @throws ProvisioningError store-…
 */
export function openDatabase(file: string, { shared = false, check = true, now = Date.now, trace }: OpenOptions = {}): Database {
  let sqlite: Sqlite.Database | undefined;
  try {
    if (file !== IN_MEMORY) guard(file);
    sqlite = new Sqlite(file, { timeout: BUSY_MS, ...(trace && { verbose: (sql) => trace(String(sql)) }) });
    prepareConnection(sqlite, file);
    if (check) lookThrough(sqlite);
    migrate(sqlite);
    return new Database(sqlite, file, shared, now);
  } catch (cause) {
    sqlite?.close();
    throw storeError(cause, file);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
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
}

/** @throws SQLITE_CORRUPT; reads all pages: some 2 microseconds a device */
function lookThrough(sqlite: Sqlite.Database): void {
  const damage = sqlite.pragma('quick_check(1)', { simple: true });
  if (damage !== 'ok') throw Object.assign(new Error(String(damage).replaceAll('\n', ' ')), { code: 'SQLITE_CORRUPT' });
}
