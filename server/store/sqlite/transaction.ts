import type Sqlite from 'better-sqlite3';
import { actor } from '../../lib/actor.ts';
import type { Change } from '../store.ts';
import { type Noted, noteTaker } from './audit.ts';
import { changeRecorder } from './changes.ts';
import type { Connection } from './database.ts';
import { type Refusals, refusal, storeError } from './errors.ts';
import { type Count, counting } from './totals.ts';

interface Options {
  readonly file: string;
  /** See `Database`. */
  readonly writer: number;
  readonly shared: boolean;
  readonly now: () => number;
}

/**
 * What daos work on while several of their writes are one. Each is made at once, in a savepoint of its own; reads see them; nobody else
 * does until they are committed.
 */
export class Transaction implements Connection {
  readonly count: Count;
  readonly #sqlite: Sqlite.Database;
  readonly #file: string;
  readonly #record: (kind: Change['kind'], id: string) => void;
  readonly #note: (what: Noted, who: ReturnType<typeof actor>) => number;
  readonly #statements: Readonly<
    Record<'savepoint' | 'release' | 'undo' | 'part' | 'releasePart' | 'undoPart', Sqlite.Statement>
  >;

  constructor(sqlite: Sqlite.Database, { file, writer, shared, now }: Options) {
    this.#sqlite = sqlite;
    this.#file = file;
    this.count = counting(sqlite);
    this.#statements = {
      savepoint: sqlite.prepare('SAVEPOINT one'),
      release: sqlite.prepare('RELEASE one'),
      undo: sqlite.prepare('ROLLBACK TO one'),
      part: sqlite.prepare('SAVEPOINT part'),
      releasePart: sqlite.prepare('RELEASE part'),
      undoPart: sqlite.prepare('ROLLBACK TO part'),
    };
    this.#record = shared ? changeRecorder({ prepare: this.prepare.bind(this), writer }) : () => {};
    this.#note = noteTaker(this, now);
  }

  prepare<Row = unknown, Parameters extends unknown[] = unknown[]>(sql: string): Sqlite.Statement<Parameters, Row> {
    return this.#sqlite.prepare<Parameters, Row>(sql);
  }

  async read<T>(job: () => T): Promise<T> {
    try {
      return job();
    } catch (cause) {
      throw storeError(cause, this.#file);
    }
  }

  async write<T>(job: () => T, refusals: Refusals = {}): Promise<T> {
    const { savepoint, release, undo } = this.#statements;
    this.#mustBeOpen();
    savepoint.run();
    try {
      return job();
    } catch (cause) {
      if (this.#sqlite.inTransaction) undo.run();
      throw refusal(cause, refusals) ?? storeError(cause, this.#file);
    } finally {
      if (this.#sqlite.inTransaction) release.run();
    }
  }

  /** Runs a part of the work whose writes are undone when it throws. One at a time. */
  async part<T>(work: () => Promise<T>): Promise<T> {
    const { part, releasePart, undoPart } = this.#statements;
    this.#mustBeOpen();
    part.run();
    try {
      return await work();
    } catch (cause) {
      if (this.#sqlite.inTransaction) undoPart.run();
      throw cause;
    } finally {
      if (this.#sqlite.inTransaction) releasePart.run();
    }
  }

  changed(kind: Change['kind'], id: string, { changes }: Sqlite.RunResult): boolean {
    if (changes > 0) this.#record(kind, id);
    return changes > 0;
  }

  get who() {
    return actor();
  }

  note(what: Noted): number {
    return this.#note(what, actor());
  }

  /** A full disk, among others, ends the whole transaction (sqlite.org/lang_transaction.html): what came then would be one of its own. */
  #mustBeOpen(): void {
    if (this.#sqlite.inTransaction) return;
    throw storeError(Object.assign(new Error('The transaction was ended by the database'), { code: 'SQLITE_ABORT' }), this.#file);
  }
}
