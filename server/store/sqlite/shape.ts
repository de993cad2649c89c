import type Sqlite from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import { ProvisioningError } from '../../lib/errors.ts';
import { type OrderedJson, parseOrdered, stringifyOrdered } from '../../lib/ordered-json.ts';
import { Secret } from '../../lib/secret.ts';
import type { Connection } from './database.ts';

export type Cell = string | number | null;

type Json = ReadonlyMap<string, OrderedJson>;

/** How a field lies in its column: a flag is 0 or 1, a map JSON text (an empty one NULL), a secret its text. Absent is NULL. */
type Kind<T> = T extends boolean ? 'flag' : T extends Json ? 'map' : T extends Secret ? 'secret' : 'plain';

/** The columns of a record, which have the names of its fields, and the way there and back. */
export interface Shape<T> {
  readonly columns: readonly string[];
  encode(record: T): Cell[];
  /** From a row that begins with these columns. */
  decode(row: readonly Cell[]): T;
}

/** The compiler sees to it that every field has a kind, and the right one. */
export function shape<T extends object>(kinds: { readonly [K in keyof T]-?: Kind<Exclude<T[K], undefined>> }): Shape<T> {
  const fields = Object.entries<string>(kinds) as [keyof T & string, string][];
  return {
    columns: fields.map(([field]) => field),
    encode: (record) => fields.map(([field]) => encode(record[field])),
    decode(row) {
      const record: Record<string, unknown> = {};
      for (const [index, [field, kind]] of fields.entries()) {
        const value = decode(kind, row[index] ?? null);
        if (value !== undefined) record[field] = value;
      }
      return record as T;
    },
  };
}

function encode(value: unknown): Cell {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (value === undefined) return null;
  if (value instanceof Map) return value.size === 0 ? null : stringifyOrdered(value);
  if (value instanceof Secret) return value.reveal();
  throw new TypeError(`No column holds a ${typeof value}`);
}

/** Most devices have neither options nor keys of others: they share this one. */
const EMPTY: Json = new Map();

function decode(kind: string, cell: Cell): unknown {
  if (kind === 'map') return cell === null ? EMPTY : parseMap(String(cell));
  if (cell === null) return undefined;
  if (kind === 'flag') return cell === 1;
  return kind === 'secret' ? new Secret(String(cell)) : cell;
}

function parseMap(text: string): Json {
  const value = parseOrdered(text);
  if (!(value instanceof Map)) throw new ProvisioningError('store-corrupt', 'The store holds a text where it keeps JSON objects');
  return value;
}

/** The SQL that stores a record, and the one that stores it over that of a given id and revision. */
export function statementsFor(table: string, columns: readonly string[]): { insert: string; update: string } {
  return {
    insert: `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    update: `UPDATE ${table} SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE id = ? AND revision = ?`,
  };
}

/** Of columns that change together there are some dozen sets; a statement takes some kilobytes. */
const mostStatements = 256;

/**
 * Stores a record over the one that is there, of which the transaction has just read what it is: only the columns that differ are named, for
 * SQLite writes every index of a column that is, whether its value is another or not.
 */
export function updaterOf<Row extends { readonly id: string; readonly revision: number }>(
  database: Pick<Connection, 'prepare'>,
  table: string,
  { columns, encode }: Shape<Row>,
): (before: Row, after: Row) => Sqlite.RunResult {
  const statements = new LRUCache<string, Sqlite.Statement>({ max: mostStatements });
  return (before, after) => {
    const [old, cells] = [encode(before), encode(after)];
    const changed = columns.flatMap((_, index) => (old[index] === cells[index] ? [] : [index]));
    const key = changed.join();
    const statement =
      statements.get(key) ??
      database.prepare(
        statementsFor(
          table,
          changed.map((index) => columns[index] ?? ''),
        ).update,
      );
    statements.set(key, statement);
    return statement.run(...changed.map((index) => cells[index]), before.id, before.revision);
  };
}

/** `one = ? AND two = ?` with the values for it. */
export interface Filter {
  readonly sql: string;
  /** The same with the same values, for a row that is at hand; absent where it is no other. */
  readonly ofRow?: string;
  readonly values: readonly Cell[];
}

/** Conditions of a list, by their SQL, which is ours: only the values come from outside. Those without a value are left out. */
export function allOf(conditions: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>): Filter {
  const given = Object.entries(conditions).filter(([, value]) => value !== undefined);
  return {
    sql: given.map(([sql]) => sql).join(' AND ') || 'true',
    values: given.map(([, value]) => (Array.isArray(value) ? JSON.stringify(value) : encode(value))),
  };
}
